"""Lists in a DOCX: Word's own bullets and numbers, starting where the list that was read starts."""

from typing import TYPE_CHECKING, Any

from pipeline.list_items import Marker

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph

_DEEPEST = 3
_INDENT_IN = 0.25


class ListNumbering:
    """Follows the numbers of one document, so that a list goes on where it went on and starts again where it did."""

    def __init__(self, written: "WordDocument") -> None:
        self._definitions: Any = written.part.numbering_part.element
        self._last: dict[int, tuple[int, int]] = {}

    def add_bullet(self, written: "WordDocument", level: int) -> "Paragraph":
        return written.add_paragraph(style=_style("List Bullet", level))

    def add_plain(self, written: "WordDocument", level: int) -> "Paragraph":
        """An item whose marker is text: letters, Roman numbers, digits of other scripts."""
        from docx.shared import Inches

        paragraph = written.add_paragraph(style="List Paragraph")
        paragraph.paragraph_format.left_indent = Inches(_INDENT_IN * (level + 1))
        paragraph.paragraph_format.first_line_indent = Inches(-_INDENT_IN)
        return paragraph

    def add_number(self, written: "WordDocument", level: int, marker: Marker) -> "Paragraph | None":
        """A paragraph that Word numbers, or None where Word would write the marker differently (only ``3.`` works)."""
        if not (marker.value.isascii() and marker.value.isdecimal() and marker.text == f"{marker.value}."):
            return None
        number = int(marker.value)
        if number > 32_767:
            return None
        style = _style("List Number", level)
        previous, identifier = self._last.get(level, (0, 0))
        if not identifier or previous != number - 1:
            identifier = self._start_at(written, style, number)
        self._last = {depth: kept for depth, kept in self._last.items() if depth < level} | {
            level: (number, identifier)
        }
        paragraph = written.add_paragraph(style=style)
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = 0
        properties.get_or_add_numId().val = identifier
        return paragraph

    def _start_at(self, written: "WordDocument", style: str, number: int) -> int:
        """A new numbering like the style's own that starts at ``number``; its id."""
        own = written.styles[style].element.pPr.numPr.numId.val
        abstract = self._definitions.num_having_numId(own).abstractNumId.val
        added = self._definitions.add_num(abstract)
        added.add_lvlOverride(ilvl=0).add_startOverride(number)
        return int(added.numId)


def _style(name: str, level: int) -> str:
    level = min(level, _DEEPEST)
    return name if level == 1 else f"{name} {level}"
