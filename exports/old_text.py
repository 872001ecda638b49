"""Takes the text out of a PDF page that reads badly, without changing how the page looks.

Invisible text (another OCR program's layer, text render mode 3) is deleted. Visible text can't be; it stays, marked
with a line break as its replacement text (``/ActualText``, ISO 32000-1, 14.9.4): PDFium and Poppler then skip it (an
empty one PDFium ignores), MuPDF and pdfminer still read both.
"""

import zlib
from collections.abc import Iterable

import pikepdf
from pikepdf import Dictionary, Name, Object, Page

_INVISIBLE = 3
_SHOW = {"Tj", "TJ", "'", '"'}
_MAX_FORM_DEPTH = 4
HIDE_BEGIN = b"/Span <</ActualText <FEFF000A>>> BDC\n"
HIDE_END = b"\nEMC\n"

Instructions = list[pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage]


def drop_invisible_text(pdf: pikepdf.Pdf, page: Page) -> bool:
    """Delete the page's invisible text, in its forms too; True when visible text is left.

    The page's content becomes one stream where something was deleted. Raises pikepdf.PdfError for damaged content.
    """
    if not _has_fonts(page.obj, 0):
        return False
    kept, visible, changed = _without_invisible(pikepdf.parse_content_stream(page))
    if changed:
        page.obj.Contents = pdf.make_stream(
            zlib.compress(pikepdf.unparse_content_stream(kept)), Filter=Name.FlateDecode
        )
    return _drop_in_forms(pdf, page.obj, 0) or visible


def find_resources(holder: Object) -> Object:
    """The resources of a page or form, inherited ones too; an empty dictionary without any."""
    node: Object | None = holder
    for _ in range(64):
        if node is None:
            break
        if "/Resources" in node:
            return node["/Resources"]
        node = node.get("/Parent")
    return Dictionary()


def _forms(holder: Object) -> Iterable[tuple[str, Object]]:
    named = find_resources(holder).get("/XObject")
    if not isinstance(named, Dictionary):
        return []
    return [(name, form) for name, form in named.items() if form.get("/Subtype") == Name.Form]


def _has_fonts(holder: Object, depth: int) -> bool:
    if find_resources(holder).get("/Font"):
        return True
    return depth < _MAX_FORM_DEPTH and any(_has_fonts(form, depth + 1) for _, form in _forms(holder))


def _drop_in_forms(pdf: pikepdf.Pdf, holder: Object, depth: int) -> bool:
    """The same for the forms that ``holder`` draws. Changed forms are copies: other pages may draw the original."""
    visible_left = False
    for name, form in _forms(holder):
        if depth >= _MAX_FORM_DEPTH or not _has_fonts(form, depth):
            continue
        kept, visible, changed = _without_invisible(pikepdf.parse_content_stream(form))
        shown = _replace_form(pdf, holder, name, pikepdf.unparse_content_stream(kept)) if changed else form
        visible_left |= _drop_in_forms(pdf, shown, depth + 1) or visible
    return visible_left


def _replace_form(pdf: pikepdf.Pdf, holder: Object, name: str, content: bytes) -> Object:
    resources = Dictionary(dict(find_resources(holder).items()))
    forms = Dictionary(dict(resources["/XObject"].items()))
    entries = {key: value for key, value in forms[name].items() if key not in {"/Length", "/Filter", "/DecodeParms"}}
    copy = pdf.make_stream(zlib.compress(content), {**entries, "/Filter": Name.FlateDecode})
    forms[name] = copy
    resources["/XObject"] = forms
    holder["/Resources"] = resources
    return copy


def _without_invisible(instructions: Iterable[object]) -> tuple[Instructions, bool, bool]:
    """(what is kept, whether visible text is left, whether anything was dropped).

    A text object (BT..ET) loses its text only when all of it is invisible: shown text moves the text after it.
    """
    kept: Instructions = []
    visible = changed = False
    mode, stack = 0, [0]
    text_object: Instructions = []
    modes: set[int] = set()
    inside = False
    for instruction in instructions:
        operator = str(instruction.operator)  # type: ignore[attr-defined]
        if operator == "q":
            stack.append(mode)
        elif operator == "Q" and len(stack) > 1:
            mode = stack.pop()
        elif operator == "Tr":
            mode = int(instruction.operands[0])  # type: ignore[attr-defined]
        elif operator in _SHOW:
            modes.add(mode)
        if operator == "BT":
            inside, modes = True, set()
        (text_object if inside else kept).append(instruction)  # type: ignore[arg-type]
        if operator == "ET":
            drops = modes == {_INVISIBLE}
            visible |= bool(modes - {_INVISIBLE})
            changed |= drops
            kept += [part for part in text_object if not (drops and str(part.operator) in _SHOW)]
            text_object, inside = [], False
    return kept + text_object, visible, changed
