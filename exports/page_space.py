"""From pixels of the page image to a PDF page's own coordinates."""

from pikepdf import Object
from pikepdf import Page as PdfPage

from exports.text_layer import Matrix

Rectangle = tuple[float, float, float, float]
"""left, bottom, right, top in PDF user space."""

_LETTER: Rectangle = (0.0, 0.0, 612.0, 792.0)


def pixels_to_user_space(pdf_page: PdfPage, width_px: int, height_px: int) -> Matrix:
    """The matrix that takes page pixels (origin top left, as a viewer shows the page) to user space.

    Honours ``/Rotate``, ``/CropBox`` and ``/MediaBox``, inherited ones too. ``/UserUnit`` cancels out: it scales the
    shown page and its user space alike.
    """
    left, bottom, right, top = visible_area(pdf_page)
    width, height = right - left, top - bottom
    turned = rotation_of(pdf_page)
    if turned == 90:
        x, y = height / width_px, width / height_px
        return 0.0, x, y, 0.0, left, bottom
    if turned == 180:
        x, y = width / width_px, height / height_px
        return -x, 0.0, 0.0, y, right, bottom
    if turned == 270:
        x, y = height / width_px, width / height_px
        return 0.0, -x, -y, 0.0, right, top
    x, y = width / width_px, height / height_px
    return x, 0.0, 0.0, -y, left, top


def rotation_of(pdf_page: PdfPage) -> int:
    """``/Rotate`` as 0, 90, 180 or 270 degrees clockwise; anything else counts as 0, as viewers do."""
    try:
        turned = int(_inherited(pdf_page, "/Rotate") or 0) % 360  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return 0
    return turned if turned % 90 == 0 else 0


def visible_area(pdf_page: PdfPage) -> Rectangle:
    """The crop box inside the media box, or the media box, or US Letter where the file has none that makes sense."""
    media = _rectangle(_inherited(pdf_page, "/MediaBox")) or _LETTER
    crop = _rectangle(_inherited(pdf_page, "/CropBox"))
    if crop is None:
        return media
    inside = max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3])
    return inside if inside[0] < inside[2] and inside[1] < inside[3] else media


def _inherited(pdf_page: PdfPage, key: str) -> object:
    """The attribute of the page or of the nearest ancestor that has it; None without one."""
    node: Object = pdf_page.obj
    for _ in range(64):  # a damaged page tree may be a circle
        if key in node:
            return node[key]
        parent = node.get("/Parent")
        if parent is None:
            return None
        node = parent
    return None


def _rectangle(value: object) -> Rectangle | None:
    try:
        x0, y0, x1, y1 = (float(number) for number in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    left, right, bottom, top = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    return (left, bottom, right, top) if left < right and bottom < top else None
