"""Four programs that read text back from a PDF, each as the lines of every page."""

import subprocess
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

# Direction marks that a reader puts around right-to-left text, and the mark PDFium leaves for a hyphen at a line's end.
_ADDED = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))


def pdfium_lines(path: Path) -> list[list[str]]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        texts = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return [to_lines(text.replace("\ufffe", "-\n").replace("\x02", "-\n")) for text in texts]


def poppler_lines(path: Path) -> list[list[str]]:
    return _pages_of(["pdftotext", "-enc", "UTF-8", str(path), "-"])


def mupdf_lines(path: Path) -> list[list[str]]:
    return _pages_of(["mutool", "draw", "-q", "-F", "txt", str(path)])


def pdfminer_lines(path: Path) -> list[list[str]]:
    from pdfminer.high_level import extract_text

    return [to_lines(page) for page in extract_text(str(path)).split("\f")]


READERS: Mapping[str, Callable[[Path], list[list[str]]]] = {
    "pdfium": pdfium_lines,
    "mupdf": mupdf_lines,
    "poppler": poppler_lines,
    "pdfminer": pdfminer_lines,
}


def _pages_of(command: list[str]) -> list[list[str]]:
    shown = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")
    return [to_lines(page) for page in shown.split("\f")]


def to_lines(text: str) -> list[str]:
    return [line for line in map(normal, text.splitlines()) if line]


def normal(line: str) -> str:
    """NFKC without direction marks, white space as single spaces."""
    return " ".join(unicodedata.normalize("NFKC", line.translate(_ADDED)).split())
