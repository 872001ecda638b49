"""Picture files: open them with the decoder that was judged right, list their pages, decode one upright page."""

import io
import math
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

from errors import BrokenFileError, PageTooLargeError
from pipeline.file_types import FileType
from pipeline.image_modes import to_rgb

# What Pillow's decoders raise on damaged data; found by feeding them thousands of mutated files.
DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)

DEFAULT_DPI = 72.0
_SENSIBLE_DPI = (72.0, 1200.0)
# Fax machines write 204 x 98 dpi; scanners differ by rounding only.
_SQUARE_PIXEL_TOLERANCE = 1.05
_REDUCED_OR_MASK = 0b101
_NEW_SUBFILE_TYPE_TAG = 254
_ORIENTATION_TAG = 0x0112
_QUARTER_TURNS = {5, 6, 7, 8}


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture in the file that is a page. ``index`` is its place in the file, the size is as stored (not turned)."""

    index: int
    width_px: int
    height_px: int


def open_picture(data: bytes, kind: FileType) -> Image.Image:
    """Read the header only. Raises BrokenFileError, or PageTooLargeError for a decompression bomb."""
    if kind.pillow_format is None:
        raise ValueError(f"{kind.label} is not a picture format")
    try:
        return Image.open(io.BytesIO(data), formats=[kind.pillow_format])
    except Image.DecompressionBombError as error:
        raise PageTooLargeError("The picture has too many pixels.") from error
    except DECODE_ERRORS as error:
        raise BrokenFileError(f"The {kind.label} file is damaged and can't be opened.") from error


def list_frames(picture: Image.Image, max_frames: int) -> tuple[Frame, ...]:
    """The frames that are pages, at most ``max_frames`` + 1 so that the caller sees that there are more.

    Every frame of a TIFF is a page, except reduced copies and masks (NewSubfileType bits 1 and 4). Other formats have
    one page: the first frame. A TIFF whose later directories are damaged ends before the damage.
    """
    if picture.format != "TIFF":
        return (Frame(0, *picture.size),)
    frames: list[Frame] = []
    index = 0
    while len(frames) <= max_frames:
        try:
            picture.seek(index)
            subfile_type = picture.tag_v2.get(_NEW_SUBFILE_TYPE_TAG, 0)  # type: ignore[attr-defined]
        except DECODE_ERRORS:
            break
        is_page = not (isinstance(subfile_type, int) and subfile_type & _REDUCED_OR_MASK)
        if is_page or index == 0:
            frames.append(Frame(index, *picture.size))
        index += 1
    return tuple(frames)


def is_animated(picture: Image.Image) -> bool:
    """True for a GIF, WEBP or PNG with more than one frame."""
    if picture.format not in {"GIF", "WEBP", "PNG"}:
        return False
    try:
        return bool(getattr(picture, "is_animated", False))
    except DECODE_ERRORS:
        return False


def verify_frame(picture: Image.Image, frame: Frame, label: str) -> None:
    """Decode the frame to be sure that it is whole. Raises BrokenFileError.

    A JPEG is decoded at an eighth of its size, which still walks through all of its compressed data.
    """
    try:
        if picture.format in {"JPEG", "MPO"}:
            picture.draft("RGB", (max(1, frame.width_px // 8), max(1, frame.height_px // 8)))
        else:
            picture.seek(frame.index)
        picture.load()
    except DECODE_ERRORS as error:
        raise BrokenFileError(f"The {label} file is damaged or was cut off: its picture can't be decoded.") from error


def decode_frame(picture: Image.Image, frame: Frame) -> tuple[Image.Image, float]:
    """The frame as an upright RGB picture with square pixels, and its dpi. Raises what DECODE_ERRORS lists.

    Pixels that are not square (faxes) are stretched along their coarser side; otherwise no pixel is resampled.
    """
    picture.seek(frame.index)
    dpi_x, dpi_y = _stated_dpi(picture)
    if _orientation(picture) in _QUARTER_TURNS:
        dpi_x, dpi_y = dpi_y, dpi_x
    picture.load()
    upright = to_rgb(ImageOps.exif_transpose(picture))
    if dpi_x is None or dpi_y is None:
        return upright, DEFAULT_DPI
    dpi = max(dpi_x, dpi_y)
    if dpi / min(dpi_x, dpi_y) > _SQUARE_PIXEL_TOLERANCE:
        size = round(upright.width * dpi / dpi_x), round(upright.height * dpi / dpi_y)
        upright = upright.resize(size, Image.Resampling.BICUBIC)
    return upright, dpi


def upright_size(picture: Image.Image, frame: Frame) -> tuple[int, int, float]:
    """Width, height and dpi that :func:`decode_frame` gives, without decoding."""
    picture.seek(frame.index)
    dpi_x, dpi_y = _stated_dpi(picture)
    width, height = frame.width_px, frame.height_px
    # A TIFF's own size is turned already.
    if _orientation(picture) in _QUARTER_TURNS:
        dpi_x, dpi_y = dpi_y, dpi_x
        if picture.format != "TIFF":
            width, height = height, width
    if dpi_x is None or dpi_y is None:
        return width, height, DEFAULT_DPI
    dpi = max(dpi_x, dpi_y)
    if dpi / min(dpi_x, dpi_y) > _SQUARE_PIXEL_TOLERANCE:
        width, height = round(width * dpi / dpi_x), round(height * dpi / dpi_y)
    return width, height, dpi


def _stated_dpi(picture: Image.Image) -> tuple[float, float] | tuple[None, None]:
    """What the file says about its resolution, where both numbers are between 72 and 1200."""
    try:
        dpi_x, dpi_y = (float(value) for value in picture.info["dpi"])
    except DECODE_ERRORS:
        return None, None
    low, high = _SENSIBLE_DPI
    # 71.98 is what 2834 pixels per metre (72 dpi) come to.
    if not all(math.isfinite(value) and low - 0.5 <= value <= high for value in (dpi_x, dpi_y)):
        return None, None
    return dpi_x, dpi_y


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except DECODE_ERRORS:
        return 1
