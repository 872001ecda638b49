import pytest

from pipeline.document import Box, Line, Word
from pipeline.figures import correct_column, correct_figures

BOX = Box(0, 0, 1, 1)


def corrected(*texts):
    lines = [Line(text, BOX, 0.9, tuple(Word(part, BOX, 0.9) for part in text.split())) for text in texts]
    found = correct_figures(lines)
    assert [" ".join(word.text for word in line.words) for line in found] == [line.text for line in found]
    return [line.text for line in found]


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (["4.138.79 kg", "62.43", "15.10"], ["4,138.79 kg", "62.43", "15.10"]),
        (["4.138.79", "62,43", "15,10"], ["4.138,79", "62,43", "15,10"]),
        (["351,.787", "2,918", "92,217"], ["351,787", "2,918", "92,217"]),
        (["2.217", "351,787", "2,918"], ["2,217", "351,787", "2,918"]),
    ],
)
def test_signs_follow_those_of_the_other_figures(read, meant):
    assert corrected(*read) == meant


@pytest.mark.parametrize(
    "texts",
    [
        ["4.138.79"],
        ["2.217", "1,250"],
        ["2.217", "1,250", "1,300", "62.43"],
        ["on 21.11.2026 at 10.30", "62.43", "1.10"],
        ["version 1.22.333", "62.43", "15.10"],
        ["Tel. 2290.117.44"],
        ["1.250,00", "2.217", "31,10"],
    ],
)
def test_what_may_be_right_stays(texts):
    assert corrected(*texts) == texts


def test_letters_in_a_column_of_figures_are_digits():
    assert correct_column(["15", "ЗІ", "21", "З", "18", "", "lO"]) == ["15", "31", "21", "3", "18", "", "10"]
    assert correct_column(["4.50", "S.10", "2.00", "3.20", "ו.05"]) == ["4.50", "5.10", "2.00", "3.20", "1.05"]


def test_letters_among_words_and_few_figures_stay():
    for column in (["15", "So", "Mo"], ["oil", "So", "12", "3", "4"], ["1", "2", "З", "Сок", "Вода", "Лес"]):
        assert correct_column(column) == column
