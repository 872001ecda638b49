import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.rule_erasing import erase_rules

GLYPH_PX = 18


def page(*, rules):
    image = Image.new("L", (1000, 800), 255)
    draw = ImageDraw.Draw(image)
    for row in range(4):
        for column in range(3):
            draw.text((140 + 250 * column, 115 + 60 * row), f"l{row} I7", font=ImageFont.load_default(26), fill=0)
    if rules:
        for row in range(5):
            draw.line((120, 100 + 60 * row, 870, 100 + 60 * row), fill=0, width=2)
        for column in range(4):
            draw.line((120 + 250 * column, 100, 120 + 250 * column, 340), fill=0, width=2)
    return np.asarray(image)


def test_the_rules_go_and_the_letters_stay():
    erased = erase_rules(page(rules=True), GLYPH_PX)
    difference = np.abs(erased.astype(int) - page(rules=False).astype(int))
    assert difference.max() < 40


def test_a_page_without_rules_is_the_same_object():
    grey = page(rules=False)
    assert erase_rules(grey, GLYPH_PX) is grey


def test_large_letters_stay():
    image = Image.new("L", (1000, 400), 255)
    draw = ImageDraw.Draw(image)
    draw.text((50, 50), "ILLTH", font=ImageFont.load_default(200), fill=0)
    draw.line((50, 330, 950, 330), fill=0, width=2)
    erased = erase_rules(np.asarray(image), GLYPH_PX)
    assert (erased[:320] == np.asarray(image)[:320]).all()
    assert (erased[330, 60:940] == 255).all()
