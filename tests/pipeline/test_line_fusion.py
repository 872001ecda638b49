from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Box, Line, Word
from pipeline.line_fusion import drop_covered, drop_known_words, keep_better


def line(text, left, top, right, confidence):
    return Line(text, Box(left, top, right, top + 20), confidence)


def test_the_better_of_each_line_is_kept():
    first = [line("good", 0, 0, 100, 0.9), line("p00r", 0, 30, 100, 0.4)]
    second = [line("g00d", 2, 1, 99, 0.5), line("poor", 1, 31, 101, 0.8)]
    assert [kept.text for kept in keep_better(first, second)] == ["good", "poor"]


def test_lines_that_only_one_reading_has_are_kept_if_believable():
    first, second = [line("above", 0, 0, 100, 0.3)], [line("below", 0, 200, 100, 0.7)]
    assert [kept.text for kept in keep_better(first, second)] == ["above", "below"]
    assert keep_better([], second) == tuple(second)
    assert keep_better(first, []) == tuple(first)
    assert keep_better(first, [line("stain", 0, 200, 100, 0.4)]) == tuple(first)


def test_a_line_in_two_parts_is_replaced_whole_or_not_at_all():
    whole = line("Total 28.50", 0, 0, 300, 0.6)
    parts = [line("Total", 0, 0, 80, 0.9), line("28.50", 220, 1, 300, 0.9)]
    assert [kept.text for kept in keep_better([whole], parts)] == ["Total", "28.50"]
    assert [kept.text for kept in keep_better(parts, [whole])] == ["Total", "28.50"]


LINES = st.lists(
    st.builds(
        line,
        st.text("abc", min_size=1, max_size=5),
        st.integers(0, 200),
        st.integers(0, 100),
        st.integers(210, 400),
        st.floats(0, 1),
    ),
    max_size=6,
)


@given(LINES, LINES)
def test_nothing_is_invented(first, second):
    kept = keep_better(first, second)
    assert all(one in first or one in second for one in kept)
    assert kept or not first


def worded(*words, top=0):
    """A line of (text, left, right)."""
    parts = tuple(Word(text, Box(left, top, right, top + 20), 0.9) for text, left, right in words)
    return Line(" ".join(text for text, _, _ in words), Box.around(word.box for word in parts), 0.9, parts)


def test_words_that_are_known_are_not_read_twice():
    known = [worded(("Figure", 0, 60), ("3", 70, 80))]
    found = [
        worded(("Figure", 1, 59), ("3", 70, 81), ("Rainfall", 100, 180)),
        worded(("Figure", 2, 60)),
        worded(("mm", 300, 330), top=200),
        line("Figure 3", 0, 1, 82, 0.9),
        line("Berlin", 0, 300, 80, 0.9),
    ]
    assert [kept.text for kept in drop_known_words(found, known)] == ["Rainfall", "mm", "Berlin"]
    assert drop_known_words(found, []) == tuple(found)


def test_parts_of_a_line_that_was_read_anew_as_a_whole_go():
    part, other = Line("ende", Box(300, 0, 400, 20), 0.9), Line("unten", Box(0, 40, 100, 60), 0.9)
    whole = Line("vom anfang bis zum ende", Box(0, 2, 405, 24), 0.9)
    assert drop_covered([part, other], [whole]) == (other,)
    assert drop_covered([whole], [part]) == (whole,)
