"""Document -> DOCX that can be worked on: real headings, paragraphs, lists and tables, and nothing to fake a layout.

Every run names a font for its script and, where it applies, that it is right-to-left: Word otherwise shows Hindi,
Arabic or Japanese in whatever its defaults are.
"""

from typing import TYPE_CHECKING, BinaryIO

from exports.figures import FigureCutter
from exports.legal_text import to_legal_text
from exports.line_joining import join_lines, vocabulary
from exports.running_text import to_paragraphs
from exports.word_fonts import set_fonts
from exports.word_lists import ListNumbering
from exports.word_tables import add_table
from exports.word_text import fill
from pipeline.document import Block, BlockKind, Document, Page
from pipeline.list_items import find_marker

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_MARGIN_IN = 1.0
_A4_IN = 8.27, 11.69
_LETTER_IN = 8.5, 11.0
_LYING = 1.2
"""Width to height from which the paper is turned; a card or a scrap of a receipt is less."""

_LETTER_SHAPES = 0.75, 0.79
"""Width to height: a page of this shape is US Letter, every other A4."""


def write(document: Document, target: BinaryIO, *, source: bytes | None = None) -> None:
    """Write the DOCX. With the original file at hand, figures become pictures."""
    import docx

    written = docx.Document()
    set_fonts(written, document)
    _set_page(written, document)
    written.core_properties.title = to_legal_text(document.source_name)[:255]
    written.core_properties.author = ""
    written.core_properties.comments = ""
    if document.detected_language:
        written.core_properties.language = document.detected_language
    numbering = ListNumbering(written)
    with FigureCutter(source) as figures:
        for index, page in enumerate(document.pages):
            if index:
                written.add_page_break()  # type: ignore[no-untyped-call]
            _add_page(written, page, figures, numbering)
    written.save(target)


def _set_page(written: "WordDocument", document: Document) -> None:
    """The paper that the first page suggests, upright or lying, with margins of an inch."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Inches

    width_px, height_px = next(((page.width_px, page.height_px) for page in document.pages), (1, 2))
    if document.pages and document.pages[0].rotation in {90, 270}:
        width_px, height_px = height_px, width_px
    narrow, wide = sorted((width_px, height_px))
    low, high = _LETTER_SHAPES
    short_in, long_in = _LETTER_IN if low < narrow / max(wide, 1) < high else _A4_IN
    section = written.sections[0]
    if width_px > _LYING * height_px:
        section.orientation = WD_ORIENT.LANDSCAPE
        short_in, long_in = long_in, short_in
    section.page_width, section.page_height = Inches(short_in), Inches(long_in)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Inches(_MARGIN_IN)


def _add_page(written: "WordDocument", page: Page, figures: FigureCutter, numbering: ListNumbering) -> None:
    known = vocabulary(page.text)
    for block in page.blocks:
        if block.kind is BlockKind.TABLE and block.table is not None and block.table.cells:
            add_table(written, block.table)
        elif block.kind is BlockKind.FIGURE:
            _add_figure(written, page, block, figures)
        elif block.kind is BlockKind.LIST:
            _add_list(written, block, known, numbering)
        elif block.kind is BlockKind.TITLE:
            text = join_lines(block.text.split("\n"), known)
            fill(written.add_paragraph(style=f"Heading {min(max(block.level, 1), 6)}"), text)
        else:
            for text in to_paragraphs(block, known):
                fill(written.add_paragraph(), text)


def _add_list(written: "WordDocument", block: Block, known: frozenset[str], numbering: ListNumbering) -> None:
    """The items of a block; an engine may give a whole list as one."""
    groups: list[list[str]] = []
    for line in (line.strip() for line in block.text.split("\n")):
        if line and (not groups or find_marker(line) is not None):
            groups.append([])
        if line:
            groups[-1].append(line)
    for lines in groups:
        marker = find_marker(lines[0])
        first = lines[0][marker.length :] if marker else lines[0]
        text = join_lines([first, *lines[1:]], known)
        level = max(block.level, 1)
        if marker is None or marker.is_sign:
            fill(numbering.add_bullet(written, level), text)
        elif (number := numbering.add_number(written, level, marker)) is not None:
            fill(number, text)
        else:
            fill(numbering.add_plain(written, level), f"{marker.text}\t{text}")


def _add_figure(written: "WordDocument", page: Page, block: Block, figures: FigureCutter) -> None:
    from docx.shared import Inches

    picture = figures.cut(page, block.box)
    if picture is not None:
        paper_in = (written.sections[0].page_width or 0) / Inches(1)
        width_in = block.box.width / page.width_px * paper_in
        written.add_picture(picture, width=Inches(min(paper_in - 2 * _MARGIN_IN, max(0.2, width_in))))
    for text in block.text.split("\n\n"):
        if text.strip():
            fill(written.add_paragraph(), text)
