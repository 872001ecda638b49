import numpy as np
import pytest

from pipeline.document import Box, Line
from pipeline.languages import SCRIPTS
from pipeline.letters import letter_share, script_of_text, tell_han_apart
from pipeline.prepare import to_grey
from pipeline.script_vote import sample_lines, vote
from tests.pipeline.drawn_pages import DrawnPage

BOX = Box(0, 0, 10, 10)
SAMPLE = np.full((40, 200), 255, np.uint8)


def reader(readings):
    """A reader that knows what each pack sees: pack -> (text, confidence); it lists what it was asked for."""
    asked = []

    def read(picture, pack):
        asked.append(pack)
        text, confidence = readings[pack]
        return [Line(text, BOX, confidence)]

    return read, asked


def test_confidence_in_letters_of_another_script_proves_nothing():
    read, _ = reader({"Hebrew": ("abc defg", 0.99), "Latin": ("abc defg", 0.6)})
    winner = vote([SAMPLE], [("Hebr", "Hebrew"), ("Latn", "Latin")], read)
    assert (winner.script, winner.text, winner.is_sure) == ("Latn", "abc defg", False)


def test_a_clear_winner_ends_the_vote():
    read, asked = reader({"Cyrillic": ("привет друзья", 0.97), "Greek": ("γεια", 0.99)})
    winner = vote([SAMPLE, SAMPLE], [("Cyrl", "Cyrillic"), ("Grek", "Greek")], read)
    assert (winner.script, winner.pack, winner.is_sure) == ("Cyrl", "Cyrillic", True)
    assert asked == ["Cyrillic", "Cyrillic"]


def test_a_few_letters_among_digits_are_no_script():
    read, _ = reader({"heb": ("ץוב 1 12", 0.9), "tel": ("600300 ఈ౧స 6౧౧1౧1", 0.9), "rus": ("территории", 0.6)})
    candidates = [("Hebr", "heb"), ("Telu", "tel"), ("Cyrl", "rus")]
    assert vote([SAMPLE], candidates, read).script == "Cyrl"


def test_thai_must_be_sure_of_itself():
    read, _ = reader({"tha": ("กขคกขคกขค", 0.8), "Latin": ("abc", 0.5)})
    assert vote([SAMPLE], [("Thai", "tha"), ("Latn", "Latin")], read).script == "Latn"
    read, _ = reader({"tha": ("กขคกขคกขค", 0.95)})
    assert vote([SAMPLE], [("Thai", "tha")], read).is_sure


def test_nothing_to_vote_on():
    read, _ = reader({"Latin": ("abc", 0.9)})
    assert vote([], [("Latn", "Latin")], read) is None
    assert vote([SAMPLE], [], read) is None


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("すべての人間は自由である", "Jpan"),
        ("人人生而自由，在尊严和权利上一律平等", "Hans"),
        ("人皆生而自由；在尊嚴及權利上均各平等", "Hant"),
    ],
)
def test_chinese_and_japanese_are_told_apart(text, script):
    assert tell_han_apart(text) == script


@pytest.mark.parametrize(
    ("text", "script"),
    [("Hello мир", "Latn"), ("ប្រទេស 12", "Khmr"), ("東京タワー Tokyo", "Jpan"), ("ἀρχή", "Grek"), ("12.50", None)],
)
def test_the_script_of_a_text_is_the_one_of_most_letters(text, script):
    assert script_of_text(text) == script


def test_letters_are_counted_by_script():
    assert letter_share("привет abc 123", "Cyrl") == pytest.approx(6 / 9)
    assert letter_share("123 ...", "Latn") == 0.0
    assert all(letter_share("", script) == 0.0 for script in SCRIPTS)


def test_the_longest_whole_lines_are_the_sample():
    page = DrawnPage()
    page.text(100, 40, "Short", size=30)
    page.prose(100, 300, 800, 20, size=24)
    samples = sample_lines(to_grey(np.array(page.image)), 14.0, count=2)
    assert len(samples) == 2
    assert all(sample.shape[1] == 560 and sample.shape[0] < 70 for sample in samples)
    assert sample_lines(np.full((500, 400), 255, np.uint8), None) == []
