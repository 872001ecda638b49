import numpy as np
import pytest

from pipeline.cell_texts import guess_header_rows, is_number
from pipeline.document import BlockKind, Box, Line
from pipeline.page_image import PageImage
from pipeline.ruled_tables import find_grids
from pipeline.rules import Rules, find_rules
from pipeline.structure import to_blocks
from tests.pipeline.drawn_pages import DrawnPage, box_line

ROWS = [
    ["Item", "Quantity", "Unit price", "Amount"],
    ["Paper A4", "10", "4.50", "45.00"],
    ["Ink cartridge black", "2", "19.90", "39.80"],
    ["Desk lamp", "3", "25.00", "75.00"],
    ["Total", "15", "", "159.80"],
]
EDGES = [100, 420, 560, 700, 860]
STEP = 44


def table_page(rows=ROWS, *, step=STEP):
    """Text above, the cells' texts from y = 300, text below; no rules yet."""
    page = DrawnPage()
    page.prose(100, 100, 780, 5)
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if not text:
                continue
            if c == 0:
                page.text(EDGES[0] + 10, 300 + r * step + 10, text)
            else:
                page.text_ending(EDGES[c + 1] - 10, 300 + r * step + 10, text)
    page.prose(100, 300 + len(rows) * step + 60, 780, 6)
    return page


def add_rules(page, rows=ROWS, *, horizontal=range(99), vertical=range(99), step=STEP, width=2):
    bottom = 300 + len(rows) * step
    for r in range(len(rows) + 1):
        if r in horizontal:
            page.rule(EDGES[0], 300 + r * step, EDGES[-1], 300 + r * step, width=width)
    for c, x in enumerate(EDGES):
        if c in vertical:
            page.rule(x, 300, x, bottom, width=width)


def read(page, *, lines=None):
    image = page.page_image
    return to_blocks(
        page.lines if lines is None else lines,
        page_number=1,
        width_px=image.width_px,
        height_px=image.height_px,
        image=image,
    )


def tables(blocks):
    return [block for block in blocks if block.kind is BlockKind.TABLE]


def only_table(blocks):
    (block,) = tables(blocks)
    return block


def test_ruled_table_with_its_cells():
    page = table_page()
    add_rules(page)
    blocks = read(page)
    block = only_table(blocks)
    assert block.table.to_rows() == ROWS
    assert block.table.header_row_count == 1
    assert block.text.splitlines()[1] == "Paper A4\t10\t4.50\t45.00"
    cell = next(cell for cell in block.table.cells if cell.text == "19.90")
    assert abs(cell.box.left - EDGES[2]) < 6
    assert abs(cell.box.bottom - (300 + 3 * STEP)) < 6
    assert [b.kind for b in blocks] == [BlockKind.TEXT, BlockKind.TABLE, BlockKind.TEXT]


@pytest.mark.parametrize(
    "rules",
    [
        {"vertical": ()},
        {"vertical": (), "horizontal": (0, 1, 5)},
        {"vertical": (1, 2, 3)},
        {"horizontal": (0, 1, 5)},
        {"horizontal": (), "vertical": ()},
        {"width": 1},
    ],
    ids=["rows ruled", "three rules", "open sides", "ruled columns", "no rules", "hairlines"],
)
def test_tables_with_fewer_rules(rules):
    page = table_page()
    add_rules(page, **rules)
    assert only_table(read(page)).table.to_rows() == ROWS


def test_a_small_preview_shows_the_rules_too():
    page = table_page()
    add_rules(page, vertical=(0, 1, 4))
    preview = np.asarray(page.image.resize((620, 868)))
    image = PageImage(1, preview, 60)
    blocks = to_blocks(page.lines, page_number=1, width_px=1000, height_px=1400, image=image)
    cells = only_table(blocks).table.cells
    assert {cell.text for cell in cells if cell.column == 0} == {row[0] for row in ROWS}
    assert abs(cells[0].box.right - EDGES[1]) < 6


def test_wordless_lines_are_enough():
    page = table_page()
    add_rules(page)
    lines = [Line(line.text, line.box, None) for line in page.lines]
    block = only_table(read(page, lines=lines))
    assert block.table.to_rows() == ROWS
    assert block.confidence is None


