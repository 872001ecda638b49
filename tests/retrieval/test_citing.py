"""Places, quotes and what is shown of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Box
from retrieval.citing import cite, locate, mark_page, neutralise, numbers_in
from tests.retrieval.papers import LEASE, make_lined_page, make_page

LINES = ("The monthly rent is $1,250.00,", "payable in advance on the", "first working day.")


def test_boxes_follow_the_words_line_by_line() -> None:
    page = make_lined_page(LINES)
    start = page.text.index("rent is")
    end = page.text.index("in advance")
    place = cite("d", page, start, end)
    assert place.snippet == page.text[start:end]
    assert place.boxes == (Box(120, 0, 300, 20), Box(0, 20, 70, 40))
    assert place.box == Box(0, 0, 300, 40)
    assert place.block_ids == ("p1-b1",)


def test_a_page_without_lines_gives_the_block() -> None:
    assert cite("d", make_page(1, LEASE[0]), 0, 10).boxes == (Box(0, 0, 500, 700),)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("monthly rent is $1,250.00", "monthly rent is $1,250.00"),
        ("MONTHLY  RENT\nis $1,250.00", "monthly rent is $1,250.00"),
        ("monthly rent 1s $1,250.00, payable in advance", None),  # a digit that the page does not have
        ("the mouthly rent is $1,250.00, payable", "The monthly rent is $1,250.00, payable"),
        ("monthly rent is $1,350.00", None),
        ("the city pays for all repairs of the roof", None),
        ("rent", "rent"),
        ("ren", "rent"),
        ("zebra", None),
        ("", None),
        ("a", None),
    ],
)
def test_quotes_are_found_as_the_page_says_them(quote: str, found: str | None) -> None:
    place = locate(quote, LEASE[0])
    if found is None:
        assert place is None
    else:
        assert place is not None
        assert found in LEASE[0][place[0] : place[1]]


@given(st.integers(0, 30), st.integers(3, 20))
def test_every_true_quote_is_found(first: int, count: int) -> None:
    words = LEASE[0].split(" ")
    quote = " ".join(words[first : first + count])
    place = locate(quote, LEASE[0])
    assert place is not None
    assert quote in LEASE[0][place[0] : place[1]]


def test_part_of_a_number_is_no_quote() -> None:
    assert locate("250.00, payable in advance", LEASE[0]) is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,234.50 and 1.234,5", {"1234.5"}),
        ("12,345,678", {"12345678"}),
        ("٣ و ١٢", {"3", "12"}),
        ("2024-03-07", {"2024", "3", "7"}),
        ("1.5 or 15", {"1.5", "15"}),
        ("no number", set()),
        ("007", {"7"}),
    ],
)
def test_numbers_are_compared_by_value(text: str, numbers: set[str]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a [link](http://x) b", "a [link] (http://x) b"),
        ("![i](http://x)", "! [i] (http://x)"),
        ("<script>x</script>", "< script>x< /script>"),
        ("5 < 6", "5 < 6"),
        ("a\u200bb\u202ec\U000e0041d", "abcd"),
        ("see (p. 7) and [Page 12]", "see p. 7 and p. 12"),
        ("line\none\t two", "line one two"),
        ("家賃は月額\n十二万円", "家賃は月額十二万円"),
        ("نویسه\u200cها", "نویسه\u200cها"),
        ("`code`", "'code'"),
    ],
)
def test_text_is_made_harmless(text: str, shown: str) -> None:
    assert neutralise(text) == shown


def test_page_marks() -> None:
    assert mark_page("x", 3) == "x (p. 3)"
    assert mark_page("x", 3, document_name="a.pdf") == "x (a.pdf, p. 3)"
