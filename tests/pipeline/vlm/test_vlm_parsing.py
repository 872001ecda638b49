"""Answers in the shapes that models give them become blocks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import BlockKind, Box
from pipeline.vlm.parsing import ParsedPage, Stop, TokenLogprob, VlmOutput, parse_page
from pipeline.vlm.profiles import PROFILES

GROUNDED = """![header](80,20,400,40) Annual report 2025
![title](113,108,663,123) ## 2.2 Results
![text](112,140,882,198) The **first** year cost \\$5 and brought
a margin of $m_1 = 0.4$.
![text+](112,200,882,230) It goes on.
![list](112,240,882,300) - one
- two
  - deeper
![table](100,310,900,500) Table 1
<table><thead><tr><th colspan="2">Sales</th></tr></thead><tr><td rowspan="2">North</td><td>1<br>2</td></tr>\
<tr><td>3</td></tr></table>
![formula](300,510,700,540) $$E = mc^2$$
![image](100,550,900,800) A bar chart
![code](100,810,900,830) ```python
print(1)
```
![page_number](491,935,505,950) 3"""

SURYA = """<div data-label="Page-Header" data-bbox="50 10 300 30">Annual report</div>
<div data-label="Section-Header" data-bbox="50 50 600 80"><h2>1 &amp; 2: <b>Results</b></h2></div>
<div data-label="Text" data-bbox="50 100 950 200"><p>First line<br/>second <math>x^2</math> &lt;end&gt;</p></div>
<div data-label="List-Group" data-bbox="50 210 950 300"><ol><li>one</li><li>two</li></ol></div>
<div data-label="Table" data-bbox="50 310 950 500"><table><tbody><tr><th>A</th><th>B</th></tr>
<tr><td>1</td><td>2</td></tr></tbody></table></div>
<div data-label="Equation-Block" data-bbox="50 510 950 560"><math display="block">\\int f</math></div>
<div data-label="Image" data-bbox="50 600 950 900"><img alt="A bridge"/></div>
<div data-label="Figure" data-bbox="50 910 950 930"></div>
<div data-label="Page-Footer" data-bbox="480 960 520 980">7</div>"""

DOCTAGS = """<doctag><page_header><loc_40><loc_10><loc_300><loc_20>Annual report</page_header>
<section_header_level_1><loc_40><loc_30><loc_300><loc_40>1 Results</section_header_level_1>
<text><loc_40><loc_50><loc_460><loc_90>Some text.</text>
<ordered_list><list_item><loc_40><loc_100><loc_460><loc_110>one</list_item>
<list_item><loc_40><loc_110><loc_460><loc_120>two</list_item></ordered_list>
<otsl><loc_40><loc_130><loc_460><loc_200><ched>Sales<lcel><nl><fcel>North<fcel>1<nl><ucel><fcel>2<nl></otsl>
<formula><loc_40><loc_210><loc_460><loc_230>E = mc^2</formula>
<picture><loc_40><loc_240><loc_460><loc_400><caption>A bridge</caption></picture>
<code><loc_40><loc_410><loc_460><loc_430><_Python_>print(1)</code>
<page_footer><loc_240><loc_480><loc_260><loc_490>7</page_footer></doctag><|end_of_text|>"""

MARKDOWN = """# Results

A **bold** claim
on two lines.

- one
- two

| A | B |
|---|---|
| 1 | 2 |

<table><tr><td>x</td></tr></table>

$$a_1 + b_2$$

