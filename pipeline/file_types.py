"""Which kind of file some bytes are. Names and headers that came with them count for nothing.

Two judges look at them: libmagic here, a real decoder in :mod:`pipeline.picture_file` and :mod:`pipeline.pdf_file`.
"""

from dataclasses import dataclass

import magic

from errors import UnsupportedTypeError


@dataclass(frozen=True, slots=True)
class FileType:
    """A type this program reads. ``pillow_format`` is Pillow's name of the decoder, None for a PDF."""

    media_type: str
    suffix: str
    label: str
    pillow_format: str | None


PDF = FileType("application/pdf", ".pdf", "PDF", None)
PNG = FileType("image/png", ".png", "PNG", "PNG")
JPEG = FileType("image/jpeg", ".jpg", "JPG", "JPEG")
WEBP = FileType("image/webp", ".webp", "WEBP", "WEBP")
GIF = FileType("image/gif", ".gif", "GIF", "GIF")
BMP = FileType("image/bmp", ".bmp", "BMP", "BMP")
TIFF = FileType("image/tiff", ".tiff", "TIFF", "TIFF")

_BY_MEDIA_TYPE = {kind.media_type: kind for kind in (PDF, PNG, JPEG, WEBP, GIF, BMP, TIFF)} | {"image/x-ms-bmp": BMP}

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
)

# What people send by mistake, in words they know; anything else is called by its media type.
_KNOWN_OTHERS = {
    "text/html": "a web page (HTML)",
    "text/plain": "plain text",
    "text/xml": "an XML file",
    "text/csv": "a CSV table",
    "text/rtf": "an RTF document",
    "application/json": "a JSON file",
    "application/zip": "a ZIP archive",
    "application/gzip": "a compressed archive",
    "application/x-7z-compressed": "a 7-Zip archive",
    "application/x-rar": "a RAR archive",
    "application/x-tar": "a TAR archive",
    "application/epub+zip": "an e-book (EPUB)",
    "application/msword": "a Word document",
    "application/postscript": "a PostScript file",
    "application/x-ole-storage": "an old Office document",
    "application/CDFV2": "an old Office document",
    "application/x-dosexec": "a Windows program",
    "application/x-executable": "a program",
    "image/svg+xml": "an SVG drawing",
    "image/heic": "a HEIC photo",
    "image/heif": "a HEIF photo",
    "image/avif": "an AVIF picture",
    "image/jp2": "a JPEG 2000 picture",
    "image/jxl": "a JPEG XL picture",
    "image/vnd.adobe.photoshop": "a Photoshop file",
    "image/vnd.microsoft.icon": "an icon (ICO)",
    "image/vnd.djvu": "a DjVu document",
    "image/vnd.djvu+multipage": "a DjVu document",
}

_KNOWN_OTHER_BEGINNINGS = (
    ("application/vnd.openxmlformats-officedocument.wordprocessingml", "a Word document"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml", "an Excel workbook"),
    ("application/vnd.openxmlformats-officedocument.presentationml", "a PowerPoint presentation"),
    ("application/vnd.oasis.opendocument", "an OpenDocument file"),
    ("video/", "a video"),
    ("audio/", "a sound file"),
    ("text/x-", "a text file"),
    ("font/", "a font"),
)

_HEAD_BYTES = 65536
_PDF_HEADER_WITHIN_BYTES = 1024


def identify(data: bytes) -> FileType:
    """Say which of the seven types ``data`` (not empty) is.

    libmagic decides. Where it has no idea, a PDF header within the first 1024 bytes (readers accept garbage before it)
    or a picture's signature does. Raises UnsupportedTypeError, which names what the file is instead.
    """
    media_type = magic.from_buffer(data[:_HEAD_BYTES], mime=True)
    if media_type in _BY_MEDIA_TYPE:
        return _BY_MEDIA_TYPE[media_type]
    if media_type in {"application/octet-stream", "text/plain"}:
        if b"%PDF-" in data[:_PDF_HEADER_WITHIN_BYTES]:
            return PDF
        for signature, kind in _SIGNATURES:
            if data.startswith(signature):
                return kind
    raise UnsupportedTypeError(_describe(media_type), details={"media_type": media_type})


def _describe(media_type: str) -> str:
    if media_type == "application/octet-stream":
        return "The file is neither a picture nor a PDF."
    known = _KNOWN_OTHERS.get(media_type)
    if known is None:
        beginnings = (words for beginning, words in _KNOWN_OTHER_BEGINNINGS if media_type.startswith(beginning))
        known = next(beginnings, f"of type {media_type}")
    return f"The file is {known}, which is not supported."
