from io import BytesIO

import docx
import pytest
from docx.oxml.ns import qn
from PIL import Image

from exports import word
from pipeline.document import BlockKind, Box, Table, TableCell
from tests.documents import (
    make_block,
    make_document,
    make_line,
    make_page,
    make_table,
    make_table_block,
    make_text_block,
)

BOX = Box(50, 50, 700, 100)
ADDRESS = ["Ann Smith", "12 Long and Winding Road", "Aby", "UK"]


def written(*blocks, source=None, **fields):
    return read_back(make_document(make_page(*blocks, **fields)), source)


def read_back(document, source=None):
    target = BytesIO()
    word.write(document, target, source=source)
    target.seek(0)
    return docx.Document(target)


def text_block(text, kind=BlockKind.TEXT, level=0, index=1):
    return make_text_block(text, BOX, kind=kind, level=level, index=index)


def test_headings_paragraphs_and_page_breaks():
    pages = [
        make_page(text_block("Big", BlockKind.TITLE, 1), text_block("Small", BlockKind.TITLE, 3)),
        make_page(text_block("Body"), number=2),
    ]
    shown = read_back(make_document(*pages))
    styles = [(p.style.name, p.text) for p in shown.paragraphs if p.text.strip()]
    assert styles == [("Heading 1", "Big"), ("Heading 3", "Small"), ("Normal", "Body")]
    breaks = [b for b in shown.element.iter(qn("w:br")) if b.get(qn("w:type")) == "page"]
    assert len(breaks) == 1


def test_full_lines_become_one_paragraph_and_an_address_keeps_its_lines():
    long = "a line of running text that fills the whole width of"
    running = make_block(make_line(long, top=50), make_line(long, top=80), make_line("the end", top=110))
    address = make_block(*(make_line(text, top=300 + 30 * row) for row, text in enumerate(ADDRESS)), index=2)
    shown = [p.text for p in written(running, address).paragraphs]
    assert shown == [f"{long} {long} the end", "\n".join(ADDRESS)]


def test_lists_number_as_read_and_start_again():
    texts = ["1. one", "2. two", "• dot", "5. five", "6. six", "(a) letter"]
    shown = written(*(text_block(text, BlockKind.LIST, 1, index) for index, text in enumerate(texts, 1)))
    rows = [(p.style.name, p.text) for p in shown.paragraphs]
    assert rows[:5] == [
        ("List Number", "one"),
        ("List Number", "two"),
        ("List Bullet", "dot"),
        ("List Number", "five"),
        ("List Number", "six"),
    ]
    assert rows[5][1].split() == ["(a)", "letter"]
    ids = [p._p.pPr.numPr.numId.val for p in shown.paragraphs if p.style.name == "List Number"]
    assert ids[0] == ids[1] != ids[2] == ids[3]
    starts = {
        num.numId: num.find(qn("w:lvlOverride")).find(qn("w:startOverride")).get(qn("w:val"))
        for num in shown.part.numbering_part.element.num_lst
        if num.find(qn("w:lvlOverride")) is not None
    }
    assert (starts[ids[0]], starts[ids[2]]) == ("1", "5")


def test_table_with_merged_cells():
    box = Box(0, 0, 10, 10)
    cells = (
        TableCell(0, 0, 1, 2, "wide", box),
        TableCell(0, 2, 2, 1, "tall", box),
        TableCell(1, 0, 1, 1, "a", box),
        TableCell(1, 1, 1, 1, "b", box),
        TableCell(2, 1, 1, 1, "lonely", box),
    )
    shown = written(make_table_block(Table(3, 3, cells, 1))).tables[0]
    rows = [[cell.text for cell in row.cells] for row in shown.rows]
    assert rows == [["wide", "wide", "tall"], ["a", "b", "tall"], ["", "lonely", ""]]
    assert shown.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert shown.rows[1]._tr.trPr is None


def test_a_large_table_reads_back():
    rows = [[f"r{r}c{c}" for c in range(20)] for r in range(250)]
    shown = written(make_table_block(make_table(rows))).tables[0]
    assert [cell.text for cell in shown.rows[249].cells] == rows[249]
    assert len(shown.rows) == 250


