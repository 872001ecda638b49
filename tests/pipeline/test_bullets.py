import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from exports.markdown import to_markdown
from pipeline.bullets import restore_bullets
from pipeline.document import Box, Line, Word
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import Reader, recognise
from samples.drawing import MONO, NASKH, SANS, SERIF, load_font

ITEMS = ["bread and butter", "two pounds of plums", "some vinegar", "candles for the cellar"]


class Page:
    """A grey page; ``lines`` are what an engine that drops every bullet would read."""

    def __init__(self, font=SANS, size=30):
        self.picture = Image.new("L", (900, 700), 250)
        self.pen = ImageDraw.Draw(self.picture)
        self.font, self.size = load_font(font, size), size
        self.lines = []

    def write(self, x, y, text, *, read=None):
        """``read`` stands before the text in what was read, at the place of the mark drawn there."""
        words = []
        for part in text.split():
            box = Box(*self.pen.textbbox((x, y), part, font=self.font))
            self.pen.text((x, y), part, font=self.font, fill=20)
            words.append(Word(part, box, 0.9))
            x += self.font.getlength(part + " ")
        if read:
            words.insert(0, read)
        self.lines.append(Line(" ".join(w.text for w in words), Box.around(w.box for w in words), 0.9, tuple(words)))

    def mark(self, x, y, sign="•"):
        """The sign drawn, and the box of its ink."""
        self.pen.text((x, y), sign, font=self.font, fill=20)
        return Box(*self.pen.textbbox((x, y), sign, font=self.font))

    def restored(self):
        return [line.text for line in restore_bullets(self.lines, np.asarray(self.picture))]


@pytest.mark.parametrize(("font", "sign"), [(SANS, "•"), (SERIF, "•"), (MONO, "•"), (MONO, "●")])
def test_dropped_bullets_come_back(font, sign):
    page = Page(font)
    page.write(60, 40, "For tomorrow we need")
    for row, item in enumerate(ITEMS):
        page.mark(90, 100 + 60 * row, sign)
        page.write(130, 100 + 60 * row, item)
    assert page.restored() == ["For tomorrow we need", *(f"• {item}" for item in ITEMS)]


@pytest.mark.parametrize("misread", ["«", "e", "*", "»", "¢"])
def test_bullets_that_were_taken_for_something_else_are_put_right(misread):
    page = Page()
    for row, item in enumerate(ITEMS):
        box = page.mark(90, 100 + 60 * row)
        page.write(130, 100 + 60 * row, item, read=Word(misread, box, 0.4))
    assert page.restored() == [f"• {item}" for item in ITEMS]


def test_a_mark_that_comes_once_is_a_speck():
    page = Page()
    for row, item in enumerate(ITEMS):
        page.write(130, 100 + 60 * row, item)
    page.mark(90, 160)
    assert page.restored() == ITEMS


def test_letters_dashes_and_the_stops_of_a_column_to_the_left_are_no_bullets():
    page = Page()
    for row, item in enumerate(ITEMS):
        page.write(30, 100 + 60 * row, "It ends here.")
        page.write(270, 100 + 60 * row, item)
    texts = [line.text for line in page.lines]
    assert page.restored() == texts
    page = Page()
    for row, item in enumerate(ITEMS):
        box = page.mark(90, 100 + 60 * row, "o")
        page.write(130, 100 + 60 * row, item, read=Word("o", box, 0.9))
        page.mark(90, 400 + 60 * row, "–")
        page.write(130, 400 + 60 * row, item)
    assert page.restored() == [line.text for line in page.lines]


def test_on_a_right_to_left_page_they_stand_right():
    page = Page(NASKH)
    for row in range(3):
        page.write(300, 100 + 70 * row, "الماء")
        page.pen.ellipse((370, 120 + 70 * row, 380, 130 + 70 * row), fill=20)
    assert page.restored() == ["• الماء"] * 3


def test_square_marks_stay_square():
    page = Page()
    for row, item in enumerate(ITEMS):
        page.pen.rectangle((90, 114 + 60 * row, 100, 124 + 60 * row), fill=20)
        page.write(130, 100 + 60 * row, item)
    assert page.restored() == [f"▪ {item}" for item in ITEMS]


@pytest.fixture(scope="module")
def reader():
    opened = Reader()
    yield opened
    opened.close()


@pytest.mark.parametrize(("font", "blur"), [(SERIF, 0.0), (SANS, 1.0), (MONO, 0.0)])
def test_a_list_is_read_as_one(font, blur, reader):
    page = Page(font)
    page.write(60, 40, "For tomorrow we need the following things:")
    for row, item in enumerate(ITEMS):
        page.mark(90, 120 + 60 * row)
        page.write(130, 120 + 60 * row, item)
    page.write(60, 400, "Nothing else is needed, thank you very much.")
    data = io.BytesIO()
    page.picture.filter(ImageFilter.GaussianBlur(blur)).save(data, "png")
    document = recognise(data.getvalue(), OcrOptions(Tier.CPU), reader=reader)
    assert "\n".join(f"- {item}" for item in ITEMS) in to_markdown(document)
