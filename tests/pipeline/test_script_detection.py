"""The look of letters: how votes are added up, and the real network on drawn pages in Noto's fonts."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.document import Box
from pipeline.engines.script_classifier import CLASSES, NEUTRAL, ScriptClassifier
from pipeline.script_detection import detect_scripts, rank_scripts
from pipeline.text_patches import TextPatch
from tests.pipeline.drawn_pages import DrawnPage
from training.fonts import SAMPLE_LETTERS

NOTO = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FONTS = {
    **dict.fromkeys(("Latn", "Cyrl", "Grek"), "NotoSans"),
    "Arab": "NotoNaskhArabic",
    "Hebr": "NotoSansHebrew",
    "Syrc": "NotoSansSyriac",
    "Thaa": "NotoSansThaana",
    "Deva": "NotoSansDevanagari",
    "Beng": "NotoSansBengali",
    "Guru": "NotoSansGurmukhi",
    "Gujr": "NotoSansGujarati",
    "Orya": "NotoSansOriya",
    "Taml": "NotoSansTamil",
    "Telu": "NotoSansTelugu",
    "Knda": "NotoSansKannada",
    "Mlym": "NotoSansMalayalam",
    "Sinh": "NotoSansSinhala",
    "Thai": "NotoSansThai",
    "Laoo": "NotoSansLao",
    "Khmr": "NotoSansKhmer",
    "Mymr": "NotoSansMyanmar",
    "Tibt": "NotoSerifTibetan",
    "Geor": "NotoSansGeorgian",
    "Armn": "NotoSansArmenian",
    "Ethi": "NotoSansEthiopic",
    "Cher": "NotoSansCherokee",
    "Cans": "NotoSansCanadianAboriginal",
}
CJK_FACES = {"Jpan": 0, "Kore": 1, "Hans": 2, "Hant": 3}
PIECES = tuple(TextPatch(Box(0, 20 * row, 100, 20 * row + 15), row) for row in range(8))


def votes(*said):
    """One patch for each (script, probability); what is left goes to every class alike."""
    scores = np.empty((len(said), len(CLASSES)), np.float32)
    for row, (script, probability) in zip(scores, said, strict=True):
        row[:] = (1 - probability) / (len(CLASSES) - 1)
        row[CLASSES.index(script)] = probability
    return scores


def rank(*said):
    return rank_scripts(PIECES[: len(said)], votes(*said))


def draw_script(script, seed=1):
    """Words of random letters of the script, eight lines of them."""
    random = Random(seed)
    font = (
        ImageFont.truetype(CJK, 32, index=CJK_FACES[script])
        if script in CJK_FACES
        else ImageFont.truetype(NOTO / f"{FONTS[script]}-Regular.ttf", 32)
    )
    page = Image.new("RGB", (900, 560), "white")
    for line in range(8):
        words = ("".join(random.choices(SAMPLE_LETTERS[script], k=random.randint(3, 7))) for _ in range(6))
        ImageDraw.Draw(page).text((40, 30 + 62 * line), " ".join(words), font=font, fill="black")
    return np.asarray(page)


@pytest.fixture(scope="module")
def classifier():
    return ScriptClassifier.open()


def test_pieces_that_agree_are_sure():
    found = rank(("Cyrl", 0.9), ("Cyrl", 0.8), ("Cyrl", 0.7), ("Latn", 0.6))
    assert (found.best, found.is_sure) == ("Cyrl", True)
    assert [guess.script for guess in found.guesses][:2] == ["Cyrl", "Latn"]
    assert found.guesses[0].share == pytest.approx(0.75, abs=0.02)
    assert len(found.pieces) == 4


def test_pieces_that_differ_or_are_few_are_not_sure():
    assert not rank(("Cyrl", 0.9), ("Grek", 0.9), ("Latn", 0.9), ("Armn", 0.9)).is_sure
    assert not rank(("Cyrl", 0.7), ("Cyrl", 0.7)).is_sure


def test_a_single_word_must_be_clear():
    assert rank(("Cyrl", 0.97)).is_sure
    assert not rank(("Cyrl", 0.6)).is_sure


def test_numbers_and_pictures_have_no_vote():
    found = rank((NEUTRAL, 0.95), (NEUTRAL, 0.9), ("Thai", 0.9), ("Thai", 0.9), ("Thai", 0.9))
    assert (found.best, len(found.pieces), found.is_sure) == ("Thai", 3, True)
    nothing = rank((NEUTRAL, 0.95), (NEUTRAL, 0.9))
    assert (nothing.best, nothing.guesses, nothing.is_sure) == (None, (), False)


def test_kanji_do_not_make_a_japanese_page_chinese():
    assert rank(("Hans", 0.9), ("Hant", 0.8), ("Jpan", 0.9), ("Hans", 0.6)).best == "Jpan"
    assert rank(("Hans", 0.9), ("Hans", 0.8), ("Hant", 0.9)).best == "Hans"


def test_a_page_in_two_scripts_shows_both():
    found = rank(("Arab", 0.9), ("Arab", 0.9), ("Arab", 0.9), ("Latn", 0.9), ("Latn", 0.9), ("Thai", 0.7))
    assert found.present == ("Arab", "Latn")


def test_an_empty_page_has_no_script(classifier):
    found = detect_scripts(np.full((400, 300, 3), 255, np.uint8), classifier)
    assert (found.best, found.upside_down) == (None, 0.0)


def test_at_least_25_scripts_are_named(classifier):
    wrong = {}
    for script in (*FONTS, *CJK_FACES):
        found = detect_scripts(draw_script(script), classifier)
        if found.best != script and {found.best, script} != {"Hans", "Hant"}:
            wrong[script] = found.best
    assert len(FONTS) + len(CJK_FACES) - len(wrong) >= 25, wrong


@pytest.mark.parametrize("script", ["Latn", "Hebr", "Kore", "Laoo", "Sinh"])
def test_a_page_on_its_head_is_found_out_and_named(script, classifier):
    pixels = draw_script(script)
    assert detect_scripts(pixels, classifier).upside_down < 0.5
    found = detect_scripts(np.ascontiguousarray(pixels[::-1, ::-1]), classifier)
    assert found.upside_down > 0.5
    assert found.best == script


def test_light_letters_on_dark_paper_are_seen_too(classifier):
    page = DrawnPage()
    page.prose(100, 100, 800, 12, size=24)
    dark = 255 - np.array(page.image)
    assert detect_scripts(dark, classifier).best == "Latn"
