"""The text of a document, set anew as a PDF with embedded fonts: how a translation is downloaded.

Letters are shaped by HarfBuzz and lines follow the bidirectional algorithm (fpdf2 does both). Fonts come from the
system's Noto families; characters that no installed font has are named in a notice.
"""

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from exports.legal_text import to_legal_text
from exports.line_joining import join_lines, vocabulary
from exports.line_placement import is_right_to_left
from exports.running_text import to_paragraphs
from exports.system_fonts import InstalledFont, find_fonts
from exports.table_shape import is_number, share_out
from pipeline.document import Block, BlockKind, Document, Page, Table, TableCell

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.table import Row

# Combining marks, Hebrew to Tibetan, Burmese, Ethiopic to Khmer and Mongolian and what follows, presentation forms,
# marks of direction, and scripts beyond the basic plane (without emoji and ideographs).
_SHAPED = re.compile(
    "[\u0300-\u036f\u0590-\u109f\u135d-\u135f\u1700-\u1cff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2066-\u2069"
    "\ua800-\uabff\ufb1d-\ufdff\ufe20-\ufe2f\ufe70-\ufeff\U00010800-\U0001cfff\U0001e000-\U0001efff]"
)
_MARGIN_MM = 20.0
_TEXT_PT = 11.0
_TITLE_PT = (20.0, 16.0, 14.0, 12.5, 12.0, 11.5)
_LEADING = 1.45
_MM_PER_POINT = 25.4 / 72
_LIST_INDENT_MM = 6.0
_LONGEST_WORD = 400
_MAX_TABLE_COLUMNS = 24
_LETTER_MM = 1.6
_WIDE_LETTER_MM = 2.2
_HIGHEST_ROW_MM = 180.0
_MAX_MISSING_SHOWN = 10


