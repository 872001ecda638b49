import numpy as np
import pytest

from pipeline.document import Box, Line, Word
from pipeline.second_look import look_again, needs_look

PIXELS = np.full((200, 600, 3), 255, np.uint8)


def line(*words, gap=40):
    """Words (text, confidence) of 20 pixels a letter."""
    placed, x = [], 10
    for text, confidence in words:
        placed.append(Word(text, Box(x, 50, x + 20 * len(text), 80), confidence))
        x += 20 * len(text) + gap
    return Line(" ".join(w.text for w in placed), Box.around(w.box for w in placed), 0.8, tuple(placed))


def look(one, text, confidence=0.99):
    seen = []

    def read_crop(pixels):
        seen.append(pixels.shape)
        return Line(text, Box(0, 0, 9, 9), confidence) if text else None

    (looked,) = look_again([one], PIXELS, read_crop)
    return looked, seen


def test_a_doubtful_word_is_read_anew_and_the_others_are_not():
    looked, seen = look(line(("vaT", 0.2), ("1.74", 0.9)), "VAT")
    assert looked.text == "VAT 1.74"
    assert [word.text for word in looked.words] == ["VAT", "1.74"]
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("before", "after", "confidence"),
    [
        ("Město", "Mesto", 0.99),  # accents that the other reader doesn't know
        ("Harbour", "Harbuor", 0.8),  # not certain
        ("Harbour", "x", 0.99),  # another word
        ("Harbour", "Har bour", 0.99),
        ("Muller", "Mullér", 0.99),
        ("Harbour", "", 0.0),
    ],
)
def test_what_is_no_better_is_left(before, after, confidence):
    assert look(line((before, 0.3)), after, confidence)[0].text == before


def test_a_lost_point_comes_back_where_it_is_seen():
    looked, _ = look(line(("Cash", 0.9), ("30", 0.95), ("00", 0.91), gap=14), "30.00")
    assert looked.text == "Cash 30.00"
    assert looked.words[1].box.right == looked.box.right
    assert [word.text for word in looked.words] == ["Cash", "30.00"]


@pytest.mark.parametrize("seen", ["30 00", "3000", "30.08", ""])
def test_a_point_is_never_guessed(seen):
    assert look(line(("30", 0.95), ("00", 0.91), gap=14), seen)[0].text == "30 00"


def test_figures_far_apart_are_two():
    one = line(("30", 0.95), ("00", 0.91), gap=60)
    assert not needs_look([one])
    assert look(one, "30.00")[0].text == "30 00"


def test_a_page_read_without_doubt_needs_no_look():
    assert not needs_look([line(("Harbour", 0.9), ("Street", 0.8)), line(("—", 0.1))])
    assert needs_look([line(("Harbour", 0.3))])
    assert needs_look([line(("30", 0.95), ("00", 0.91), gap=14)])


def test_only_the_most_doubtful_words_of_a_page_are_looked_at():
    lines = [line((f"w{i}x", 0.1 + i / 100)) for i in range(20)]
    texts = []

    def read_crop(_pixels):
        texts.append(1)

    look_again(lines, PIXELS, read_crop)
    assert len(texts) == 12
