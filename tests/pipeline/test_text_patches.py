import numpy as np
import pytest

from pipeline.text_patches import PATCH_HEIGHT_PX, PATCH_WIDTH_PX, crop_patches, find_patches, to_gray, turn_over
from tests.pipeline.drawn_pages import DrawnPage


@pytest.fixture(scope="module")
def gray():
    page = DrawnPage()
    page.prose(100, 100, 800, 30)
    return to_gray(np.array(page.image))


def test_patches_lie_on_the_text_and_all_over_it(gray):
    patches = find_patches(gray, limit=24)
    assert len(patches) == 24
    for patch in patches:
        assert 90 <= patch.box.left < patch.box.right <= 920
        assert 90 <= patch.box.top < patch.box.bottom <= 960
        assert patch.box.height < 40
    assert max(p.box.top for p in patches) - min(p.box.top for p in patches) > 600


def test_paper_and_specks_are_no_text():
    paper = np.full((600, 400), 250, np.uint8)
    assert find_patches(paper, limit=24) == ()
    paper[100:103, 100:103] = 0
    assert find_patches(paper, limit=24) == ()


def test_patches_show_ink_as_one_at_a_fixed_size(gray):
    patches = find_patches(gray, limit=8)
    pictures = crop_patches(gray, patches)
    assert pictures.shape == (8, 1, PATCH_HEIGHT_PX, PATCH_WIDTH_PX)
    assert pictures.min() == 0.0
    assert all(0.05 < picture.mean() < 0.6 and picture.max() > 0.9 for picture in pictures)


def test_light_letters_give_the_same_patches(gray):
    dark = 255 - gray
    assert [p.box for p in find_patches(dark, limit=8)] == [p.box for p in find_patches(gray, limit=8)]
    patches = find_patches(gray, limit=8)
    assert np.abs(crop_patches(dark, patches) - crop_patches(gray, patches)).mean() < 0.02


def test_a_patch_can_be_put_on_its_head(gray):
    patches = find_patches(gray, limit=4)
    pictures = crop_patches(gray, patches)
    upright, turned = pictures[:, 0], turn_over(pictures, gray, patches)[:, 0]
    for before, after in zip(upright, turned, strict=True):
        width = np.flatnonzero(before.any(axis=0)).max() + 1
        assert np.abs(after[:, :width] - before[::-1, :width][:, ::-1]).mean() < 0.15
        assert np.abs(after - before).mean() > 0.05
