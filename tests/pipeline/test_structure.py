import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Block, BlockKind, Box, Line, Page, Word
from pipeline.line_fragments import split_lines
from pipeline.list_items import find_marker, is_followed_by
from pipeline.page_edges import is_page_number
from pipeline.page_image import PageImage
from pipeline.reading_order import Direction
from pipeline.structure import find_direction, mark_repeated, to_blocks
from pipeline.type_size import measure_type
from tests.pipeline.drawn_pages import DrawnPage, box_line


def read(page, *, with_image=True, number=1):
    return to_blocks(
        page.lines,
        page_number=number,
        width_px=page.width_px,
        height_px=page.height_px,
        image=page.page_image if with_image else None,
    )


def outline(blocks):
    return [(block.kind.value, block.level) for block in blocks]


def letter():
    """A title, two indented paragraphs without space between, a bold heading, a list and a page number."""
    page = DrawnPage()
    page.text(100, 60, "Annual report", size=40)
    first = page.prose(100, 150, 780, 5, indent=30)
    second = page.prose(100, 290, 780, 5, first=3, indent=30)
    page.text(100, 470, "Goods in stock", bold=True)
    third = page.prose(100, 510, 780, 4, first=9)
    page.text(130, 660, "• paper of all kinds")
    page.text(130, 690, "• ink, black and blue")
    page.text(490, 1330, "7")
    return page, (first, second, third)


def test_letter_becomes_what_a_person_sees():
    page, (first, second, third) = letter()
    blocks = read(page)
    assert outline(blocks) == [
        ("title", 1),
        ("text", 0),
        ("text", 0),
        ("title", 3),
        ("text", 0),
        ("list", 1),
        ("list", 1),
        ("footer", 0),
    ]
    assert blocks[1].text == "\n".join(first)
    assert blocks[2].text == "\n".join(second)
    assert blocks[4].text == "\n".join(third)
    assert [block.id for block in blocks] == [f"p1-b{i}" for i in range(1, 9)]
    assert blocks[0].confidence == pytest.approx(0.9)


def test_without_the_picture_paragraphs_are_the_same():
    page, (first, *_) = letter()
    blocks = read(page, with_image=False)
    assert blocks[1].text == "\n".join(first)
    assert blocks[-1].kind is BlockKind.FOOTER


def test_engine_that_gives_words_as_lines():
    page, _ = letter()
    expected = [block.text for block in read(page)]
    page.lines = [Line(word.text, word.box, 0.9, (word,)) for line in page.lines for word in line.words]
    random.Random(3).shuffle(page.lines)
    assert [block.text for block in read(page)] == expected


def test_engine_that_merges_lines_across_columns():
    page = DrawnPage()
    left = page.prose(80, 100, 390, 15)
    right = page.prose(520, 100, 390, 15, first=6)
    apart = page.lines
    page.lines = [
        Line(f"{a.text} {b.text}", a.box.union(b.box), 0.9, (*a.words, *b.words))
        for a, b in zip(apart[:15], apart[15:], strict=True)
    ]
    assert [line for block in read(page) for line in block.text.splitlines()] == left + right


def test_chinese_pieces_of_a_row_are_joined_without_space():
    lines = [box_line("人人生", 100, 100, 160, 120), box_line("而自由", 164, 100, 224, 120)]
    (block,) = to_blocks(lines, page_number=1, width_px=400, height_px=400, image=None)
    assert block.text == "人人生而自由"


def test_arabic_page_reads_columns_and_rows_from_the_right():
    text = "يولد جميع الناس أحرارا متساوين"
    lines = [
        box_line(f"{text} {c}{r}", left, 100 + 30 * r, left + 400, 120 + 30 * r)
        for r in range(9)
        for c, left in ((1, 80), (0, 520))
    ]
    assert find_direction(lines) is Direction.RIGHT_TO_LEFT
    blocks = to_blocks(lines, page_number=1, width_px=1000, height_px=1400, image=None)
    read_lines = [line[-2:] for block in blocks for line in block.text.splitlines()]
    assert read_lines == [f"{c}{r}" for c in range(2) for r in range(9)]


def test_hebrew_row_in_two_pieces_is_joined_in_logical_order():
    lines = [box_line("שלום", 300, 100, 380, 120), box_line("עולם", 210, 100, 290, 120)]
    (block,) = to_blocks(lines, page_number=1, width_px=400, height_px=400, image=None)
    assert block.text == "שלום עולם"


def test_vertical_japanese_page():
    texts = [
        "すべての人間は生まれながらにして",
        "自由でありかつ尊厳と権利とについて",
        "平等である人間は理性と良心とを",
        "授けられており互いに",
    ]
    lines = [box_line(text, 700 - 40 * i, 100, 725 - 40 * i, 100 + 25 * len(text)) for i, text in enumerate(texts)]
    assert find_direction(lines) is Direction.VERTICAL
    blocks = to_blocks(lines[::-1], page_number=1, width_px=800, height_px=800, image=None)
    assert "\n".join(block.text for block in blocks).splitlines() == texts


