import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from pipeline.document import Box, Line, Word
from pipeline.letter_case import correct_case
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import Reader, recognise
from samples.drawing import MONO, SANS, SANS_BOLD, SERIF, load_font

FONTS = [SANS, SERIF, SANS_BOLD, MONO]


def read_as(drawn, read, font, script, *, size=30, blur=0.0):
    """What becomes of ``read`` (words with single spaces) where ``drawn`` stands on the page."""
    face = load_font(font, size)
    picture = Image.new("L", (700, 120), 250)
    words, x = [], 40.0
    for shown, taken in zip(drawn.split(), read.split(), strict=True):
        ImageDraw.Draw(picture).text((x, 40), shown, font=face, fill=20)
        words.append(Word(taken, Box(*ImageDraw.Draw(picture).textbbox((x, 40), shown, font=face)), 0.9))
        x += face.getlength(shown) + 3 * size
    grey = np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture)
    line = Line(read, Box.around(word.box for word in words), 0.9, tuple(words))
    (found,) = correct_case([line], grey, script)
    assert " ".join(word.text for word in found.words) == found.text
    return found.text


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("blur", [0.0, 1.0])
@pytest.mark.parametrize(
    ("words", "script"),
    [("Valley Coffee", "Latn"), ("Six Zones", "Latn"), ("Oslo Coast", "Latn"), ("Весна Касса", "Cyrl")],
)
def test_capitals_are_known_by_their_height(words, script, font, blur):
    assert read_as(words, words.lower(), font, script, blur=blur) == words


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize(
    ("words", "script"), [("valley coffee zones", "Latn"), ("warm soft", "Latn"), ("весна касса", "Cyrl")]
)
def test_small_letters_stay_small(words, script, font):
    assert read_as(words, words, font, script) == words


def test_words_in_running_text_and_other_letters_are_left_alone():
    assert read_as("Peter Valley", "peter valley", SANS, "Latn") == "peter Valley"
    assert read_as("Valley", "valley", SANS, "Arab") == "valley"


@pytest.fixture(scope="module")
def reader():
    opened = Reader()
    yield opened
    opened.close()


def test_the_names_of_a_table_keep_their_capitals(reader):
    picture = Image.new("RGB", (1000, 420), "white")
    draw = ImageDraw.Draw(picture)
    rows = [
        ("Month", "Valley", "Coast", "Woods"),
        *((f"{m}ember", "71.2", "64.8", "98.1") for m in ("Sept", "Nov", "Dec")),
    ]
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            draw.text((60 + 230 * x, 60 + 70 * y), text, font=load_font(SERIF, 30), fill=(30, 30, 30))
    data = io.BytesIO()
    picture.save(data, "png")
    text = recognise(data.getvalue(), OcrOptions(Tier.CPU), reader=reader).text
    assert all(name in text for name in ("Month", "Valley", "Coast", "Woods"))
