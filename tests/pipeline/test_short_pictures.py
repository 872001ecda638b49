import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.document import Box, Line
from pipeline.line_isolation import IsolatedLine
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import Reader, recognise
from pipeline.short_pictures import read_short_picture
from samples.drawing import CJK_BOLD, MONO, NASKH, SANS, load_font

ONE = (IsolatedLine(np.zeros((40, 90), np.uint8), 5, 7),)
CANDIDATES = (("Latn", "Latin"), ("Arab", "ara"), ("Thai", "tha"))


def reader_of(answers):
    """Reads what ``answers`` says: (pack, is_word) -> (text, confidence)."""

    def read(_one, pack, is_word):
        text, confidence = answers.get((pack, is_word), ("", 0.0))
        return (Line(text, Box(0, 0, 9, 9), confidence),) if text else ()

    return read


def read(answers, looks=None):
    return read_short_picture(ONE, looks or {}, CANDIDATES, reader_of(answers))


def test_the_script_in_which_the_reading_is_confident_wins():
    found = read({("Latin", False): ("uSo", 0.4), ("ara", False): ("مكتبة", 0.9)}, {"Arab": 0.5})
    assert (found.script, found.pack, found.lines[0].text) == ("Arab", "ara", "مكتبة")


def test_what_is_no_line_may_be_a_word():
    found = read({("ara", False): ("ک 4", 0.45), ("ara", True): ("مكتبة", 0.83)}, {"Arab": 0.5})
    assert found.lines[0].text == "مكتبة"


def test_letters_of_another_script_prove_nothing():
    assert read({("tha", False): ("Exit", 0.95)}) is None


def test_figures_are_taken_from_the_first_who_reads_them():
    found = read({("Latin", False): ("7", 0.96), ("ara", False): ("٧", 0.99)}, {"Latn": 0.5})
    assert found.lines[0].text == "7"


def test_a_script_that_the_letters_look_like_is_believed_sooner():
    answers = {("ara", False): ("ول", 0.75), ("tha", False): ("ทท", 0.78)}
    assert read(answers, {"Arab": 0.9}).script == "Arab"
    assert read(answers, {"Thai": 0.9}).script == "Thai"


@pytest.fixture(scope="module")
def reader():
    opened = Reader()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("text", "font", "size", "margin"),
    [("مكتبة", NASKH, 60, 20), ("출입금지", CJK_BOLD, 64, 140), ("7", SANS, 80, 20), ("27.50", SANS, 48, 30)],
)
def test_single_words_and_figures_are_read(text, font, size, margin, reader):
    font = load_font(font, size)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("RGB", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin), (252, 251, 248))
    ImageDraw.Draw(picture).text((margin - left, margin - top), text, font=font, fill=(25, 25, 30))
    data = io.BytesIO()
    picture.save(data, "png")
    assert recognise(data.getvalue(), OcrOptions(Tier.CPU), reader=reader).text.strip() == text


def test_figures_prove_no_script_but_that_of_their_digits():
    assert read({("tha", False): ("772", 0.95)}) is None
    assert read({("ara", False): ("٧ 7", 0.95)}) is None
    assert read({("ara", False): ("٧٢", 0.95)}, {"Arab": 0.9}).lines[0].text == "٧٢"


def test_among_scripts_with_the_same_letters_the_best_is_looked_for():
    answers = {("Latin", False): ("COK", 0.85), ("rus", False): ("СОК", 0.97)}
    candidates = (("Latn", "Latin"), ("Cyrl", "rus"))
    found = read_short_picture(ONE, {"Latn": 0.5, "Cyrl": 0.5}, candidates, reader_of(answers))
    assert found.script == "Cyrl"


@pytest.mark.parametrize("font", [SANS, MONO])
@pytest.mark.parametrize("text", ["Vox", "Аптека", "€ 19.90"])
def test_words_that_say_something_upside_down_too_are_taken_to_be_upright(text, font, reader):
    font = load_font(font, 56)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("RGB", (int(right - left) + 60, int(bottom - top) + 60), (252, 251, 248))
    ImageDraw.Draw(picture).text((30 - left, 30 - top), text, font=font, fill=(25, 25, 30))
    data = io.BytesIO()
    picture.save(data, "png")
    assert recognise(data.getvalue(), OcrOptions(Tier.CPU), reader=reader).text.strip() == text
