import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from exports.markdown import to_markdown, to_markdown_page, write
from pipeline.document import Block, BlockKind, Box, Document, Line, Page, Table, TableCell

BOX = Box(0, 0, 100, 20)
SPACES = re.compile(r"\s+")
OUR_TAGS = {"p", "br", "h1", "h2", "h3", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}


def block(text, kind=BlockKind.TEXT, *, level=0, table=None, lines=()):
    return Block("p1-b1", kind, text, BOX, None, lines=lines, table=table, level=level)


def page(*blocks, number=1):
    return Page(number, 600, 800, 72, blocks, "tesseract")


def document(*pages, page_count=None):
    return Document("0" * 32, "scan.png", pages, page_count or len(pages), datetime(2026, 1, 1, tzinfo=UTC))


def render(markdown):
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


def rendered_text(markdown):
    """What a reader of the rendered page sees; any tag that is not one of ours makes the test fail."""
    html = render(markdown)
    assert set(re.findall(r"<(\w+)", html)) <= OUR_TAGS, html
    text = re.sub(r"<!--.*?-->|<[^>]*>", " ", html)
    for name, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(name, character)
    return SPACES.sub(" ", text).strip()


def paragraph_of(*texts):
    """A justified paragraph: all lines but the last are full."""
    widths = [500] * (len(texts) - 1) + [100]
    lines = tuple(
        Line(text, Box(50, 30 * i, 50 + width, 30 * i + 20), None)
        for i, (text, width) in enumerate(zip(texts, widths, strict=True))
    )
    return block("\n".join(texts), lines=lines)


TRICKY = [
    "2 * 3 * 4 = 24",
    "*not emphasis*, **nor this**, _nor this_, __nor__ snake_case_name",
    "# not a heading",
    "#hash and ####### seven",
    "1. not a list",
    "12) nor this",
    "- dash",
    "+ plus",
    "-----",
    "- - -",
    "=====",
    "Total\n=====",
    "Total\n---",
    "> not a quotation",
    "a < b and b > c",
    "<b>not bold</b> <!-- not a comment --> <https://a.example>",
    "Tom & Jerry &amp; &lt; &#35; &nbsp;",
    "`code` ``more`` ```",
    "~~~\nno fence\n~~~",
    "~~not struck~~",
    "a | b | c\n--- | --- | ---\n1 | 2 | 3",
    "[link](http://a.example/x_y) ![image](x.png) [1] [a][b]",
    "[a]: http://a.example",
    "[ ] box",
    "https://example.org/a_b/c_d?x=1&y=2#frag",
    "back\\slash \\* \\\\ C:\\new\\*",
    "    indented",
    "price: $5 and $6, math: $x_1$ and $$y$$",
    "trailing spaces  \nand more",
    "5*4*3*2*1",
    "f(x)*g(x)*",
    "* * *",
    "***",
    "___",
    "שלום *עולם* 1. 中文 **粗体** ١. عربي",
]


@pytest.mark.parametrize("text", TRICKY)
def test_text_renders_back_to_itself(text):
    assert rendered_text(to_markdown_page(page(block(text)))) == SPACES.sub(" ", text).strip()


@pytest.mark.parametrize("text", [text for text in TRICKY if "\n" not in text])
@pytest.mark.parametrize("kind", [BlockKind.TITLE, BlockKind.HEADER, BlockKind.FOOTER])
def test_titles_and_edges_render_back(text, kind):
    markdown = to_markdown_page(page(block(text, kind, level=2)))
    assert rendered_text(markdown) == SPACES.sub(" ", text).strip()
    assert ("<h2>" in render(markdown)) == (kind is BlockKind.TITLE)