def test_overlapping_and_oversized_cells_do_not_break_it():
    box = Box(0, 0, 10, 10)
    cells = (TableCell(0, 0, 2, 2, "one", box), TableCell(1, 1, 1, 1, "two", box), TableCell(0, 1, 9, 9, "three", box))
    assert len(written(make_table_block(Table(2, 2, cells))).tables[0].rows) == 2
    wide = make_table([[str(n) for n in range(80)]])
    assert "79" in written(make_table_block(wide)).paragraphs[0].text


@pytest.mark.parametrize("text", ["كل إنسان حق", "כל בני אדם"])
def test_right_to_left(text):
    shown = written(text_block(text))
    paragraph = shown.paragraphs[0]
    assert paragraph._p.pPr.find(qn("w:bidi")) is not None
    assert paragraph.runs[0].font.rtl
    assert paragraph.text == text
    table = written(make_table_block(make_table([[text, text]]))).tables[0]
    assert table._tbl.tblPr.find(qn("w:bidiVisual")) is not None


@pytest.mark.parametrize(
    ("text", "language", "slot", "font"),
    [
        ("すべての人間は", "ja", "w:eastAsia", "Yu Mincho"),
        ("人人生而自由", "zh-Hans", "w:eastAsia", "SimSun"),
        ("人人生而自由", "zh-Hant", "w:eastAsia", "PMingLiU"),
        ("모든 인간은", "ko", "w:eastAsia", "Malgun Gothic"),
        ("सभी मनुष्यों", "hi", "w:cs", "Nirmala UI"),
        ("มนุษย์ทั้งหลาย", "th", "w:cs", "Leelawadee UI"),
        ("ყველა ადამიანი", "ka", "w:ascii", "Sylfaen"),
    ],
)
def test_fonts_of_the_script(text, language, slot, font):
    shown = written(text_block(text), language=language)
    assert shown.styles["Normal"].element.rPr.rFonts.get(qn(slot)) == font
    assert shown.styles["Heading 1"].element.rPr.rFonts.get(qn(slot)) == font


def test_a_run_of_another_script_names_its_own_font():
    shown = written(text_block("मनुष्य " * 30), text_block("كل إنسان", index=2))
    assert shown.paragraphs[1].runs[0]._r.rPr.rFonts.get(qn("w:cs")) == "Arial"
    assert shown.paragraphs[0].runs[0]._r.rPr is None or shown.paragraphs[0].runs[0]._r.rPr.rFonts is None


def test_figures_become_pictures_when_the_original_is_there():
    image = Image.new("RGB", (800, 600), "white")
    image.paste((200, 0, 0), (100, 100, 300, 200))
    source = BytesIO()
    image.save(source, "PNG")
    figure = make_text_block("", Box(100, 100, 300, 200), kind=BlockKind.FIGURE)
    shown = written(figure, source=source.getvalue())
    assert len(shown.inline_shapes) == 1
    part = next(rel.target_part for rel in shown.part.rels.values() if "image" in rel.reltype)
    with Image.open(BytesIO(part.blob)) as cut:
        colours = cut.convert("RGB").getcolors()
    assert colours
    assert [colour for _, colour in colours] == [(200, 0, 0)]
    assert len(written(figure).inline_shapes) == 0


def test_columns_are_as_wide_as_their_texts_and_numbers_stand_right():
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    rows = [["Description", "Amount"], ["Roof tiles, clay, red", "1,864.00"], ["Net", "12 %"], ["Sum", "€ 9"]]
    shown = written(make_table_block(make_table(rows))).tables[0]
    wide, narrow = (column.w for column in shown._tbl.tblGrid.gridCol_lst)
    assert wide > 2 * narrow
    right = [cell.paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.RIGHT for row in shown.rows for cell in row.cells]
    assert right == [False, False, False, True, False, True, False, True]
    assert all(run.bold for cell in shown.rows[0].cells for run in cell.paragraphs[0].runs)


@pytest.mark.parametrize(
    ("size", "paper"), [((1240, 1754), (8.27, 11.69)), ((850, 1100), (8.5, 11)), ((1754, 1240), (11.69, 8.27))]
)
def test_the_paper_is_that_of_the_original(size, paper):
    section = written(text_block("Body"), width_px=size[0], height_px=size[1]).sections[0]
    assert (section.page_width.inches, section.page_height.inches) == pytest.approx(paper, abs=0.01)