def write(document: Document, target: BinaryIO) -> tuple[str, ...]:
    """Write the PDF, each page of the document beginning a new one. Notices name characters without a font."""
    from fpdf import FPDF

    # fpdf2 logs every missing glyph and fontTools every table; the notice says it once.
    for name in ("fpdf", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    characters = {character for page in document.pages for block in page.blocks for character in block.text}
    fonts, missing = find_fonts(characters)
    pdf = FPDF(format="A4")
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(True, _MARGIN_MM)
    pdf.set_title(to_legal_text(document.source_name))
    pdf.set_creator("ocr-chat")
    if document.detected_language:
        pdf.set_lang(document.detected_language)
    if fonts:
        _use(pdf, fonts)
    for page in document.pages:
        pdf.add_page()
        _add_page(pdf, page, missing)
    if not document.pages:
        pdf.add_page()
    target.write(pdf.output())
    return _notices(missing)


def _use(pdf: "FPDF", fonts: Sequence[InstalledFont]) -> None:
    for font in fonts:
        pdf.add_font(font.family, fname=str(font.path), collection_font_number=font.index)
    pdf.set_font(fonts[0].family, size=_TEXT_PT)
    pdf.set_fallback_fonts([font.family for font in fonts[1:]], exact_match=False)


def _notices(missing: Iterable[str]) -> tuple[str, ...]:
    shown = sorted(character for character in missing if character.isprintable())
    if not shown:
        return ()
    return (f"No installed font has these characters, so the PDF lacks them: {' '.join(shown[:_MAX_MISSING_SHOWN])}",)


def _add_page(pdf: "FPDF", page: Page, missing: frozenset[str]) -> None:
    known = vocabulary(page.text)
    for block in page.blocks:
        if block.kind is BlockKind.TABLE and block.table is not None and block.table.cells:
            _add_table(pdf, block.table, missing)
            continue
        size = _TEXT_PT
        if block.kind is BlockKind.TITLE:
            size = _TITLE_PT[min(max(block.level, 1), len(_TITLE_PT)) - 1]
        indent = _LIST_INDENT_MM * max(block.level, 1) if block.kind is BlockKind.LIST else 0.0
        for text in _paragraphs(block, known):
            _add_paragraph(pdf, _printable(text, missing), size, indent)


def _paragraphs(block: Block, known: frozenset[str]) -> list[str]:
    if block.kind is BlockKind.TITLE:
        return [join_lines(block.text.split("\n"), known)]
    return to_paragraphs(block, known)


def _add_paragraph(pdf: "FPDF", text: str, size: float, indent_mm: float) -> None:
    if not text.strip():
        return
    pdf.set_font_size(size)
    pdf.set_text_shaping(needs_shaping(text))
    leftwards = is_right_to_left(text)
    pdf.set_x(pdf.l_margin + (0 if leftwards else indent_mm))
    height_mm = size * _MM_PER_POINT * _LEADING
    pdf.multi_cell(pdf.epw - indent_mm, height_mm, text, align="R" if leftwards else "L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(height_mm / 2)


def _add_table(pdf: "FPDF", table: Table, missing: frozenset[str]) -> None:
    """A ruled table; cells that are merged over columns stay merged. One that no page can hold becomes lines."""
    pdf.set_font_size(_TEXT_PT - 1)
    pdf.set_text_shaping(any(needs_shaping(cell.text) for cell in table.cells))
    if not _can_be_ruled(table, pdf.epw):
        for row in table.to_rows():
            _add_paragraph(pdf, _printable(" | ".join(row), missing), _TEXT_PT - 1, 0)
        return
    line_mm = _TEXT_PT * _MM_PER_POINT * _LEADING
    widths_mm = tuple(share_out(pdf.epw, _WIDE_LETTER_MM, table))
    with pdf.table(first_row_as_headings=False, line_height=line_mm, col_widths=widths_mm) as shown:
        for cells in table.to_cell_rows():
            _add_row(shown.row(), cells, missing)
    pdf.ln(_TEXT_PT * _MM_PER_POINT)


def _can_be_ruled(table: Table, width_mm: float) -> bool:
    """Whether each row, and each group of rows that a merged cell holds together, has room on a page."""
    if table.column_count > _MAX_TABLE_COLUMNS or not _is_sound(table):
        return False
    letters_a_line = max(1.0, min(share_out(width_mm, _WIDE_LETTER_MM, table)) / _LETTER_MM / 2)
    line_mm = _TEXT_PT * _MM_PER_POINT * _LEADING
    heights_mm = [line_mm] * table.row_count
    for cell in table.cells:
        lines = sum(1 + len(line) / letters_a_line for line in cell.text.split("\n"))
        heights_mm[cell.row] = max(heights_mm[cell.row], lines * line_mm)
    return all(sum(group) < _HIGHEST_ROW_MM for group in _row_groups(table, heights_mm))


def _is_sound(table: Table) -> bool:
    """Whether every cell is inside the table and none lies over another."""
    covered = sum(cell.row_span * cell.column_span for cell in table.cells)
    inside = all(
        cell.row + cell.row_span <= table.row_count and cell.column + cell.column_span <= table.column_count
        for cell in table.cells
    )
    empty = sum(cell is None for cells in table.to_cell_rows() for cell in cells)
    return inside and covered + empty == table.row_count * table.column_count


def _row_groups(table: Table, heights_mm: Sequence[float]) -> Iterator[Sequence[float]]:
    """The heights of rows that no page break may part."""
    ends = [row + 1 for row in range(table.row_count)]
    for cell in table.cells:
        ends[cell.row] = max(ends[cell.row], min(cell.row + cell.row_span, table.row_count))
    start = 0
    while start < table.row_count:
        end, row = ends[start], start
        while row < end:
            end = max(end, ends[row])
            row += 1
        yield heights_mm[start:end]
        start = end


def needs_shaping(text: str) -> bool:
    """Whether letters change with their neighbours or run leftwards; shaping takes several times as long."""
    return _SHAPED.search(text) is not None


def _add_row(row: "Row", cells: Sequence[TableCell | None], missing: frozenset[str]) -> None:
    for cell in cells:
        if cell is None:
            row.cell("")
            continue
        text = _printable(cell.text, missing)
        stands_right = is_right_to_left(text) or is_number(text)
        align = "R" if stands_right else "L"
        row.cell(text, colspan=cell.column_span, rowspan=cell.row_span, align=align)


def _printable(text: str, missing: frozenset[str]) -> str:
    """Without characters that no font has, and with a chance to break very long words."""
    kept = "".join(character for character in to_legal_text(text).replace("\t", "    ") if character not in missing)
    words = (
        word[start : start + _LONGEST_WORD]
        for word in kept.split(" ")
        for start in range(0, len(word) or 1, _LONGEST_WORD)
    )
    return unicodedata.normalize("NFC", " ".join(words))