@given(st.text(alphabet="*_#<>|`~[](){}!-+=.:&\\$ \n1ab)é中", max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_renders_back(text):
    assert rendered_text(to_markdown_page(page(block(text)))) == SPACES.sub(" ", text).strip()


@given(st.text(alphabet="*_#<>|`~[](){}!-+=.:&\\$ \n1abé中", max_size=20))
@settings(max_examples=150, deadline=None)
def test_any_cell_renders_back(text):
    cells = (TableCell(0, 0, 1, 1, "Name", BOX), TableCell(1, 0, 1, 1, text, BOX))
    table = Table(2, 1, cells, header_row_count=1)
    markdown = to_markdown_page(page(block("", BlockKind.TABLE, table=table)))
    assert rendered_text(markdown) == SPACES.sub(" ", f"Name {text}").strip()


def test_heading_ending_in_hashes_keeps_them():
    assert rendered_text(to_markdown_page(page(block("Learn C #", BlockKind.TITLE, level=1)))) == "Learn C #"


def test_running_text_is_joined_and_divided_words_put_together():
    text = paragraph_of("The corporations of the trans-", "national kind and other cor-", "porations")
    assert to_markdown_page(page(text)) == "The corporations of the transnational kind and other corporations"


def test_hyphens_that_belong_to_the_word_stay():
    first = paragraph_of("a matter of self-", "government for non-", "self matter")
    second = block("self-government")
    assert "self-government for" in to_markdown_page(page(first, second))


def test_halves_that_are_words_of_their_own_keep_the_hyphen():
    text = paragraph_of("the sales manager and the tax office met the sales-", "tax people")
    assert "sales-tax" in to_markdown_page(page(text))


def test_numbers_and_capitals_are_not_joined_as_words():
    text = paragraph_of("pages 10-", "20 of the text by Jean-", "Paul are the last of all in this")
    assert to_markdown_page(page(text)) == "pages 10- 20 of the text by Jean-Paul are the last of all in this"


def test_soft_hyphen_goes():
    assert to_markdown_page(page(paragraph_of("Donau\u00ad", "Dampfschiff"))) == "DonauDampfschiff"


def test_chinese_lines_are_joined_without_a_space():
    assert (
        to_markdown_page(page(paragraph_of("人人生而自由在尊严和权利上", "一律平等")))
        == "人人生而自由在尊严和权利上一律平等"
    )


def test_address_keeps_its_line_breaks():
    lines = tuple(
        Line(text, Box(0, 30 * i, width, 30 * i + 20), None)
        for i, (text, width) in enumerate([("Acme Corp", 90), ("12 High Street, Upper Floor", 270), ("Leeds", 50)])
    )
    markdown = to_markdown_page(page(block("\n".join(line.text for line in lines), lines=lines)))
    assert render(markdown).count("<br") == 2


def test_items_become_a_list_with_nesting():
    blocks = [
        block("• Fruit", BlockKind.LIST, level=1),
        block("1. Apple", BlockKind.LIST, level=2),
        block("2. Pear", BlockKind.LIST, level=2),
        block("• Bread", BlockKind.LIST, level=1),
    ]
    markdown = to_markdown_page(page(*blocks))
    assert markdown == "- Fruit\n  1. Apple\n  2. Pear\n- Bread"
    assert render(markdown).count("<ol>") == 1


def test_numbers_render_as_read_even_out_of_sequence():
    blocks = [block(f"{number}. item", BlockKind.LIST, level=1) for number in (3, 4, 7)]
    html = render(to_markdown_page(page(*blocks)))
    assert html.count("<ol") == 2
    assert 'start="3"' in html
    assert 'start="7"' in html


def test_nested_number_that_is_not_one_stays_a_list():
    blocks = [block("• A", BlockKind.LIST, level=1), block("4. B", BlockKind.LIST, level=2)]
    assert '<ol start="4">' in render(to_markdown_page(page(*blocks)))


def test_whole_list_in_one_block_is_parted():
    assert to_markdown_page(page(block("• one\n• two\nand a half", BlockKind.LIST))) == "- one\n- two and a half"


@pytest.mark.parametrize("text", ["a) first", "١. أول", "① one", "(iv) fourth"])
def test_other_markers_stay_in_the_text(text):
    assert rendered_text(to_markdown_page(page(block(text, BlockKind.LIST, level=1)))) == text


def grid(rows, header=1):
    cells = tuple(TableCell(r, c, 1, 1, text, BOX) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Table(len(rows), len(rows[0]), cells, header)


def test_plain_table_is_a_pipe_table():
    table = grid([["Item", "Price"], ["Tea | Coffee", "2.50\nUSD"]])
    markdown = to_markdown_page(page(block("", BlockKind.TABLE, table=table)))
    assert markdown == "| Item | Price |\n| --- | --- |\n| Tea \\| Coffee | 2.50<br>USD |"
    assert "<td>Tea | Coffee</td>" in render(markdown)


def test_table_without_header_gets_an_empty_one():
    markdown = to_markdown_page(page(block("", BlockKind.TABLE, table=grid([["a", "b"]], header=0))))
    assert markdown.splitlines() == ["|  |  |", "| --- | --- |", "| a | b |"]


def test_merged_cells_become_html():
    cells = (
        TableCell(0, 0, 1, 2, "Q1 <net>", BOX),
        TableCell(1, 0, 1, 1, "a*b*", BOX),
        TableCell(1, 1, 1, 1, "1\n\n2", BOX),
    )
    markdown = to_markdown_page(page(block("", BlockKind.TABLE, table=Table(2, 2, cells, 1))))
    assert '<th colspan="2">Q1 &lt;net&gt;</th>' in markdown
    assert "\n\n" not in markdown
    assert rendered_text(markdown) == "Q1 <net> a*b* 1 2"


def test_an_empty_place_keeps_what_follows_it_in_its_column():
    cells = (
        TableCell(0, 0, 2, 1, "Region", BOX),
        TableCell(0, 1, 1, 2, "Half", BOX),
        TableCell(1, 2, 1, 1, "Q2", BOX),
        TableCell(2, 2, 1, 1, "7", BOX),
    )
    markdown = to_markdown_page(page(block("", BlockKind.TABLE, table=Table(3, 3, cells, 1))))
    rows = [line for line in markdown.splitlines() if line.startswith("<tr>")]
    assert rows == [
        '<tr><th rowspan="2">Region</th><th colspan="2">Half</th></tr>',
        "<tr><td></td><td>Q2</td></tr>",
        "<tr><td></td><td></td><td>7</td></tr>",
    ]


def test_formula_stands_between_dollars():
    assert to_markdown_page(page(block("E = mc^2", BlockKind.FORMULA))) == "$$\nE = mc^2\n$$"


def test_one_page_has_no_marker_and_begins_with_its_title():
    title = block("INVOICE", BlockKind.TITLE, level=1)
    assert to_markdown(document(page(title, block("Acme Corp")))) == "# INVOICE\n\nAcme Corp\n"


def test_pages_after_the_first_are_announced():
    markdown = to_markdown(document(page(block("one")), page(block("two"), number=2), page(number=3)))
    assert markdown == "one\n\n<!-- page 2 -->\n\ntwo\n\n<!-- page 3 -->\n"


def test_streamed_file_is_the_same_text():
    whole = document(page(block("één")), page(block("中文"), number=2))
    target = BytesIO()
    write(whole, target)
    assert target.getvalue().decode() == to_markdown(whole)


def test_empty_document_is_empty():
    assert to_markdown(document(page())) == ""


def test_control_characters_are_dropped():
    assert to_markdown_page(page(block("a\x00b\x0cc\ud800"))) == "abc"
