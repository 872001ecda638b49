"""A file's bytes to upright page images, one at a time.

One page in memory at a time: A3 at 300 dpi is 52 MB, and a document may have 500. PDFium is not thread-safe, so an
:class:`OpenedSource` belongs to the thread that opened it, and a process should read one PDF at a time.
"""

import math
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from errors import PageNotFoundError, PageTooLargeError, ReadingError
from pipeline.file_types import PDF, identify
from pipeline.page_image import PageImage
from pipeline.page_size import DEFAULT_DPI, DEFAULT_MAX_PIXELS, POINTS_PER_INCH, PageSize, fit_page, fit_picture
from pipeline.pdf_file import PageContent, count_pages, find_page_size, load_page, open_pdf, survey_page
from pipeline.picture_file import DECODE_ERRORS, decode_frame, list_frames, open_picture, upright_size

_FULL_PAGE_COVER = 0.85
_FEW_PATHS = 50
_ONE_LAYER = 1.2
_LOWEST_NATIVE_DPI = 72.0
# A letter page at 300 dpi. A scan with more pixels than this is read at 300 dpi, a smaller page at its own resolution.
_ENOUGH_PIXELS = 8_500_000
_MAX_FRAMES = 10_000
# WEBP's limit is 16383 pixels a side.
_MAX_PREVIEW_SIDE_PX = 16_000
_BYTES_PER_PIXEL = 3