The end."""


def read(profile: str, text: str, stopped: Stop = Stop.END) -> ParsedPage:
    return parse_page(PROFILES[profile], VlmOutput(text, None, stopped), page_number=2, width_px=1000, height_px=2000)


def kinds(page: ParsedPage) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.text) for block in page.blocks]


def test_grounded_markdown():
    page = read("lightonocr", GROUNDED)
    assert kinds(page) == [
        (BlockKind.HEADER, 0, "Annual report 2025"),
        (BlockKind.TITLE, 2, "2.2 Results"),
        (BlockKind.TEXT, 0, "The **first** year cost \\$5 and brought\na margin of $m_1 = 0.4$."),
        (BlockKind.TEXT, 0, "It goes on."),
        (BlockKind.LIST, 1, "- one"),
        (BlockKind.LIST, 1, "- two"),
        (BlockKind.LIST, 2, "- deeper"),
        (BlockKind.TEXT, 0, "Table 1"),
        (BlockKind.TABLE, 0, "Sales\t\nNorth\t1 2\n\t3"),
        (BlockKind.FORMULA, 0, "E = mc^2"),
        (BlockKind.FIGURE, 0, "A bar chart"),
        (BlockKind.TEXT, 0, "print(1)"),
        (BlockKind.FOOTER, 0, "3"),
    ]
    assert [block.id for block in page.blocks[:2]] == ["p2-b1", "p2-b2"]
    assert page.blocks[1].box == Box(113, 216, 663, 246)
    assert page.blocks[0].confidence is None
    assert page.notices == ()


def test_a_grounded_table_has_its_spans():
    table = next(block for block in read("lightonocr", GROUNDED).blocks if block.table).table
    assert (table.row_count, table.column_count, table.header_row_count) == (3, 2, 1)
    spans = {cell.text: (cell.row, cell.column, cell.row_span, cell.column_span) for cell in table.cells}
    assert spans == {"Sales": (0, 0, 1, 2), "North": (1, 0, 2, 1), "1\n2": (1, 1, 1, 1), "3": (2, 1, 1, 1)}


def test_surya_divs():
    page = read("surya", SURYA)
    assert kinds(page) == [
        (BlockKind.HEADER, 0, "Annual report"),
        (BlockKind.TITLE, 2, "1 & 2: Results"),
        (BlockKind.TEXT, 0, "First line\nsecond $x^2$ <end>"),
        (BlockKind.LIST, 1, "1. one"),
        (BlockKind.LIST, 1, "2. two"),
        (BlockKind.TABLE, 0, "A\tB\n1\t2"),
        (BlockKind.FORMULA, 0, "\\int f"),
        (BlockKind.FIGURE, 0, "A bridge"),
        (BlockKind.FIGURE, 0, ""),
        (BlockKind.FOOTER, 0, "7"),
    ]
    assert page.blocks[0].box == Box(50, 20, 300, 60)
    assert page.blocks[3].box == Box(50, 420, 950, 510)
    assert page.blocks[5].table.header_row_count == 1


def test_doctags():
    page = read("granite-docling", DOCTAGS)
    assert kinds(page) == [
        (BlockKind.HEADER, 0, "Annual report"),
        (BlockKind.TITLE, 2, "1 Results"),
        (BlockKind.TEXT, 0, "Some text."),
        (BlockKind.LIST, 1, "1. one"),
        (BlockKind.LIST, 1, "2. two"),
        (BlockKind.TABLE, 0, "Sales\t\nNorth\t1\n\t2"),
        (BlockKind.FORMULA, 0, "E = mc^2"),
        (BlockKind.FIGURE, 0, ""),
        (BlockKind.TEXT, 0, "A bridge"),
        (BlockKind.TEXT, 0, "print(1)"),
        (BlockKind.FOOTER, 0, "7"),
    ]
    assert page.blocks[0].box == Box(80, 40, 600, 80)
    table = page.blocks[5].table
    assert [(cell.row_span, cell.column_span) for cell in table.cells] == [(1, 2), (2, 1), (1, 1), (1, 1)]
    assert table.header_row_count == 1


def test_markdown_without_boxes():
    page = read("paddleocr-vl", MARKDOWN)
    assert kinds(page) == [
        (BlockKind.TITLE, 1, "Results"),
        (BlockKind.TEXT, 0, "A bold claim\non two lines."),
        (BlockKind.LIST, 1, "- one"),
        (BlockKind.LIST, 1, "- two"),
        (BlockKind.TABLE, 0, "A\tB\n1\t2"),
        (BlockKind.TABLE, 0, "x"),
        (BlockKind.FORMULA, 0, "a_1 + b_2"),
        (BlockKind.TEXT, 0, "The end."),
    ]
    assert page.blocks[0].box == Box(0, 0, 1000, 2000)
    assert page.notices == ("This model gives no positions: its blocks point at the whole page.",)


def test_an_otsl_table_alone():
    (block,) = read("paddleocr-vl", "<fcel>a<fcel>b<nl><fcel>c<lcel><nl>").blocks
    assert block.table.to_rows() == [["a", "b"], ["c", ""]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```html\n" + SURYA[: SURYA.index("\n")] + "\n```", "Annual report"),
        ("<think>Let me see.</think>\nJust words.", "Just words."),
        ("Just words.", "Just words."),
        ('<div data-label="Text" data-bbox="1 2 3">no box</div>', "no box"),
    ],
)
def test_an_instruct_model_may_answer_as_it_likes(text, expected):
    assert [block.text for block in read("instruct", text).blocks] == [expected]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("text", [GROUNDED, SURYA, DOCTAGS, MARKDOWN])
def test_any_part_of_any_answer_can_be_read(profile, text):
    for end in range(0, len(text), 7):
        page = read(profile, text[:end], Stop.LENGTH)
        assert page.notices
        assert all("<loc_" not in block.text for block in page.blocks if profile == "granite-docling")


def test_what_was_cut_off_is_kept_as_far_as_it_goes():
    page = read("lightonocr", GROUNDED[: GROUNDED.index("</tr></thead>")] + "<td>half", Stop.TIME)
    assert page.blocks[-1].table.cells[0].text == "Sales"
    page = read("lightonocr", "![text](1,2,3,4) Whole.\n![text](1,2,3", Stop.LENGTH)
    assert [block.text for block in page.blocks] == ["Whole."]


def test_a_loop_is_read_once():
    text = "![text](1,2,300,400) Good.\n" + "![text](5,6,700,800) Again and again.\n" * 60
    page = read("lightonocr", text, Stop.LOOP)
    assert [block.text for block in page.blocks] == ["Good.", "Again and again."]
    assert "repeat" in page.notices[0]


def test_boxes_are_mended():
    text = "![text](900,300,100,100) Swapped\n![text](-50,0,5000,99) Beyond\n![text](1,2,3,4) "
    first, second = read("lightonocr", text).blocks
    assert first.box == Box(100, 200, 900, 600)
    assert second.box == Box(0, 0, 1000, 198)


def test_confidence_is_that_of_the_blocks_own_tokens():
    sure, unsure = "![text](0,0,9,9) sure", "\n![text](0,9,9,19) unsure"
    tokens = (TokenLogprob(sure, 0.0), TokenLogprob(unsure, -1.0))
    output = VlmOutput(sure + unsure, tokens)
    page = parse_page(PROFILES["lightonocr"], output, page_number=1, width_px=10, height_px=10)
    assert page.blocks[0].confidence > 0.9
    assert page.blocks[1].confidence == pytest.approx(0.368, abs=0.01)


PIECES = st.sampled_from(
    [
        "![text](1,2,3,4)", "![", "](", '<div data-label="Table" data-bbox="1 2 3 4">', "</div>", "<table>", "<tr>",
        "<td rowspan=99999 colspan=-1>", "</table>", "<th>", "</tr>", "<ol><li>", "</li>", "</ol>", "<otsl>",
        "<fcel>", "<lcel>", "<ucel>", "<xcel>", "<nl>", "</otsl>", "<loc_9>", "<loc_600>", "<picture>", "$$", "\\[",
        "| a |\n|---|\n| b |", "\n\n", "- ", "```", "<think>", "<![CDATA[", "<!DOCTYPE", "<!--", "<?", "&#0;",
        "&#xD800;", '<math display="block">', "</math>", "\x00", "\r", "\u2028", "é", "<script>", "<h9>", "<title>",
        "`", "**", "<list_item>", "<p>",
    ]
)  # fmt: skip
ANSWERS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=25).map("".join)


@settings(max_examples=250, deadline=None)
@given(text=ANSWERS, profile=st.sampled_from(sorted(PROFILES)), stopped=st.sampled_from(list(Stop)))
def test_nothing_that_a_model_may_say_raises(text, profile, stopped):
    output = VlmOutput(text, (TokenLogprob(text, -0.5),), stopped)
    page = parse_page(PROFILES[profile], output, page_number=1, width_px=70, height_px=50)
    assert len({block.id for block in page.blocks}) == len(page.blocks)
    for block in page.blocks:
        boxes = [block.box, *(cell.box for cell in block.table.cells)] if block.table else [block.box]
        for box in boxes:
            assert 0 <= box.left <= box.right <= 70
            assert 0 <= box.top <= box.bottom <= 50
        if block.table:
            covered = [
                (row, column)
                for cell in block.table.cells
                for row in range(cell.row, cell.row + cell.row_span)
                for column in range(cell.column, cell.column + cell.column_span)
            ]
            assert all(row < block.table.row_count and column < block.table.column_count for row, column in covered)