def test_line_that_runs_across_cells_is_cut_between_its_words():
    page = table_page()
    add_rules(page)
    row = [line for line in page.lines if 300 + STEP < line.box.top < 300 + 2 * STEP]
    whole = Line(
        " ".join(line.text for line in row),
        Box.around(line.box for line in row),
        0.9,
        tuple(word for line in row for word in line.words),
    )
    lines = [line for line in page.lines if line not in row] + [whole]
    assert only_table(read(page, lines=lines)).table.to_rows() == ROWS


def test_every_word_in_exactly_one_block():
    page = table_page()
    add_rules(page)
    words = [word for block in read(page) for word in block.words]
    assert sorted(words, key=repr) == sorted((w for line in page.lines for w in line.words), key=repr)


def test_merged_cells():
    page = DrawnPage()
    grid = [["Region", "2023", "", "2024"], ["", "Q1", "Q2", "Q1"], ["North", "10", "20", "30"]]
    xs = [100, 300, 450, 600, 750]
    for r, row in enumerate(grid):
        for c, text in enumerate(row):
            if text:
                page.text(xs[c] + 10, 210 + 50 * r, text)
    for y in (200, 300, 350):
        page.rule(100, y, 750, y)
    page.rule(300, 250, 750, 250)
    for c, x in enumerate(xs):
        page.rule(x, 250 if c == 2 else 200, x, 350)
    table = only_table(read(page)).table
    spans = {cell.text: (cell.row_span, cell.column_span) for cell in table.cells if cell.text}
    assert spans["Region"] == (2, 1)
    assert spans["2023"] == (1, 2)
    assert table.to_rows() == grid
    assert table.header_row_count == 2


def test_several_rows_between_two_rules_are_told_apart_by_their_figures():
    page = table_page()
    add_rules(page, horizontal=(0, 1, 5))
    assert only_table(read(page)).table.row_count == len(ROWS)


def test_wrapped_cell_is_one_cell():
    rows = [["Name", "Note", "Price", "Tax"], ["Pen", "blue", "1.00", "0.20"], ["Ink", "black", "2.00", "0.40"]]
    page = table_page(rows, step=70)
    page.text(EDGES[0] + 10, 300 + 70 + 10 + 26, "fine point")
    add_rules(page, rows, step=70)
    assert only_table(read(page)).table.to_rows()[1] == ["Pen\nfine point", "blue", "1.00", "0.20"]


def test_names_of_columns_above_the_first_rule_belong_to_the_table():
    page = table_page()
    add_rules(page, vertical=(), horizontal=(1, 2, 3, 4, 5))
    assert only_table(read(page)).table.to_rows() == ROWS


@pytest.mark.parametrize("vertical", [range(99), ()], ids=["ruled", "rows ruled"])
def test_a_dark_bar_without_upright_rules_names_the_columns(vertical):
    page = table_page()
    for c, x in enumerate(EDGES):
        if c in vertical:
            page.rule(x, 300 + STEP, x, 300 + len(ROWS) * STEP)
    for x in (EDGES[0], EDGES[-1]) if vertical else ():
        page.rule(x, 300, x, 300 + STEP)
    add_rules(page, vertical=())
    assert only_table(read(page)).table.to_rows() == ROWS


def test_a_title_above_a_table_that_is_nearly_all_of_the_page():
    page = DrawnPage()
    page.text(100, 100, "Statement of account", size=34)
    for r, row in enumerate(ROWS):
        for c, text in enumerate(row):
            page.text(EDGES[c] + 10, 310 + r * STEP, text)
    add_rules(page)
    assert [block.kind for block in read(page)] == [BlockKind.TITLE, BlockKind.TABLE]


def test_a_title_over_the_whole_table_stays_one_cell():
    rows = [["", "", "", ""], *ROWS[1:]]
    page = table_page(rows)
    page.text(EDGES[0] + 60, 310, "Everything that the office bought in the spring of last year")
    for x in EDGES:
        page.rule(x, 300 + STEP, x, 300 + len(rows) * STEP)
    for x in (EDGES[0], EDGES[-1]):
        page.rule(x, 300, x, 300 + STEP)
    add_rules(page, rows, vertical=())
    first = only_table(read(page)).table.cells[0]
    assert (first.column_span, first.text) == (4, "Everything that the office bought in the spring of last year")


