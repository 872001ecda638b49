"""What one request may choose about how its document is read."""

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """``cpu`` is fast and for printed documents; ``vlm`` is for handwriting, layout, math and translation."""

    CPU = "cpu"
    VLM = "vlm"


@dataclass(frozen=True, slots=True)
class OcrOptions:
    """Checked choices: ``language`` is ``auto`` or a code of :mod:`pipeline.languages`, ``tool`` a preset's slug.

    ``page_range`` (first, last) counts from 1, both ends inclusive; None reads all pages. ``schema`` is a JSON schema
    (checked, compact) whose values are wanted besides the text.
    """

    tier: Tier = Tier.CPU
    language: str = "auto"
    tool: str | None = None
    translate_to: str | None = None
    page_range: tuple[int, int] | None = None
    schema: str | None = None