def test_short_last_line_ends_a_paragraph():
    page = DrawnPage()
    first = page.prose(100, 100, 780, 4)
    second = page.prose(100, 100 + 4 * 28, 780, 4, first=2)
    assert [block.text for block in read(page)] == ["\n".join(first), "\n".join(second)]


def test_one_long_word_on_the_last_line_belongs_to_its_paragraph():
    page = DrawnPage()
    page.text(100, 100, "All people are born free and are to act towards one another with reason")
    page.text(100, 128, "and conscience as has been said before in the spirit of the well known")
    page.text(100, 156, "brotherhood.")
    page.prose(100, 220, 660, 4)
    assert read(page)[0].text.endswith("well known\nbrotherhood.")


def test_address_is_one_block_with_its_lines():
    page = DrawnPage()
    for i, text in enumerate(["Acme Corporation", "12 High Street", "Leeds", "United Kingdom"]):
        page.text(100, 100 + 28 * i, text)
    (block,) = read(page)
    assert block.text == "Acme Corporation\n12 High Street\nLeeds\nUnited Kingdom"


def test_numbered_items_with_wrapped_lines_and_nesting():
    page = DrawnPage()
    page.prose(100, 60, 780, 3)
    for i, (left, text) in enumerate(
        [
            (100, "1. first the paper is cut to size by the"),
            (128, "men at the long table"),
            (100, "2. then it is folded"),
            (140, "a) once along"),
            (140, "b) once across"),
            (100, "3. last it is bound"),
        ]
    ):
        page.text(left, 180 + 30 * i, text)
    blocks = read(page)[1:]
    assert outline(blocks) == [("list", 1), ("list", 1), ("list", 2), ("list", 2), ("list", 1)]
    assert blocks[0].text.count("\n") == 1


def test_a_year_at_the_start_of_a_line_is_no_list():
    page = DrawnPage()
    page.prose(100, 60, 780, 4)
    page.text(100, 60 + 4 * 28 + 30, "1984. a good year")
    assert all(block.kind is BlockKind.TEXT for block in read(page))


def test_no_lines_no_blocks():
    assert to_blocks([], page_number=1, width_px=10, height_px=10, image=None) == ()
    blank = [box_line("  ", 0, 0, 9, 9)]
    assert to_blocks(blank, page_number=1, width_px=10, height_px=10, image=None) == ()


def test_boxes_beyond_the_page_are_clipped():
    line = Line("edge", Box(-5, 2, 120, 30), None, (Word("edge", Box(-5, 2, 120, 30), None),))
    (block,) = to_blocks([line], page_number=1, width_px=100, height_px=100, image=None)
    assert block.box == Box(0, 2, 100, 30)
    assert next(block.words).box == block.box


@st.composite
def scattered_lines(draw):
    lines = []
    for i in range(draw(st.integers(1, 30))):
        left, top = draw(st.integers(0, 40)) * 20, draw(st.integers(0, 60)) * 14
        words, x = [], left
        for k in range(draw(st.integers(0, 5))):
            width = draw(st.integers(1, 8)) * 10
            words.append(Word(f"w{i}.{k}", Box(x, top, x + width, top + 16), 0.5))
            x += width + draw(st.sampled_from([5, 12, 60]))
        box = Box.around(word.box for word in words) if words else Box(left, top, left + 90, top + 16)
        lines.append(Line(" ".join(word.text for word in words) or f"line{i}", box, 0.5, tuple(words)))
    return lines


