"""Files that must be refused with a sentence, made in code; the intake's tests and the front door's use them.

``MALFORMED`` lists (name, builder of the bytes, expected error code). A name is what a browser would call the file: it
may lie about the content, for names count for nothing.
"""

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

Builder = Callable[[], bytes]

PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>"
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


def make_pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF whose objects are numbered from 1; the first is the catalogue."""
    out, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return out


def make_picture(kind: str = "PNG", size: tuple[int, int] = (320, 200), **options: object) -> bytes:
    """A whole picture of soft noise, so that cutting it anywhere cuts into its data."""
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)
    target = io.BytesIO()
    Image.fromarray(noise).save(target, kind, **options)
    return target.getvalue()


def make_png(width: int, height: int, data: bytes, *, bit_depth: int = 8, color_type: int = 0) -> bytes:
    """A PNG with this header and this (compressed) data, whether they fit or not."""
    header = struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", data) + _png_chunk(b"IEND", b"")


def encrypted_pdf(*, user_password: str = "secret") -> bytes:
    import pikepdf

    target = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(target, encryption=pikepdf.Encryption(owner="owner", user=user_password, R=6))
    return target.getvalue()


def png_of_81_megapixels() -> bytes:
    """10 KB that unfold into 81 million pixels; a browser shows it as a white square."""
    row = bytes(1 + 9000 // 8)
    return make_png(9000, 9000, zlib.compress(row * 9000, 9), bit_depth=1)


def looping_tiff() -> bytes:
    """Its only directory names itself as the next one, and has no picture."""
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 256, 4, 1, 100) + struct.pack("<I", 8)


def unknown_security_pdf() -> bytes:
    objects = (CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE, b"<</Filter/Nonsense/V 9/R 9>>")
    return make_pdf(*objects, trailer=b"/Encrypt 4 0 R/ID[<00><00>]")


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def _zip(names: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return target.getvalue()


def _pages(content: bytes) -> Builder:
    return lambda: make_pdf(CATALOG, content, PAGE)


def _page(content: bytes) -> Builder:
    return lambda: make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", content)


def _jpeg_with_bad_tables() -> bytes:
    """Every Huffman table claims more codes than there can be."""
    data = bytearray(make_picture("JPEG"))
    start = data.find(b"\xff\xc4")
    while start != -1:
        data[start + 5 : start + 21] = b"\xff" * 16
        start = data.find(b"\xff\xc4", start + 2)
    return bytes(data)


def _jpeg_without_picture() -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def _png_with_wrong_checksum() -> bytes:
    data = bytearray(make_picture("PNG"))
    data[20] ^= 0xFF
    return bytes(data)


def _docx() -> bytes:
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return _zip({"[Content_Types].xml": types, "_rels/.rels": b"<x/>", "word/document.xml": b"<x/>"})


def _huge_page(points: int) -> Builder:
    return _page(PAGE.replace(b"300 300", b"%d %d" % (points, points)))


def _random_bytes(seed: int, size: int) -> Builder:
    # The first byte keeps libmagic from taking the noise for one of its two-byte signatures.
    return lambda: b"\x9d" + random.Random(seed).randbytes(size)


MALFORMED: list[tuple[str, Builder, str]] = [
    # Nothing, or nothing known
    ("empty.png", lambda: b"", "empty_file"),
    ("one-byte.png", lambda: b"\x89", "unsupported_type"),
    ("space.pdf", lambda: b" ", "unsupported_type"),
    ("zeros.jpg", lambda: bytes(5000), "unsupported_type"),
    ("random-small.png", _random_bytes(1, 40), "unsupported_type"),
    ("random-large.pdf", _random_bytes(2, 200_000), "unsupported_type"),
    ("signature-cut.png", lambda: b"\x89PNG", "unsupported_type"),
    # Another type under a good name
    ("page.pdf", lambda: b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>", "unsupported_type"),
    ("about-pdf.pdf", lambda: b"<!DOCTYPE html><html><body>%PDF-1.4</body></html>", "unsupported_type"),
    ("notes.pdf", lambda: b"Dear reader,\nthis is plain text.\n" * 20, "unsupported_type"),
    ("data.png", lambda: b'{"error": "no such picture"}', "unsupported_type"),
    ("feed.jpg", lambda: b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "unsupported_type"),
    (
        "drawing.png",
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
        "unsupported_type",
    ),
    ("letter.pdf", _docx, "unsupported_type"),
    ("archive.pdf", lambda: _zip({"a.txt": b"hello"}), "unsupported_type"),
    ("bomb.png", lambda: _zip({"zeros": bytes(1_000_000)}), "unsupported_type"),
    ("packed.pdf", lambda: gzip.compress(make_pdf(CATALOG)), "unsupported_type"),
    ("letter.rtf", lambda: rb"{\rtf1\ansi Hello}", "unsupported_type"),
    ("print.pdf", lambda: b"%!PS-Adobe-3.0\n%%Pages: 1\nshowpage\n", "unsupported_type"),
    ("program.png", lambda: b"MZ\x90\0" + bytes(60) + b"PE\0\0" + bytes(300), "unsupported_type"),
    ("icon.png", lambda: make_picture("ICO", (32, 32)), "unsupported_type"),
    ("photo.avif", lambda: make_picture("AVIF", (64, 64)), "unsupported_type"),
    ("scan.jp2", lambda: make_picture("JPEG2000", (64, 64)), "unsupported_type"),
    ("old.tga", lambda: make_picture("TGA", (64, 64)), "unsupported_type"),
    ("map.ppm", lambda: make_picture("PPM", (64, 64)), "unsupported_type"),
    ("layers.png", lambda: b"8BPS\0\x01" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3), "unsupported_type"),
    ("photo.heic", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "unsupported_type"),
    ("film.gif", lambda: b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(100), "unsupported_type"),
    ("sound.jpg", lambda: b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0" + bytes(24), "unsupported_type"),
    ("song.png", lambda: b"ID3\x03\0\0\0\0\0\x21" + bytes(200), "unsupported_type"),
    # Pictures that are cut off or damaged
    ("half.png", lambda: _cut(make_picture("PNG"), 0.5), "broken_file"),
    ("nearly-whole.png", lambda: _cut(make_picture("PNG"), 0.97), "broken_file"),
    ("header-only.png", lambda: make_picture("PNG")[:33], "broken_file"),
    ("checksum.png", _png_with_wrong_checksum, "broken_file"),
    ("no-pixels.png", lambda: make_png(0, 0, zlib.compress(b"")), "broken_file"),
    ("too-few-rows.png", lambda: make_png(500, 500, zlib.compress(bytes(5000))), "broken_file"),
    ("not-deflate.png", lambda: make_png(50, 50, b"this is not compressed at all"), "broken_file"),
    ("bad-depth.png", lambda: make_png(8, 8, zlib.compress(bytes(80)), bit_depth=7), "broken_file"),
    ("half.jpg", lambda: _cut(make_picture("JPEG"), 0.5), "broken_file"),
    ("tenth.jpg", lambda: _cut(make_picture("JPEG"), 0.1), "broken_file"),
    ("huffman.jpg", _jpeg_with_bad_tables, "broken_file"),
    ("no-picture.jpg", _jpeg_without_picture, "broken_file"),
    ("start-only.jpg", lambda: b"\xff\xd8\xff\xe0", "broken_file"),
    ("half.webp", lambda: _cut(make_picture("WEBP"), 0.5), "broken_file"),
    ("empty.webp", lambda: b"RIFF\x04\0\0\0WEBP", "broken_file"),
    ("half.gif", lambda: _cut(make_picture("GIF"), 0.5), "broken_file"),
    ("no-frames.gif", lambda: b"GIF89a\x0a\0\x0a\0\x80\0\0" + bytes(6) + b";", "broken_file"),
    ("signature.gif", lambda: b"GIF89a", "broken_file"),
    ("half.bmp", lambda: _cut(make_picture("BMP"), 0.5), "broken_file"),
    ("header.bmp", lambda: make_picture("BMP")[:54], "broken_file"),
    ("half.tiff", lambda: _cut(make_picture("TIFF"), 0.5), "broken_file"),
    ("half-lzw.tiff", lambda: _cut(make_picture("TIFF", compression="tiff_lzw"), 0.5), "broken_file"),
    ("loop.tiff", looping_tiff, "broken_file"),
    ("nowhere.tiff", lambda: b"MM\0*\xff\xff\xff\xf0", "broken_file"),
    ("no-directory.tiff", lambda: b"II*\0\x08\0\0\0\0\0\0\0\0\0", "broken_file"),
    # Pictures that unfold into far more than they seem
    ("bomb-81-megapixels.png", png_of_81_megapixels, "page_too_large"),
    ("bomb-claimed.png", lambda: make_png(60_000, 60_000, zlib.compress(bytes(1000))), "page_too_large"),
    ("ribbon.png", lambda: make_png(40_000, 1, zlib.compress(bytes(40_001))), "page_too_large"),
    (
        "bomb.bmp",
        lambda: b"BM" + struct.pack("<IIIIiiHHIIiiII", 99, 0, 54, 40, 30000, 30000, 1, 24, *[0] * 6),
        "page_too_large",
    ),
    ("bomb.gif", lambda: b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0;", "page_too_large"),
    # PDFs
    ("password.pdf", encrypted_pdf, "encrypted_file"),
    ("unknown-security.pdf", unknown_security_pdf, "encrypted_file"),
    ("header.pdf", lambda: b"%PDF-1.7\n", "broken_file"),
    ("header-and-end.pdf", lambda: b"%PDF-1.7\n%%EOF\n", "broken_file"),
    ("garbage.pdf", lambda: b"%PDF-1.4\n" + random.Random(3).randbytes(20_000), "broken_file"),
    ("cut.pdf", lambda: _page(PAGE)()[:60], "broken_file"),
    ("no-pages.pdf", _pages(b"<</Type/Pages/Kids[]/Count 0>>"), "broken_file"),
    ("no-tree.pdf", lambda: make_pdf(b"<</Type/Catalog>>"), "broken_file"),
    ("no-catalog.pdf", lambda: make_pdf(b"<</Type/Font>>"), "broken_file"),
    ("cycle.pdf", _pages(b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), "broken_file"),
    (
        "long-cycle.pdf",
        lambda: make_pdf(
            CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 3>>", b"<</Type/Pages/Kids[2 0 R]/Parent 2 0 R/Count 3>>"
        ),
        "broken_file",
    ),
    ("claims-100000.pdf", _pages(b"<</Type/Pages/Kids[]/Count 100000>>"), "broken_file"),
    ("lost-page.pdf", _pages(b"<</Type/Pages/Kids[9 0 R]/Count 1>>"), "broken_file"),
    ("page-200000-points.pdf", _huge_page(200_000), "page_too_large"),
    ("page-endless.pdf", _huge_page(2_000_000_000), "page_too_large"),
    ("too-many.pdf", _pages(b"<</Type/Pages/Kids[%b]/Count 2500>>" % (b"3 0 R " * 2500)), "too_many_pages"),
]
