"""One page as the viewer gets it: pieces with their numbers, corrections and doubts."""

from dataclasses import replace

from tests.documents import make_block, make_document, make_line, make_page, make_table, make_table_block
from ui.page_json import count_doubts, to_page_json
from ui.result_tables import draw_tables
from ui.texts import get_texts


def test_pieces_lines_and_corrections() -> None:
    page = make_page(make_block(make_line("one tw0", confidence=0.5), make_line("three", top=80)))
    block = to_page_json(page, {("p1-b1", 1): "two"})["blocks"][0]
    assert block["lines"] == [[0, 1], [2]]
    assert [piece["text"] for piece in block["pieces"]] == ["one", "two", "three"]
    assert block["pieces"][1]["read"] == "tw0"
    assert "read" not in block["pieces"][0]
    assert block["cells"] is None


def test_cells_name_their_words() -> None:
    block = make_table_block(make_table([["Item", "Price"]]))
    lined = replace(block, lines=(make_line("Item", 50), make_line("Price", 155)))
    assert [cell["pieces"] for cell in to_page_json(make_page(lined), {})["blocks"][0]["cells"]] == [[0], [1]]
    plain = to_page_json(make_page(block), {})["blocks"][0]
    assert [piece["text"] for piece in plain["pieces"]] == ["Item", "Price"]
    assert plain["pieces"][0]["confidence"] is None


def test_empty_places_of_a_table_keep_its_columns() -> None:
    table = make_table([["Item", "Type", "Price"], ["Total", "", "7"]])
    block = make_table_block(replace(table, cells=tuple(cell for cell in table.cells if cell.text)))
    cells = to_page_json(make_page(block), {})["blocks"][0]["cells"]
    assert [(cell["row"], cell["text"]) for cell in cells[3:]] == [(1, "Total"), (1, ""), (1, "7")]
    assert 'Total</td><td></td><td dir="auto"' in draw_tables(make_document(make_page(block)), get_texts("en"))


def test_corrected_words_are_no_longer_doubtful() -> None:
    page = make_page(make_block(make_line("one two", confidence=0.5), make_line("sure", top=80, confidence=0.99)))
    assert count_doubts(page, {}) == 2
    assert count_doubts(page, {("p1-b1", 0): "One"}) == 1
