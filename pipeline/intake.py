"""Is this a file we can read? Judged by its bytes alone, before anything is charged or queued.

It opens the file for real, so give it a process of its own (see :mod:`service.executors`): native decoders may crash,
hang or eat memory on hostile input. A typical file takes a few milliseconds, a 50 megapixel photo under a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium

from errors import BrokenFileError, EmptyFileError, FileTooLargeError, PageTooLargeError, TooManyPagesError
from pipeline.file_types import PDF, FileType, identify
from pipeline.page_size import MAX_SIDE_PX, fit_page
from pipeline.pdf_file import count_pages, find_page_size, open_pdf
from pipeline.picture_file import is_animated, list_frames, open_picture, verify_frame

_LISTED_PAGES = 10
_RENDER_DPI = 300.0


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Technical caps. ``max_page_pixels`` holds for a picture as stored; a PDF page is rendered to fit instead."""

    max_bytes: int = 100 * 1024 * 1024
    max_page_pixels: int = 80_000_000
    max_pages: int = 2000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that can be read. ``suffix`` has its dot; ``notices`` are sentences for the person who sent it."""

    media_type: str
    suffix: str
    size_bytes: int
    page_count: int
    notices: tuple[str, ...] = ()


def check(data: bytes, limits: IntakeLimits) -> SourceFile:
    """Find out what ``data`` is and whether it can be read.

    Pictures are decoded (of a TIFF the first page), PDFs opened and every page measured. Raises EmptyFileError,
    FileTooLargeError, UnsupportedTypeError, BrokenFileError, EncryptedFileError, PageTooLargeError or
    TooManyPagesError. A damaged or oversized page among good ones is no error here: reading it will be.
    """
    if not data:
        raise EmptyFileError
    if len(data) > limits.max_bytes:
        raise FileTooLargeError(
            f"The file has {_megabytes(len(data))} MB; {_megabytes(limits.max_bytes)} MB are allowed.",
            details={"size_bytes": len(data), "max_bytes": limits.max_bytes},
        )
    kind = identify(data)
    page_count, notices = _check_pdf(data, limits) if kind is PDF else _check_picture(data, kind, limits)
    return SourceFile(kind.media_type, kind.suffix, len(data), page_count, notices)


def _check_picture(data: bytes, kind: FileType, limits: IntakeLimits) -> tuple[int, tuple[str, ...]]:
    with open_picture(data, kind) as picture:
        frames = list_frames(picture, limits.max_pages)
        if not frames:
            raise BrokenFileError(f"The {kind.label} file holds no picture.")
        _check_page_count(len(frames), limits)
        too_large = [
            number
            for number, frame in enumerate(frames, start=1)
            if frame.width_px * frame.height_px > limits.max_page_pixels
            or max(frame.width_px, frame.height_px) > MAX_SIDE_PX
        ]
        if len(too_large) == len(frames):
            frame = frames[0]
            raise PageTooLargeError(
                f"The picture has {frame.width_px} × {frame.height_px} pixels, which is too large to be read.",
                remedy=f"At most {limits.max_page_pixels // 1_000_000} megapixels and {MAX_SIDE_PX} pixels a side.",
            )
        if 1 not in too_large:
            verify_frame(picture, frames[0], kind.label)
        notices = _about_large_pages(too_large)
        if is_animated(picture):
            notices += (f"The {kind.label} is animated; its first frame was read.",)
        return len(frames), notices


def _check_pdf(data: bytes, limits: IntakeLimits) -> tuple[int, tuple[str, ...]]:
    pdf = open_pdf(data)
    try:
        return _measure_pages(pdf, limits)
    finally:
        pdf.close()


def _measure_pages(pdf: pdfium.PdfDocument, limits: IntakeLimits) -> tuple[int, tuple[str, ...]]:
    page_count = count_pages(pdf)
    if not page_count:
        raise BrokenFileError("The PDF is damaged: none of its pages can be opened.")
    _check_page_count(page_count, limits)
    too_large: list[int] = []
    damaged: list[int] = []
    last_error: PageTooLargeError | None = None
    for number in range(1, page_count + 1):
        size = find_page_size(pdf, number)
        if size is None:
            damaged.append(number)
            continue
        try:
            fit_page(*size, dpi=_RENDER_DPI)
        except PageTooLargeError as error:
            too_large.append(number)
            last_error = error
    if last_error is not None and len(too_large) + len(damaged) == page_count:
        raise last_error
    notices = _about_large_pages(too_large)
    if damaged:
        notices += (f"{_name_pages(damaged)} damaged and can't be opened.",)
    if len(pdf) > page_count:
        notices += (f"The PDF claims {len(pdf)} pages but holds {page_count}.",)
    return page_count, notices


def _check_page_count(page_count: int, limits: IntakeLimits) -> None:
    if page_count > limits.max_pages:
        raise TooManyPagesError(
            f"The file has more than the {limits.max_pages} pages that can be read at once.",
            remedy="Split it into smaller files.",
            details={"max_pages": limits.max_pages},
        )


def _about_large_pages(numbers: Sequence[int]) -> tuple[str, ...]:
    return (f"{_name_pages(numbers)} too large to be read.",) if numbers else ()


def _name_pages(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Page {numbers[0]} is"
    listed = ", ".join(str(number) for number in numbers[:_LISTED_PAGES])
    return f"Pages {listed}{', …' if len(numbers) > _LISTED_PAGES else ''} are"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024 / 1024:.1f}".removesuffix(".0")
