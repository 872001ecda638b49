"""Pictures of parts of a page, cut from the original file."""

from io import BytesIO
from types import TracebackType
from typing import Self

from PIL import Image

from errors import OcrChatError
from pipeline.document import Box, Page
from pipeline.file_types import PDF, identify
from pipeline.rasterize import OpenedSource, open_source

_DPI = 150.0
_LEAST_SIDE_PX = 8


class FigureCutter:
    """Opens the original on the first figure and keeps one rendered page. Without an original it cuts nothing."""

    def __init__(self, source: bytes | None) -> None:
        self._source = source
        self._opened: OpenedSource | None = None
        self._dpi: float | None = None
        self._rendered: tuple[int, Image.Image] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._opened is not None:
            self._opened.close()

    def cut(self, page: Page, box: Box) -> BytesIO | None:
        """The box as a PNG; None without an original, or when the page can't be drawn or the box is a speck."""
        picture = self._render(page.number)
        if picture is None:
            return None
        x, y = picture.width / page.width_px, picture.height / page.height_px
        edges = tuple(round(edge) for edge in (box.left * x, box.top * y, box.right * x, box.bottom * y))
        if edges[2] - edges[0] < _LEAST_SIDE_PX or edges[3] - edges[1] < _LEAST_SIDE_PX:
            return None
        written = BytesIO()
        picture.crop(edges).save(written, "PNG")  # type: ignore[arg-type]
        written.seek(0)
        return written

    def _render(self, number: int) -> Image.Image | None:
        if self._source is None:
            return None
        if self._rendered is not None and self._rendered[0] == number:
            return self._rendered[1]
        try:
            if self._opened is None:
                self._opened = open_source(self._source)
                # A picture keeps its own pixels, a PDF page is drawn as sharp as a screen or a printer needs it.
                self._dpi = _DPI if identify(self._source) == PDF else None
            pixels = self._opened.render(number, dpi=self._dpi).pixels
        except OcrChatError:
            return None
        self._rendered = number, Image.fromarray(pixels)
        return self._rendered[1]
