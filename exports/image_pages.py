"""Picture files as PDF pages, with their own compressed bytes wherever PDF has the same compression.

- JPEG data goes in untouched, whatever its EXIF orientation (the page turns it) and colours (grey, RGB, CMYK).
- PNG data goes in untouched where PDF can say the same: no transparency, not interlaced.
- Black-and-white pictures become CCITT Group 4, everything else a PNG's lossless compression.

Pages are written one by one to the target, so that a TIFF of 300 frames needs the memory of one.
"""

import struct
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps

from errors import BrokenFileError
from exports.flat_pdf import FlatPdfWriter, ImageObject, Matrix
from pipeline.file_types import FileType
from pipeline.image_modes import to_rgb
from pipeline.picture_file import DECODE_ERRORS, Frame, list_frames, open_picture, upright_size

_MAX_FRAMES = 100_000
_A4_LONG_SIDE_IN = 11.69
_LARGEST_PAGE_IN = 200.0
# 72 and 96 are what programs write that know nothing about the paper's size.
_LEAST_SCANNER_DPI = 100.0
_POINTS_PER_INCH = 72.0
_ORIENTATION_TAG = 0x0112
_ROWS_PER_STRIP_TAG = 278
_STRIP_OFFSETS_TAG = 273
_STRIP_SIZES_TAG = 279
_PNG_SIGNATURE_SIZE = 8
# Pillow's fastest setting that still compresses: a colour page of A4 at 300 dpi takes a fraction of a second.
_ZLIB_LEVEL = 3
_JPEG_SPACES = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
_PNG_GREY, _PNG_RGB, _PNG_PALETTE = 0, 2, 3

# How a picture of EXIF orientation N fills the unit square upright (EXIF 2.3, table of the tag Orientation).
_UPRIGHT: dict[int, Matrix] = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}


def write_image_pages(source: bytes, kind: FileType, target: BinaryIO) -> None:
    """Write a PDF to ``target`` with one page for each frame that is a page, at its real size.

    Raises BrokenFileError when a frame can't be decoded.
    """
    picture = open_picture(source, kind)
    writer = FlatPdfWriter(target)
    for frame in list_frames(picture, _MAX_FRAMES):
        try:
            width_px, height_px, dpi = upright_size(picture, frame)
            image, placed = _to_image(source, picture, frame)
        except DECODE_ERRORS as error:
            raise BrokenFileError("A picture of the file can't be decoded.") from error
        points = _POINTS_PER_INCH / _page_dpi(dpi, max(width_px, height_px))
        writer.add_page(image, width_px * points, height_px * points, placed)
    writer.finish()


def _page_dpi(stated: float, long_side_px: int) -> float:
    """The stated resolution if a scanner may have written it, else one that makes a large picture an A4 page."""
    if stated < _LEAST_SCANNER_DPI:
        stated = max(stated, long_side_px / _A4_LONG_SIDE_IN)
    return max(stated, long_side_px / _LARGEST_PAGE_IN)


def _to_image(source: bytes, picture: Image.Image, frame: Frame) -> tuple[ImageObject, Matrix]:
    """The frame as an image object, and how it stands in the unit square. Raises what DECODE_ERRORS lists."""
    picture.seek(frame.index)
    if picture.format in {"JPEG", "MPO"} and picture.mode in _JPEG_SPACES:
        return _from_jpeg(source, picture), _UPRIGHT.get(_orientation(picture), _UPRIGHT[1])
    if picture.format == "PNG" and (untouched := _from_png(source)):
        return untouched, _UPRIGHT.get(_orientation(picture), _UPRIGHT[1])
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    if upright.mode == "1":
        return _to_group4(upright), _UPRIGHT[1]
    if upright.mode not in {"L", "P"} or "transparency" in picture.info:
        upright = to_rgb(upright)
    image = _from_png(_to_png(upright))
    if image is None:
        raise ValueError(f"a {upright.mode} picture can't be stored")
    return image, _UPRIGHT[1]


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except DECODE_ERRORS:
        return 1


def _from_jpeg(source: bytes, picture: Image.Image) -> ImageObject:
    entries = f"/ColorSpace {_JPEG_SPACES[picture.mode]} /BitsPerComponent 8 /Filter /DCTDecode"
    if picture.mode == "CMYK" and "adobe" in picture.info:
        # Photoshop stores the four inks inverted and marks the file as Adobe's.
        entries += " /Decode [1 0 1 0 1 0 1 0]"
    return ImageObject(picture.width, picture.height, entries, source)


def _to_png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "PNG", compress_level=_ZLIB_LEVEL)
    return written.getvalue()


def _from_png(png: bytes) -> ImageObject | None:
    """The PNG's own data (PDF knows PNG's filters as predictor 15), or None where PDF can't say the same.

    Raises struct.error when the file is cut off inside a chunk's header.
    """
    chunks = dict.fromkeys((b"IHDR", b"PLTE", b"IDAT"), b"")
    parts: list[bytes] = []
    position = _PNG_SIGNATURE_SIZE
    while position < len(png):
        length, name = struct.unpack_from(">I4s", png, position)
        data = png[position + 8 : position + 8 + length]
        if name == b"IDAT":
            parts.append(data)
        elif name in {b"tRNS", b"acTL"}:
            return None
        elif name in chunks:
            chunks[name] = data
        elif name == b"IEND":
            break
        position += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    spaces = {_PNG_GREY: "/DeviceGray", _PNG_RGB: "/DeviceRGB", _PNG_PALETTE: _indexed(chunks[b"PLTE"])}
    if interlaced or colour not in spaces:
        return None
    parameters = (
        f"<< /Predictor 15 /Colors {3 if colour == _PNG_RGB else 1} /BitsPerComponent {depth} /Columns {width} >>"
    )
    entries = f"/ColorSpace {spaces[colour]} /BitsPerComponent {depth} /Filter /FlateDecode /DecodeParms {parameters}"
    return ImageObject(width, height, entries, b"".join(parts))


def _indexed(palette: bytes) -> str:
    return f"[/Indexed /DeviceRGB {max(0, len(palette) // 3 - 1)} <{palette.hex()}>]"


def _to_group4(picture: Image.Image) -> ImageObject:
    """A black-and-white picture in CCITT Group 4, encoded by libtiff as a single strip."""
    written = BytesIO()
    picture.save(written, "TIFF", compression="group4", tiffinfo={_ROWS_PER_STRIP_TAG: picture.height})
    tiff = Image.open(written, formats=["TIFF"])
    (offset,), (size,) = tiff.tag_v2[_STRIP_OFFSETS_TAG], tiff.tag_v2[_STRIP_SIZES_TAG]  # type: ignore[attr-defined]
    black_is_one = "true" if tiff.tag_v2.get(262) == 1 else "false"  # type: ignore[attr-defined]
    parameters = f"<< /K -1 /Columns {picture.width} /Rows {picture.height} /BlackIs1 {black_is_one} >>"
    entries = f"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms {parameters}"
    return ImageObject(picture.width, picture.height, entries, written.getvalue()[offset : offset + size])
