"""How large and how bold each line of a page is set, measured in the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.document import Box, Line
from pipeline.page_image import PageImage


@dataclass(frozen=True, slots=True)
class TypeMeasure:
    """``size`` in pixels of the page, comparable between lines; ``is_bold`` against the page's usual weight."""

    size: float
    is_bold: bool


def measure_type(lines: Sequence[Line], image: PageImage | None) -> dict[Box, TypeMeasure]:
    """A measure per line, by its box; empty without an image."""
    return {}
