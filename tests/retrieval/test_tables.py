"""A table's row is one thing to quote; only the cells that are asked for are marked."""

from pipeline.document import Block, BlockKind, Box, Page, Table, TableCell
from retrieval.chunking import split_page
from retrieval.citing import cite
from retrieval.tables import choose_cells, describe_row, find_headings, find_row

ROWS = (("Month", "Harbour", "Ridge"), ("March", "48.7", "73.5"), ("April", "39.4", "61.0"))


def make_table(rows: tuple[tuple[str, ...], ...] = ROWS) -> Block:
    """Cells 100 px wide and 20 px high."""
    cells = tuple(
        TableCell(row, column, 1, 1, text, Box(column * 100, row * 20, column * 100 + 100, row * 20 + 20))
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    text = "\n".join("\t".join(row) for row in rows)
    box = Box(0, 0, 100 * len(rows[0]), 20 * len(rows))
    return Block("p1-b2", BlockKind.TABLE, text, box, 0.9, (), Table(len(rows), len(rows[0]), cells))


def make_page(table: Block) -> Page:
    title = Block("p1-b1", BlockKind.TITLE, "Rainfall", Box(0, 0, 300, 20), 0.9)
    return Page(1, 500, 700, 72, (title, table), "test")


def test_a_row_is_marked_not_the_table() -> None:
    page = make_page(make_table())
    start = page.text.index("March")
    assert cite("d", page, start, start + len("March\t48.7\t73.5")).boxes == (Box(0, 20, 300, 40),)
    value = page.text.index("73.5")
    assert cite("d", page, value, value + 4).boxes == (Box(200, 20, 300, 40),)


def test_rows_know_the_names_of_their_columns() -> None:
    title, headings, march, _ = split_page(make_page(make_table()))
    assert title.is_title
    assert headings.is_heading
    assert march.text == "March\t48.7\t73.5"
    assert march.headings == "Month Harbour Ridge"


def test_a_first_row_with_numbers_names_nothing() -> None:
    assert find_headings(make_table(ROWS[1:])) == {}
    assert find_headings(make_table((("a", "b"), ("c", "d"), ("e", "f")))) == {}


def test_the_column_that_is_asked_for_is_told() -> None:
    page = make_page(make_table())
    start = page.text.index("March")
    row = find_row(page, start, start + len("March\t48.7\t73.5"))
    assert row is not None
    assert describe_row(row, choose_cells(row, "How much rain fell at Ridge in March?")) == "“March” · Ridge: “73.5”"
    assert describe_row(row, choose_cells(row, "And in March?")) == "“March” · Harbour: “48.7” · Ridge: “73.5”"


def test_what_is_more_or_less_than_a_row_is_no_row() -> None:
    page = make_page(make_table())
    assert find_row(page, 0, 8) is None
    assert find_row(page, page.text.index("Month"), len(page.text)) is None