class OpenedSource(ABC):
    """An opened file. Use it as a context manager; page numbers count from 1."""

    page_count: int

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def page_size(self, number: int, *, dpi: float | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageSize:
        """The size that :meth:`render` gives for the same arguments, without rendering. Raises as it does."""

    @abstractmethod
    def render(self, number: int, *, dpi: float | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageImage:
        """The page as an upright picture of at most ``max_pixels``.

        Without ``dpi`` a picture keeps its own pixels, a PDF page that is one scanned picture is rendered at that
        picture's resolution, and any other PDF page at 300 dpi. Raises PageNotFoundError, or ReadingError when the
        page is damaged or absurdly large.
        """

    @abstractmethod
    def pdf_page(self, number: int) -> pdfium.PdfPage | None:
        """The page for reading its text; None where the file is no PDF. It stays open until another page is asked for.

        Raises PageNotFoundError or ReadingError.
        """

    @abstractmethod
    def pdf_content(self, number: int) -> PageContent | None:
        """What the PDF page is made of; None where the file is no PDF. Raises PageNotFoundError or ReadingError."""

    @abstractmethod
    def close(self) -> None: ...

    def render_preview(self, number: int, width_px: int) -> PageImage:
        """The page ``width_px`` wide (fewer where it would be over 16000 high), for a viewer. Raises as render does."""
        size = self.page_size(number)
        scale = _preview_scale(size, width_px)
        image = self.render(number, dpi=size.dpi * scale) if scale < 1.0 else self.render(number)
        target = _scaled(size, scale)
        if (image.width_px, image.height_px) == (target.width_px, target.height_px):
            return image
        resized = Image.fromarray(image.pixels).resize(
            (target.width_px, target.height_px), Image.Resampling.LANCZOS, reducing_gap=2.0
        )
        return PageImage(number, np.asarray(resized), target.dpi)

    def _check_number(self, number: int) -> None:
        if not 1 <= number <= self.page_count:
            raise PageNotFoundError(f"The document has no page {number}; it has {self.page_count}.")


def _preview_scale(size: PageSize, width_px: int) -> float:
    return min(width_px / size.width_px, _MAX_PREVIEW_SIDE_PX / size.height_px)


def _scaled(size: PageSize, scale: float) -> PageSize:
    return PageSize(max(1, round(size.width_px * scale)), max(1, round(size.height_px * scale)), size.dpi * scale)


def open_source(data: bytes) -> OpenedSource:
    """Open bytes that :func:`pipeline.intake.check` has accepted; it raises the same errors for others."""
    kind = identify(data)
    return _PdfSource(data) if kind is PDF else _PictureSource(data)


class _PictureSource(OpenedSource):
    def __init__(self, data: bytes) -> None:
        self._picture = open_picture(data, identify(data))
        self._frames = list_frames(self._picture, _MAX_FRAMES)
        self.page_count = len(self._frames)

    def page_size(self, number: int, *, dpi: float | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageSize:
        self._check_number(number)
        try:
            width, height, own_dpi = upright_size(self._picture, self._frames[number - 1])
        except DECODE_ERRORS as error:
            raise ReadingError(f"Page {number} is damaged and can't be decoded.") from error
        return _fit_picture(width, height, own_dpi, dpi, max_pixels)

    def render(self, number: int, *, dpi: float | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageImage:
        self._check_number(number)
        try:
            upright, own_dpi = decode_frame(self._picture, self._frames[number - 1])
        except DECODE_ERRORS as error:
            raise ReadingError(f"Page {number} is damaged and can't be decoded.") from error
        size = _fit_picture(upright.width, upright.height, own_dpi, dpi, max_pixels)
        if upright.size != (size.width_px, size.height_px):
            upright = upright.resize((size.width_px, size.height_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
        return PageImage(number, np.array(upright), size.dpi)

    def pdf_page(self, number: int) -> None:
        self._check_number(number)

    def pdf_content(self, number: int) -> None:
        self._check_number(number)

    def close(self) -> None:
        self._picture.close()


def _fit_picture(width: int, height: int, own_dpi: float, dpi: float | None, max_pixels: int) -> PageSize:
    scale = dpi / own_dpi if dpi else 1.0
    wanted = max(1, round(width * scale)), max(1, round(height * scale))
    return fit_picture(*wanted, dpi=own_dpi * scale, max_pixels=max_pixels)


class _PdfSource(OpenedSource):
    def __init__(self, data: bytes) -> None:
        self._pdf = open_pdf(data)
        self.page_count = count_pages(self._pdf)
        self._current: tuple[int, pdfium.PdfPage] | None = None
        self._content: tuple[int, PageContent] | None = None

    def page_size(self, number: int, *, dpi: float | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageSize:
        self._check_number(number)
        size = find_page_size(self._pdf, number)
        if size is None:
            raise ReadingError(f"Page {number} is damaged and can't be opened.")
        try:
            return fit_page(*size, dpi=dpi or _best_dpi(self.pdf_content(number), size), max_pixels=max_pixels)
        except PageTooLargeError as error:
            raise ReadingError(error.message) from error

    def render(self, number: int, *, dpi: float | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageImage:
        return self._draw(number, self.page_size(number, dpi=dpi, max_pixels=max_pixels))

    def render_preview(self, number: int, width_px: int) -> PageImage:
        size = self.page_size(number)
        scale = _preview_scale(size, width_px)
        return self._draw(number, _scaled(size, scale)) if scale < 1.0 else super().render_preview(number, width_px)

    def _draw(self, number: int, size: PageSize) -> PageImage:
        page = self.pdf_page(number)
        stride = size.width_px * _BYTES_PER_PIXEL
        pixels = np.full((size.height_px, size.width_px, _BYTES_PER_PIXEL), 255, np.uint8)
        bitmap = pdfium_c.FPDFBitmap_CreateEx(
            size.width_px, size.height_px, pdfium_c.FPDFBitmap_BGR, pixels.ctypes.data, stride
        )
        if not bitmap:
            raise ReadingError(f"Page {number} can't be rendered.")
        flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_REVERSE_BYTE_ORDER
        pdfium_c.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, size.width_px, size.height_px, 0, flags)
        pdfium_c.FPDFBitmap_Destroy(bitmap)
        return PageImage(number, pixels, size.dpi)

    def pdf_page(self, number: int) -> pdfium.PdfPage:
        self._check_number(number)
        if self._current is None or self._current[0] != number:
            self._close_page()
            try:
                self._current = number, load_page(self._pdf, number)
            except pdfium.PdfiumError as error:
                raise ReadingError(f"Page {number} is damaged and can't be opened.") from error
        return self._current[1]

    def pdf_content(self, number: int) -> PageContent:
        page = self.pdf_page(number)
        if self._content is None or self._content[0] != number:
            self._content = number, survey_page(page)
        return self._content[1]

    def close(self) -> None:
        self._close_page()
        self._pdf.close()

    def _close_page(self) -> None:
        if self._current is not None:
            self._current[1].close()
            self._current = None


def _best_dpi(content: PageContent, size_pt: tuple[float, float]) -> float:
    """300, or for a page that is nothing but a scanned picture that picture's own resolution.

    Rendering a 200 dpi scan at 300 costs twice the pixels and adds nothing; a 600 dpi scan of a letter page has more
    pixels than reading needs, while on a page of business card size they may be needed.
    """
    is_scan = (
        content.image_cover >= _FULL_PAGE_COVER and not content.visible_text_count and content.path_count < _FEW_PATHS
    )
    if not is_scan:
        return DEFAULT_DPI
    areas = [image.area.area for image in content.images]
    native = max(image.dpi for image, area in zip(content.images, areas, strict=True) if area >= max(areas) / 2)
    if sum(areas) > content.bounds.area * _ONE_LAYER:
        # Layers of a mixed raster scan: the sharp one may be a mask whose resolution PDFium does not tell.
        native = max(native, DEFAULT_DPI)
    native = max(native, _LOWEST_NATIVE_DPI)
    square_inches = size_pt[0] * size_pt[1] / POINTS_PER_INCH**2
    return min(native, max(DEFAULT_DPI, math.sqrt(_ENOUGH_PIXELS / square_inches)))
