import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.dark_bars import find_dark_bars, lighten_bars
from pipeline.page_image import PageImage
from pipeline.prepare import prepare, to_grey
from pipeline.rules import find_rules


def bar_page(*, tilt_deg=0.0):
    image = Image.new("RGB", (1000, 1400), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((100, 300, 899, 349), fill=(31, 58, 95))
    draw.text((130, 312), "Description     Quantity     Price", font=ImageFont.load_default(24), fill="white")
    draw.text((130, 380), "Hinge, steel, eighty millimetres", font=ImageFont.load_default(24), fill="black")
    return np.asarray(image.rotate(tilt_deg, fillcolor="white", resample=Image.Resampling.BICUBIC))


def test_a_bar_with_light_letters_is_found():
    (bar,) = find_dark_bars(to_grey(bar_page()))
    assert np.abs(bar.corners - [(100, 300), (900, 300), (900, 350), (100, 350)]).max() < 5


def test_a_slanted_bar_is_found():
    assert len(find_dark_bars(to_grey(bar_page(tilt_deg=2.5)))) == 1


def test_words_in_heavy_type_and_plain_blocks_are_no_bars():
    image = Image.new("RGB", (1000, 1400), "white")
    draw = ImageDraw.Draw(image)
    draw.text((100, 100), "MMMMMMWWWWWWHHHHHH", font=ImageFont.load_default(60), fill="black", stroke_width=9)
    draw.rectangle((100, 300, 899, 349), fill="black")
    assert find_dark_bars(to_grey(np.asarray(image))) == ()


def test_light_letters_become_dark_and_the_rest_stays():
    pixels = bar_page()
    light, grey = lighten_bars(pixels, to_grey(pixels))
    inside = grey[305:345, 105:895]
    assert np.median(inside) > 240
    assert inside.min() < 60
    assert np.array_equal(light[360:], pixels[360:])


def test_the_bar_of_a_prepared_page_reads_dark_on_light_between_rules():
    prepared = prepare(PageImage(1, bar_page(), 100), straighten=False, scale=1.0)
    assert np.median(prepared.grey[305:345, 105:895]) > 240
    tops = [rule.top for rule in find_rules(prepared.image, 30).horizontal]
    assert any(abs(top - 300) < 5 for top in tops)
    assert any(abs(top - 349) < 5 for top in tops)


def test_the_edges_of_a_bar_that_was_not_made_light_are_rules():
    tops = [rule.top for rule in find_rules(PageImage(1, bar_page(), 100), 30).horizontal]
    assert any(abs(top - 300) < 5 for top in tops)
    assert any(abs(top - 350) < 5 for top in tops)