@given(scattered_lines(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_no_word_is_lost_and_the_order_of_lines_does_not_matter(lines, mixer):
    blocks = to_blocks(lines, page_number=1, width_px=2000, height_px=1000, image=None)
    expected = sorted(word for line in lines for word in line.text.split())
    assert sorted(word for block in blocks for word in block.text.split()) == expected
    mixed = lines.copy()
    mixer.shuffle(mixed)
    again = to_blocks(mixed, page_number=1, width_px=2000, height_px=1000, image=None)
    assert [block.text for block in again] == [block.text for block in blocks]


def test_split_keeps_text_and_spacing():
    words = tuple(Word(t, Box(x, 0, x + 40, 20), 0.8) for t, x in (("Total", 0), ("due:", 50), ("9.45", 400)))
    (a, b) = split_lines([Line("Total  due: 9.45", Box(0, 0, 440, 20), 0.8, words)])
    assert (a.line.text, b.line.text) == ("Total  due:", "9.45")
    assert b.line.box == Box(400, 0, 440, 20)


def test_bold_and_large_type_are_measured():
    page = DrawnPage()
    page.prose(100, 100, 780, 10)
    page.text(100, 500, "Bold words stand here", bold=True)
    page.text(100, 560, "Large words stand here", size=34)
    measures = measure_type(page.lines, page.page_image)
    *body, bold, large = (measures[line.box] for line in page.lines)
    usual = np.median([measure.size for measure in body])
    assert bold.is_bold
    assert not any(measure.is_bold for measure in [*body, large])
    assert 1.4 < large.size / usual < 2.0
    assert max(measure.size for measure in body) < 1.25 * usual


def test_white_on_black_is_measured_too():
    page = DrawnPage()
    page.prose(100, 100, 780, 6)
    inverted = PageImage(1, 255 - page.page_image.pixels, 100)
    assert measure_type(page.lines, inverted) == measure_type(page.lines, page.page_image)


@pytest.mark.parametrize(
    ("text", "value"),
    [("• a", "•"), ("- a", "-"), ("1. a", "1"), ("12) a", "12"), ("(a) b", "a"), ("iv. x", "iv"), ("١. ب", "١"),
     ("一、人", "一"), ("（二）人", "二"), ("① a", "①"), ("а) текст", "а"), ("1、总则", "1")],
)  # fmt: skip
def test_markers(text, value):
    marker = find_marker(text)
    assert marker is not None
    assert marker.value == value


@pytest.mark.parametrize("text", ["", "1984 was", "3.5 kg", "-5 degrees", "a cat", "Dr. Who", "1.5", "•", "e.g. this"])
def test_no_markers(text):
    assert find_marker(text) is None


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("1. a", "2. b", True),
        ("a) x", "b) y", True),
        ("九、x", "十、y", True),
        ("1. a", "3. b", False),
        ("- a", "1. b", False),
    ],
)
def test_followers(first, second, expected):
    marker, following = find_marker(first), find_marker(second)
    assert marker is not None
    assert following is not None
    assert is_followed_by(marker, following) is expected


@pytest.mark.parametrize("text", ["12", "- 3 -", "Page 3 of 10", "iv", "3/10", "第 3 页", "٣", "p. 7", "[ 4 ]"])
def test_page_numbers(text):
    assert is_page_number(text)


@pytest.mark.parametrize("text", ["", "Total 12", "1,234.50", "12 March", "Chapter 3"])
def test_no_page_numbers(text):
    assert not is_page_number(text)


def pages_with(*texts_of_pages):
    """Pages of blocks at the same three places: top edge, middle, bottom edge."""
    tops = (20, 500, 970)
    return [
        Page(
            number,
            800,
            1000,
            72,
            tuple(
                Block(f"p{number}-b{i}", BlockKind.TEXT, text, Box(100, tops[i], 700, tops[i] + 20), None)
                for i, text in enumerate(texts)
                if text
            ),
            "tesseract",
        )
        for number, texts in enumerate(texts_of_pages, start=1)
    ]


def test_what_repeats_at_the_edges_is_header_and_footer():
    pages = mark_repeated(pages_with(*[("Annual report", f"text {n}", f"Acme Ltd, page {n}") for n in range(1, 5)]))
    kinds = [[block.kind for block in page.blocks] for page in pages]
    assert kinds == [[BlockKind.HEADER, BlockKind.TEXT, BlockKind.FOOTER]] * 4


def test_what_stands_at_the_edge_once_stays():
    pages = pages_with(("Letter", "a", ""), ("Dear Sir", "b", ""), ("Yours", "c", ""))
    assert mark_repeated(pages) == tuple(pages)


def test_headers_of_odd_and_even_pages():
    heads = ["Chapter 1", "The book"] * 3
    pages = mark_repeated(pages_with(*[(head, f"text {n}", "") for n, head in enumerate(heads)]))
    assert all(page.blocks[0].kind is BlockKind.HEADER for page in pages)


def test_single_page_has_nothing_that_repeats():
    pages = pages_with(("Report", "Report", "Report"))
    assert mark_repeated(pages) == tuple(pages)


@pytest.mark.parametrize("size", [20, 24, 26])
@pytest.mark.parametrize("text", ["Please pay within 30 days of receipt.", "Thank you for your visit to us,"])
def test_a_bold_sentence_is_no_heading(size, text):
    page = DrawnPage()
    page.text(100, 60, "Invoice", size=40)
    page.prose(100, 150, 780, 6)
    page.text(100, 370, text, bold=True, size=size)
    page.prose(100, 450, 780, 6, first=7)
    blocks = read(page)
    assert [block.text for block in blocks if block.kind is BlockKind.TITLE] == ["Invoice"]


def test_entries_of_contents_are_no_headings():
    page = DrawnPage()
    page.text(100, 60, "Contents", size=40)
    for row, name in enumerate(("Introduction", "Sampling", "Results", "References")):
        page.text(100, 150 + 60 * row, f"{name} ......... {3 + 7 * row}", size=26, bold=row == 2)
    page.prose(100, 500, 780, 8)
    blocks = read(page)
    assert [block.text for block in blocks if block.kind is BlockKind.TITLE] == ["Contents"]
    assert "Sampling ... 10" in "\n".join(block.text for block in blocks)
