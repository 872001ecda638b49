"""Words as browsers print them in scripts whose letters come in pieces."""

from pipeline.document import Box
from pipeline.pdf_file import Rectangle
from pipeline.pdf_lines import to_lines
from pipeline.pdf_text import PdfText, PdfWord


def _line(*words: tuple[str, float, float]) -> PdfText:
    """Text, left and right of words 7 points high, all spaces between them guessed."""
    placed = tuple(PdfWord(text, Rectangle(left, 0, right, 7), 0, True) for text, left, right in words)
    return PdfText((placed,), 1, 0)


def _read(text: PdfText) -> list[str]:
    lines = to_lines(text, lambda area: Box(area.left, area.bottom, area.right, area.top), 0)
    return [line.text for line in lines]


def test_the_advance_of_a_vowel_sign_is_no_space() -> None:
    assert _read(_line(("ची", 0, 6), ("न", 8.7, 13), ("में", 15.7, 22))) == ["चीन में"]


def test_a_space_behind_a_vowel_sign_stays_and_a_danda_is_joined() -> None:
    assert _read(_line(("का", 0, 6), ("था", 11.6, 17), ("।", 22, 24))) == ["का था।"]
