"""Writes a PDF of full-page images front to back, holding one page at a time.

Object numbers are given as pages come; the page tree and the cross-reference table end the file (ISO 32000-1, 7.5).
"""

from dataclasses import dataclass
from typing import BinaryIO

Matrix = tuple[float, float, float, float, float, float]

_CATALOG, _PAGES = 1, 2


@dataclass(frozen=True, slots=True)
class ImageObject:
    """An image: its size in pixels, further entries of its dictionary as PDF source, and its encoded data."""

    width_px: int
    height_px: int
    entries: str
    data: bytes


class FlatPdfWriter:
    """``add_page`` for each page, then ``finish`` once. The target only needs ``write``."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._position = 0
        self._offsets: dict[int, int] = {}
        self._next_object = _PAGES + 1
        self._page_objects: list[int] = []
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def add_page(self, image: ImageObject, width_pt: float, height_pt: float, placed: Matrix) -> None:
        """A page of this size in points, filled with the image. ``placed`` is how it stands in the unit square."""
        a, b, c, d, e, f = placed
        matrix = (a * width_pt, b * height_pt, c * width_pt, d * height_pt, e * width_pt, f * height_pt)
        content = f"q {' '.join(f'{number:.4f}' for number in matrix)} cm /Image Do Q".encode("ascii")
        entries = f"/Type /XObject /Subtype /Image /Width {image.width_px} /Height {image.height_px} {image.entries}"
        image_object = self._add_stream(entries, image.data)
        content_object = self._add_stream("", content)
        page = (
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {width_pt:.4f} {height_pt:.4f}] "
            f"/Resources << /XObject << /Image {image_object} 0 R >> >> /Contents {content_object} 0 R >>"
        )
        self._page_objects.append(self._add_object(page.encode("ascii")))

    def finish(self) -> None:
        kids = " ".join(f"{number} 0 R" for number in self._page_objects)
        pages = f"<< /Type /Pages /Count {len(self._page_objects)} /Kids [{kids}] >>"
        self._add_object(pages.encode("ascii"), _PAGES)
        self._add_object(f"<< /Type /Catalog /Pages {_PAGES} 0 R >>".encode("ascii"), _CATALOG)
        start = self._position
        rows = "".join(f"{self._offsets[number]:010d} 00000 n \n" for number in range(1, self._next_object))
        self._write(
            f"xref\n0 {self._next_object}\n0000000000 65535 f \n{rows}"
            f"trailer << /Size {self._next_object} /Root {_CATALOG} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode("ascii")
        )

    def _add_stream(self, entries: str, data: bytes) -> int:
        head = f"<< {entries} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._add_object(head, None, data, b"\nendstream")

    def _add_object(self, head: bytes, number: int | None = None, *rest: bytes) -> int:
        if number is None:
            number = self._next_object
            self._next_object += 1
        self._offsets[number] = self._position
        for piece in (f"{number} 0 obj\n".encode("ascii"), head, *rest, b"\nendobj\n"):
            self._write(piece)
        return number

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._position += len(data)
