"""Digital signatures in a PDF: any change breaks them, and a broken one frightens readers, so they are taken out."""

import pikepdf
from pikepdf import Dictionary, Name, Object

_MAX_FIELDS = 10_000


def remove_signatures(pdf: pikepdf.Pdf) -> bool:
    """Empty every signed signature field (what it shows on the page stays); True when there was one."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return False
    signed = [field for field in _fields(form) if field.get("/FT") == Name.Sig and "/V" in field]
    for field in signed:
        del field["/V"]
    if signed:
        for holder, key in ((form, "/SigFlags"), (pdf.Root, "/Perms"), (pdf.Root, "/DSS")):
            if key in holder:
                del holder[key]
    return bool(signed)


def _fields(form: Object) -> list[Object]:
    waiting = list(form.get("/Fields", []))
    found: list[Object] = []
    while waiting and len(found) < _MAX_FIELDS:
        field = waiting.pop()
        if isinstance(field, Dictionary):
            found.append(field)
            waiting.extend(field.get("/Kids", []))
    return found
