import cv2
import numpy as np

from pipeline.ink import find_ink, find_level_runs, is_light_on_dark
from pipeline.page_image import PageImage
from pipeline.prepare import prepare, to_grey
from tests.pipeline.drawn_pages import DrawnPage


def printed_page():
    page = DrawnPage()
    page.prose(100, 100, 800, 30)
    return np.array(page.image)


def test_light_letters_on_dark_paper_are_known():
    grey = to_grey(printed_page())
    assert not is_light_on_dark(grey)
    assert is_light_on_dark(255 - grey)
    assert is_light_on_dark(np.full((20, 20), 10, np.uint8))


def test_a_sheet_on_a_dark_table_has_dark_letters():
    sheet = to_grey(printed_page())
    table = np.full((2 * sheet.shape[0], 2 * sheet.shape[1]), 30, np.uint8)
    table[400 : 400 + sheet.shape[0], 300 : 300 + sheet.shape[1]] = sheet
    assert np.median(table) < 100
    assert not is_light_on_dark(table)
    assert find_ink(table)[500:1700, 400:1200].mean() < 0.3


def test_dark_pages_are_made_light_for_the_engines():
    pixels = printed_page()
    prepared = prepare(PageImage(1, 255 - pixels, 150), scale=1.0)
    assert np.array_equal(prepared.image.pixels, pixels)


def test_level_runs_are_what_an_opening_leaves() -> None:
    random = np.random.default_rng(5)
    ink = (random.random((60, 200)) < 0.8).astype(np.uint8)
    ink[20, 30:90] = 1
    ink[:, 0] = ink[:, -1] = 0  # OpenCV lets runs go on outside the picture
    for length in (5, 25, 60, 150):
        whole = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
        assert np.array_equal(find_level_runs(ink, length), whole)