def test_entries_of_several_lines_and_sparse_columns_of_figures():
    page = DrawnPage()
    entries = [
        ("02.01.", ["Opening", "balance"], "", "4,210.55"),
        ("03.01.", ["Card", "payment", "Bakery"], "", "4,203.75"),
        ("05.01.", ["Salary", "Nordwind", "Ltd"], "2,950.00", "7,153.75"),
        ("07.01.", ["Rent"], "", "6,033.75"),
        ("09.01.", ["Standing", "order gym"], "", "6,003.85"),
        ("12.01.", ["Refund", "shoes"], "74.95", "6,078.80"),
    ]
    y = 100
    for x, text in ((100, "Date"), (250, "Text"), (480, "Credit"), (680, "Balance")):
        page.text(x, y, text)
    y += 44
    for date, texts, credit, balance in entries:
        page.text(100, y, date)
        page.text(680, y, balance)
        if credit:
            page.text(480, y, credit)
        for text in texts:
            page.text(250, y, text)
            y += 34
        y += 10
    expected = [[date, "\n".join(texts), credit, balance] for date, texts, credit, balance in entries]
    assert only_table(read(page)).table.to_rows() == [["Date", "Text", "Credit", "Balance"], *expected]


def test_strokes_of_letters_are_no_rules():
    page = table_page()
    add_rules(page)
    for line in page.lines:
        if line.text == "Ink cartridge black":  # as Devanagari hangs from a stroke
            page.rule(line.box.left, line.box.top, line.box.right, line.box.top)
    assert only_table(read(page)).table.to_rows() == ROWS


def test_right_to_left_table_begins_with_its_right_column():
    page = DrawnPage()
    texts = [["السعر", "الكمية", "الصنف"], ["4.50", "10", "ورق"], ["2.00", "3", "قلم رصاص"]]
    xs = [100, 300, 500, 800]
    lines = [
        box_line(text, xs[c] + 40, 212 + 50 * r, xs[c] + 120, 236 + 50 * r)
        for r, row in enumerate(texts)
        for c, text in enumerate(row)
    ]
    for y in (200, 250, 300, 350):
        page.rule(100, y, 800, y)
    for x in xs:
        page.rule(x, 200, x, 350)
    assert only_table(read(page, lines=lines)).table.to_rows() == [row[::-1] for row in texts]


@pytest.mark.parametrize("has_rules", [False, True])
def test_right_to_left_table_without_upright_rules_begins_with_its_right_column(has_rules):
    page = DrawnPage()
    texts = [["السعر", "الكمية", "الصنف"], ["4.50", "10", "ورق"], ["2.00", "3", "قلم رصاص"], ["7.25", "12", "دفتر"]]
    lines = [
        box_line(text, 140 + 250 * c, 212 + 50 * r, 220 + 250 * c, 236 + 50 * r)
        for r, row in enumerate(texts)
        for c, text in enumerate(row)
    ]
    for y in (200, 250, 300, 350, 400) if has_rules else ():
        page.rule(100, y, 800, y)
    assert only_table(read(page, lines=lines)).table.to_rows() == [row[::-1] for row in texts]


def test_table_of_words_only():
    page = DrawnPage()
    rows = [["Name", "City", "Occupation"], ["Ada Lovelace", "London", "Mathematician"]]
    rows += [["Alan Turing", "Manchester", "Computer scientist"], ["Grace Hopper", "New York", "Rear admiral"]]
    page.prose(100, 60, 780, 6)
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            page.text(100 + 300 * c, 300 + 34 * r, text)
    page.prose(100, 500, 780, 6)
    assert only_table(read(page)).table.to_rows() == rows


def test_two_columns_of_prose_are_no_table():
    page = DrawnPage()
    page.prose(100, 100, 380, 25)
    page.prose(520, 100, 380, 25, first=7)
    assert tables(read(page)) == []


def test_three_columns_of_prose_are_no_table():
    page = DrawnPage()
    for c in range(3):
        page.prose(60 + 310 * c, 100, 280, 25, first=5 * c)
    assert tables(read(page)) == []


