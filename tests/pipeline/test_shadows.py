import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.prepare import to_grey
from pipeline.shadows import even_out


def page(*, shadow):
    image = Image.new("RGB", (900, 1200), (250, 248, 240))
    draw = ImageDraw.Draw(image)
    for row in range(24):
        draw.text(
            (60, 60 + 44 * row), "column after column from the top", font=ImageFont.load_default(26), fill=(40, 40, 45)
        )
    x = np.arange(900)
    light = 1 - 0.5 * np.exp(-((x / 110) ** 2)) if shadow else np.ones(900)
    return np.asarray(np.asarray(image) * light[None, :, None], np.uint8)


def test_a_shadow_at_the_edge_goes_and_the_letters_stay_dark():
    pixels = page(shadow=True)
    even, grey = even_out(pixels, to_grey(pixels))
    paper = np.percentile(grey, 80, axis=0)
    assert paper.min() > 0.85 * paper.max()
    letters = grey[:, 60:120].min()
    assert letters < 0.45 * paper.max()
    assert even.shape == pixels.shape


@pytest.mark.parametrize("kind", ["even light", "dark table", "picture"])
def test_other_pages_are_the_same_objects(kind):
    pixels = page(shadow=False).copy()
    if kind == "dark table":
        pixels = np.pad(pixels, ((150, 150), (150, 150), (0, 0)), constant_values=40)
    if kind == "picture":
        pixels[500:900, 100:800] = 30
    grey = to_grey(pixels)
    even, even_grey = even_out(pixels, grey)
    assert even is pixels
    assert even_grey is grey
