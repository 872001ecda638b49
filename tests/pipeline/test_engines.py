"""The embedded engines on small drawn pictures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from errors import EngineUnavailableError
from pipeline.document import Box, Word
from pipeline.engines.base import EngineRequest
from pipeline.engines.catalogue import ENGINES, find_problem, open_engine
from pipeline.engines.openvino_model import find_package_file
from pipeline.engines.orientation_model import OrientationModel
from pipeline.engines.rapidocr_engine import RapidOcrEngine, ReadCharacter, part_dates
from pipeline.engines.tesseract_engine import SINGLE_LINE, TesseractEngine, find_tessdata, to_line
from pipeline.page_image import PageImage
from pipeline.prepare import to_grey
from tests.pipeline.drawn_pages import DrawnPage

ROOT = Path(__file__).parents[2]
TEXTS = ["Invoice number 4711", "Total amount due: 28.50 EUR", "Thank you for your visit"]
LISTS_IMPORTS = """
import sys
import pipeline.engines.catalogue, pipeline.recognise
heavy = {"tesserocr", "openvino", "rapidocr", "onnxruntime", "torch"} & set(sys.modules)
assert not heavy, heavy
from pipeline.engines.openvino_model import import_openvino
import_openvino()
assert sys.modules["openvino_telemetry"] is None
from openvino.tools.ovc import telemetry_utils
assert telemetry_utils.tm.__name__ == "openvino.tools.ovc.telemetry_stub", telemetry_utils.tm
"""


@pytest.fixture(scope="module")
def page():
    drawn = DrawnPage(width_px=700, height_px=300)
    for index, text in enumerate(TEXTS):
        drawn.text(60, 40 + 80 * index, text, size=28)
    return drawn


@pytest.fixture(scope="module")
def image(page):
    return PageImage(1, np.array(page.image), 100)


@pytest.mark.ocr
@pytest.mark.parametrize("name", sorted(ENGINES))
def test_engine_reads_text_and_places_of_words(name, page, image):
    engine = open_engine(name)
    lines = sorted(engine.read_page(image, EngineRequest(("en",))).lines, key=lambda line: line.box.top)
    engine.close()
    assert [line.text for line in lines] == TEXTS
    for line, drawn in zip(lines, page.lines, strict=True):
        assert line.confidence > 0.8
        assert [word.text for word in line.words] == drawn.text.split()
        for word, place in zip(line.words, drawn.words, strict=True):
            assert word.box.left == pytest.approx(place.box.left, abs=12)
            assert word.box.right == pytest.approx(place.box.right, abs=12)
            assert word.box.intersection(place.box) > 0.7 * place.box.area
            assert 0.0 <= word.confidence <= 1.0


@pytest.mark.ocr
@pytest.mark.parametrize("name", sorted(ENGINES))
def test_engine_sees_nothing_on_a_blank_page(name):
    engine = open_engine(name)
    blank = PageImage(1, np.full((300, 400, 3), 255, np.uint8), 100)
    assert engine.read_page(blank, EngineRequest(("en",))).lines == ()
    engine.close()


@pytest.mark.ocr
def test_tesseract_keeps_few_packs_open_and_reads_on_after_close(image):
    engine = TesseractEngine.open()
    grey = to_grey(image.pixels)[:100]
    for pack in ("eng", "deu", "fra", "spa", "ita", "por", "nld", "eng"):
        (line,) = engine.read(grey, [pack], layout=SINGLE_LINE)
        assert line.text == TEXTS[0]
    engine.close()
    assert engine.read(grey, ["eng"])[0].text == TEXTS[0]
    engine.close()


@pytest.mark.ocr
def test_missing_language_data_is_named_with_its_remedy(tmp_path, image):
    engine = TesseractEngine.open()
    with pytest.raises(EngineUnavailableError, match=r"'klingon'.*apt-get install tesseract-ocr-all"):
        engine.read(to_grey(image.pixels), ["klingon"])
    engine.close()


def test_language_data_is_found_in_the_usual_places():
    assert (find_tessdata() / "eng.traineddata").exists()


def test_unknown_engines_and_missing_packages_are_explained():
    assert "rapidocr, tesseract" in (find_problem("abbyy") or "")
    with pytest.raises(EngineUnavailableError, match="pip install no_such_package"):
        find_package_file("no_such_package", "model.onnx")
    with pytest.raises(EngineUnavailableError, match=r"does not contain nothing\.onnx"):
        find_package_file("numpy", "nothing.onnx")


def test_engines_load_late_and_openvino_can_send_nothing():
    done = subprocess.run([sys.executable, "-c", LISTS_IMPORTS], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.ocr
def test_rapidocr_reads_a_crop_of_one_line(page, image):
    engine = RapidOcrEngine.open()
    line = engine.read_crop(np.ascontiguousarray(image.pixels[110:160, 40:500]))
    assert line.text == TEXTS[1]
    assert line.box == Box(0, 0, 460, 50)


@pytest.mark.ocr
@pytest.mark.parametrize("turns", range(4))
def test_orientation_of_a_turned_letter_is_found(turns):
    page = DrawnPage(width_px=900, height_px=1200)
    page.prose(80, 100, 740, 24, size=24)
    turned = np.ascontiguousarray(np.rot90(np.array(page.image), turns))
    assert OrientationModel.open().rank_rotations(turned)[0][0] == 90 * turns


def word(text, left, right):
    return Word(text, Box(left, 0, right, 20), 0.9)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([word("Hello", 0, 50), word("you", 52, 80)], "Hello you"),
        ([word("인", 0, 20), word("간은", 23, 63), word("모두", 75, 115)], "인간은 모두"),
        ([word("人间", 0, 40), word("世", 46, 66)], "人间世"),
        ([word("第", 0, 20), word("1", 30, 40), word("条", 50, 70)], "第 1 条"),
        ([word("ก", 0, 10), word("ข", 12, 22), word("ค", 30, 40)], "กข ค"),
    ],
)
def test_spaces_between_words_follow_the_script(words, text):
    assert to_line(words).text == text


@pytest.mark.parametrize(
    ("read", "parted"),
    [
        ("12.03.202617:42", "12.03.2026 17:42"),
        ("Date:2026-03-129:05 No 7", "Date:2026-03-12 9:05 No 7"),
        ("01/02/201908:15:00", "01/02/2019 08:15:00"),
        ("12.03.2026 17:42", "12.03.2026 17:42"),
        ("Tel 12.03.2026", "Tel 12.03.2026"),
        ("192.168.20.1017:80", "192.168.20.1017:80"),
    ],
)
def test_a_date_and_a_time_are_two_words(read, parted):
    characters = [ReadCharacter(text, step, 0.9) for step, text in enumerate(read)]
    assert "".join(character.text for character in part_dates(characters)) == parted
