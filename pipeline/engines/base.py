"""What every OCR engine offers and gives back."""

from dataclasses import dataclass
from typing import Protocol, Self

from pipeline.document import Block, Line
from pipeline.page_image import PageImage


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """``name`` goes out as ``engine``; ``licence`` is the licence of the weights (SPDX or a short sentence)."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """``languages`` are codes of :mod:`pipeline.languages`, most likely first; ``prompt_mode`` is for VLMs only."""

    languages: tuple[str, ...]
    prompt_mode: str = "ocr"
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class EngineResult:
    """Lines (engines that only read) or finished blocks in reading order (engines that understand layout).

    Boxes are in pixels of the image that was given. Exactly one of the two is filled; both are empty for a blank page.
    """

    lines: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    notices: tuple[str, ...] = ()


class OcrEngine(Protocol):
    """An opened engine. It belongs to one process and one thread; ``close`` frees its memory."""

    info: EngineInfo

    @classmethod
    def open(cls) -> Self:
        """Load the engine. Raises :class:`errors.EngineUnavailableError` saying what is missing and how to get it."""
        ...

    def read_page(self, image: PageImage, request: EngineRequest) -> EngineResult:
        """Read one page. Raises :class:`errors.ReadingError` when this page can't be read."""
        ...

    def close(self) -> None: ...