def test_receipt_is_no_table_and_keeps_its_rows():
    page = DrawnPage(500, 800)
    goods = [
        ("Milk 1L", "1.20"),
        ("Bread wholemeal", "2.35"),
        ("Butter", "3.10"),
        ("Apples", "2.80"),
        ("TOTAL", "9.45"),
    ]
    page.text(150, 40, "CORNER SHOP")
    for i, (name, price) in enumerate(goods):
        page.text(30, 120 + 34 * i, name)
        page.text_ending(460, 120 + 34 * i, price)
    blocks = read(page)
    assert tables(blocks) == []
    text = "\n".join(block.text for block in blocks)
    assert text.splitlines()[1:] == [f"{name} {price}" for name, price in goods]


def test_frame_around_text_is_no_table():
    page = DrawnPage()
    page.prose(100, 100, 780, 14)
    for left, top, right, bottom in ((80, 80, 900, 80), (80, 520, 900, 520), (80, 80, 80, 520), (900, 80, 900, 520)):
        page.rule(left, top, right, bottom)
    assert tables(read(page)) == []


def test_ruled_columns_of_text_are_no_table():
    page = DrawnPage()
    page.text(100, 60, "Morning")
    page.text(520, 60, "Evening")
    page.prose(100, 110, 380, 20)
    page.prose(520, 110, 380, 20, first=9)
    for y in (50, 95, 720):
        page.rule(80, y, 920, y)
    for x in (80, 500, 920):
        page.rule(x, 50, x, 720)
    assert tables(read(page)) == []


def test_contents_are_no_table():
    page = DrawnPage()
    for i, title in enumerate(["Introduction", "Method", "Results and discussion", "Outlook", "Appendix"]):
        page.text(100, 160 + i * 40, title)
        page.text_ending(880, 160 + i * 40, str(3 + i * 7))
    assert tables(read(page)) == []


def test_underlined_words_and_signature_lines_are_no_table():
    page = DrawnPage()
    page.prose(100, 100, 780, 8)
    for y in (500, 600, 700):
        page.rule(100, y, 500, y)
        page.text(100, y + 8, "Signature")
    assert tables(read(page)) == []


def test_table_inside_one_of_two_columns():
    page = DrawnPage()
    page.prose(60, 100, 400, 28)
    rows = [["Year", "Sales", "Cost"], ["2021", "100", "80"], ["2022", "120", "90"], ["2023", "90", "85"]]
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            page.text_ending(620 + 130 * c, 100 + r * 32, text)
    page.prose(520, 260, 400, 20)
    block = only_table(read(page))
    assert block.table.to_rows() == rows


def test_rules_are_found_on_grey_and_noise():
    page = table_page()
    add_rules(page, width=1)
    pixels = 255 - (255 - np.asarray(page.image).astype(float)) * 0.4
    noisy = np.clip(pixels + np.random.default_rng(0).normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
    image = page.page_image
    rules = find_rules(type(image)(1, noisy, 100), 20)
    (grid,) = find_grids(rules, 20)
    assert (len(grid.xs), len(grid.ys)) == (5, 6)


def test_no_rules_no_grid():
    assert find_grids(Rules(), 20) == ()
    assert find_grids(Rules((Box(0, 0, 100, 2),), ()), 20) == ()


@pytest.mark.parametrize("text", ["1", "1,234.50", "€ 12", "12 %", "25/12/2018", "-0.5", "٣٫٥", "10 kg", "(5)", "$5"])
def test_figures(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "a", "Q1", "Paper A4", "No. 2 Street", "+"])
def test_no_figures(text):
    assert not is_number(text)


def test_header_is_guessed_from_figures():
    assert guess_header_rows([["", "Sales"], ["2020", "1"]]) == 1
    assert guess_header_rows([["2019", "3"], ["2020", "1"]]) == 0
    assert guess_header_rows([["a", "b"]]) == 0


def test_vertical_pages_keep_their_lines():
    lines = [box_line("人人生而自由在尊严和权利", 800 - i * 40, 100, 825 - i * 40, 500) for i in range(8)]
    blocks = to_blocks(lines, page_number=1, width_px=1000, height_px=1400, image=DrawnPage().page_image)
    assert tables(blocks) == []
    assert [line.box.left for block in blocks for line in block.lines] == [800 - i * 40 for i in range(8)]
