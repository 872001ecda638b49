"""Text into a paragraph of a DOCX: legal characters, direction, line breaks."""

from typing import TYPE_CHECKING

from exports.legal_text import to_legal_text
from exports.line_placement import is_right_to_left
from exports.word_fonts import set_run_font

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

# The elements that may stand behind w:bidi in w:pPr (ECMA-376, 17.3.1.26).
_AFTER_BIDI = (
    "w:adjustRightInd",
    "w:snapToGrid",
    "w:spacing",
    "w:ind",
    "w:contextualSpacing",
    "w:mirrorIndents",
    "w:suppressOverlap",
    "w:jc",
    "w:textDirection",
    "w:textAlignment",
    "w:textboxTightWrap",
    "w:outlineLvl",
    "w:divId",
    "w:cnfStyle",
    "w:rPr",
    "w:sectPr",
    "w:pPrChange",
)


def fill(paragraph: "Paragraph", text: str) -> None:
    """Put ``text`` into an empty paragraph; line breaks stay, the first strong letter gives the direction (UAX #9)."""
    text = to_legal_text(text).replace("\r\n", "\n").replace("\r", "\n")
    leftwards = is_right_to_left(text)
    if leftwards:
        set_right_to_left(paragraph)
    run = paragraph.add_run(text)
    if leftwards:
        run.font.rtl = True
    set_run_font(run, text)


def set_right_to_left(paragraph: "Paragraph") -> None:
    from docx.oxml.parser import OxmlElement

    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(OxmlElement("w:bidi"), *_AFTER_BIDI)
