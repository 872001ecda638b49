import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Block, BlockKind, Box, Line, Table, TableCell, Word
from pipeline.page_image import PageImage
from pipeline.prepare import find_noise, find_skew, glyph_height, prepare, to_grey
from tests.pipeline.drawn_pages import DrawnPage

MARK = (255, 0, 0)


def text_page(size=20):
    page = DrawnPage()
    page.prose(100, 100, 800, 30, size=size)
    return np.array(page.image)


def tilted(pixels, degrees_clockwise):
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees_clockwise, 1.0)
    return cv2.warpAffine(pixels, matrix, (width, height), borderValue=(255, 255, 255), flags=cv2.INTER_CUBIC)


def marked_box(pixels):
    rows, columns = np.nonzero((pixels[:, :, 0] > 150) & (pixels[:, :, 1] < 100))
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@pytest.mark.parametrize("degrees", [-6.0, -2.2, -0.6, 0.0, 0.4, 1.5, 4.0])
def test_skew_of_a_tilted_page_is_found(degrees):
    grey = to_grey(tilted(text_page(), degrees))
    assert find_skew(grey) == pytest.approx(degrees, abs=0.12)


def test_a_page_without_text_is_not_straightened():
    assert find_skew(np.full((800, 600), 255, np.uint8)) == 0.0
    noise = np.random.default_rng(1).integers(0, 256, (800, 600), np.uint8)
    assert find_skew(noise) == 0.0


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("degrees", [0.0, 2.0, -3.0])
@pytest.mark.parametrize("scale", [1.0, 1.7])
def test_a_box_on_the_prepared_page_returns_to_its_place(rotation, degrees, scale):
    upright = text_page()
    upright[700:760, 300:420] = MARK
    uploaded = np.ascontiguousarray(np.rot90(tilted(upright, degrees), rotation // 90))
    prepared = prepare(PageImage(1, uploaded, 100), rotation=rotation, scale=scale)
    assert prepared.rotation == rotation
    assert prepared.skew_deg == pytest.approx(degrees, abs=0.12)
    found = marked_box(prepared.image.pixels)
    assert found.width == pytest.approx(120 * scale, abs=4)
    assert found.height == pytest.approx(60 * scale, abs=4)
    assert prepared.image.dpi == pytest.approx(100 * scale)
    center = prepared.map_box(found).center
    assert center == pytest.approx(marked_box(uploaded).center, abs=2)


@settings(max_examples=30, deadline=None)
@given(rotation=st.sampled_from([0, 90, 180, 270]), width=st.integers(20, 300), height=st.integers(20, 300))
def test_the_whole_page_maps_onto_the_whole_page(rotation, width, height):
    prepared = prepare(PageImage(1, np.full((height, width, 3), 255, np.uint8), 72), rotation=rotation, scale=2.0)
    image = prepared.image
    assert {image.width_px, image.height_px} == {2 * width, 2 * height}
    whole = prepared.map_box(Box(0, 0, image.width_px, image.height_px))
    assert (whole.left, whole.top, whole.right, whole.bottom) == pytest.approx((0, 0, width, height), abs=0.6)


def test_a_page_that_needs_nothing_keeps_its_pixels():
    image = PageImage(1, text_page(size=30), 100)
    prepared = prepare(image)
    assert prepared.image is image
    assert prepared.map_box(Box(1, 2, 3, 4)) == Box(1, 2, 3, 4)


def test_small_print_is_enlarged_and_its_letters_measured():
    prepared = prepare(PageImage(1, text_page(size=12), 72))
    assert prepared.image.width_px > 1500
    measured = glyph_height(prepared.grey)
    assert measured is not None
    assert prepared.glyph_px == pytest.approx(measured, rel=0.15)


def test_noise_is_measured_without_the_text_and_smoothed():
    clean = text_page(size=30)
    noise = np.random.default_rng(2).normal(0, 12, clean.shape)
    noisy = np.clip(clean * 0.8 + 20 + noise, 0, 255).astype(np.uint8)
    assert find_noise(to_grey(clean)) == 0.0
    assert find_noise(to_grey(noisy)) > 4.0
    assert find_noise(prepare(PageImage(1, noisy, 72)).grey) < 0.5 * find_noise(to_grey(noisy))


def test_everything_in_a_block_is_mapped():
    prepared = prepare(PageImage(1, np.full((100, 200, 3), 255, np.uint8), 72), rotation=180, scale=2.0)
    box = Box(0, 0, 40, 20)
    line = Line("a", box, 0.5, (Word("a", box, 0.5),))
    table = Table(1, 1, (TableCell(0, 0, 1, 1, "a", box),))
    block = prepared.map_block(Block("p1-b1", BlockKind.TABLE, "a", box, 0.5, (line,), table))
    assert block.table is not None
    boxes = [block.box, block.lines[0].box, block.lines[0].words[0].box, block.table.cells[0].box]
    for mapped in boxes:
        assert (mapped.left, mapped.top, mapped.right, mapped.bottom) == pytest.approx((180, 90, 200, 100))
