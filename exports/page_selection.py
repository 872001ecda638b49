"""Some pages of a PDF, with nothing of the others left in the file.

Removing a page from the page tree is not enough: bookmarks, links, destinations, form fields and the structure tree
still lead to it, and whatever can be reached is written.
"""

from collections.abc import Container

import pikepdf
from pikepdf import Array, Dictionary, Object

_MAX_DEPTH = 32
_ID = tuple[int, int]
# They describe all of the document: its structure with its texts, its page numbers, its threads, its first view.
_WHOLE_DOCUMENT = ("/StructTreeRoot", "/MarkInfo", "/PageLabels", "/Threads", "/OpenAction", "/Outlines")


def drop_navigation(pdf: pikepdf.Pdf) -> None:
    """Remove what leads through the whole document. To be called before new bookmarks are made."""
    for key in _WHOLE_DOCUMENT:
        if key in pdf.Root:
            del pdf.Root[key]


def keep_pages(pdf: pikepdf.Pdf, numbers: Container[int]) -> None:
    """Remove the pages whose numbers (from 1) are not among ``numbers``, and all that only they had."""
    removed = [page.obj for number, page in enumerate(pdf.pages, start=1) if number not in numbers]
    widgets = {note.objgen for page in removed for note in _items(page.get("/Annots")) if note.is_indirect}
    for index in reversed(range(len(pdf.pages))):
        if index + 1 not in numbers:
            del pdf.pages[index]
    ids = {page.objgen for page in removed}
    for page in pdf.pages:
        _cut_links(page.obj, ids)
    _cut_destinations(pdf, ids)
    _cut_fields(pdf, widgets)
    # Whatever else still names a page that is gone finds an empty dictionary.
    for gone in removed:
        for key in list(gone.keys()):
            del gone[key]


def _items(value: object) -> list[Object]:
    return list(value) if isinstance(value, Array) else []


def _leads_to(target: object, ids: set[_ID]) -> bool:
    """Whether a destination (an array, or a dictionary with one as its ``/D``) is on one of these pages."""
    if isinstance(target, Dictionary):
        target = target.get("/D")
    steps = _items(target)
    return bool(steps) and isinstance(steps[0], Object) and steps[0].objgen in ids


def _cut_links(page: Object, ids: set[_ID]) -> None:
    for note in _items(page.get("/Annots")):
        if not isinstance(note, Dictionary):
            continue
        for key in ("/Dest", "/A"):
            if _leads_to(note.get(key), ids):
                del note[key]


def _cut_destinations(pdf: pikepdf.Pdf, ids: set[_ID]) -> None:
    old = pdf.Root.get("/Dests")
    if isinstance(old, Dictionary):
        for name in [name for name, target in old.items() if _leads_to(target, ids)]:
            del old[name]
    names = pdf.Root.get("/Names")
    if isinstance(names, Dictionary) and isinstance(names.get("/Dests"), Dictionary):
        tree = pikepdf.NameTree(names["/Dests"])
        for label in [label for label, target in tree.items() if _leads_to(target, ids)]:
            del tree[label]


def _cut_fields(pdf: pikepdf.Pdf, widgets: set[_ID]) -> None:
    """Take out form fields, with what was filled in, that only stood on the pages that go."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return
    fields = _items(form.get("/Fields"))
    kept = [field for field in fields if _stays(field, widgets, _MAX_DEPTH)]
    form["/Fields"] = Array(kept)
    # The order of calculation names fields, and an XFA form repeats them all.
    for key in ("/CO", "/XFA"):
        if key in form:
            del form[key]


def _stays(field: Object, widgets: set[_ID], depth: int) -> bool:
    """Whether the field, or a part of it, stands elsewhere; parts that don't are taken out of it."""
    if field.objgen in widgets:
        return False
    kids = _items(field.get("/Kids")) if isinstance(field, Dictionary) else []
    if not kids or not depth:
        return True
    kept = [kid for kid in kids if _stays(kid, widgets, depth - 1)]
    if len(kept) < len(kids):
        field["/Kids"] = Array(kept)
    return bool(kept)
