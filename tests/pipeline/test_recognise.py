"""Whole files through the Reader, with real engines on the repository's samples."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont, ImageOps
from rapidfuzz.distance import Levenshtein

from errors import EngineUnavailableError
from pipeline.assemble import assemble
from pipeline.document import Block, BlockKind, Box, Page, PageError
from pipeline.engines.scripted_engine import EngineScript, Fault, ScriptedPage
from pipeline.options import OcrOptions, Tier
from pipeline.page_image import PageImage
from pipeline.page_reading import PageReader
from pipeline.recognise import PDF_TEXT, Reader, ReaderConfig, recognise
from pipeline.script_detection import ScriptFinding
from pipeline.vlm.config import VlmConfig, VlmKind
from samples.drawing import SANS, load_font

SAMPLES = Path(__file__).parents[2] / "samples"
TRUTH = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reader():
    opened = Reader()
    yield opened
    opened.close()


def error_rate(read, truth):
    read, truth = " ".join(read.split()), " ".join(truth.split())
    return Levenshtein.distance(read, truth) / max(1, len(truth))


def read_sample(name, reader, **choices):
    return recognise((SAMPLES / name).read_bytes(), OcrOptions(**choices), reader=reader, name=name)


@pytest.mark.ocr
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most_errors", "script"),
    [
        ("letter.png", 0.01, "Latn"),
        ("two-columns.png", 0.01, "Latn"),
        ("tilted-photo.jpg", 0.05, "Latn"),
        ("receipt.png", 0.12, "Latn"),
        ("arabic.png", 0.05, "Arab"),
        ("japanese.png", 0.02, "Jpan"),
    ],
)
def test_samples_are_read_without_being_told_the_language(name, most_errors, script, reader):
    document = read_sample(name, reader)
    page = document.get_page(1)
    assert error_rate(document.text, TRUTH[name]["pages"][0]) <= most_errors
    assert page.script == script
    for block in page.blocks:
        assert 0 <= block.box.left <= block.box.right <= page.width_px
        assert 0 <= block.box.top <= block.box.bottom <= page.height_px
        assert block.confidence is None or 0 <= block.confidence <= 1


@pytest.mark.ocr
def test_the_points_and_signs_of_a_pale_receipt_are_read(reader):
    text = read_sample("receipt.png", reader).text
    assert "30.00" in text
    assert "VAT 7" in text
    assert "%" in text


@pytest.mark.ocr
def test_the_names_of_an_invoices_columns_are_the_first_row_of_its_table(reader):
    blocks = read_sample("invoice.pdf", reader).get_page(1).blocks
    (table,) = [block.table for block in blocks if block.table]
    assert table.to_rows()[0] == ["Description", "Quantity", "Unit price", "Amount"]
    assert table.header_row_count == 1


@pytest.mark.ocr
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_read_and_its_boxes_lie_on_it(turns, reader):
    upright = Image.open(SAMPLES / "letter.png").convert("RGB")
    upright_page = read_sample("letter.png", reader, language="en").get_page(1)
    data = BytesIO()
    upright.rotate(90 * turns, expand=True).save(data, "PNG")
    page = recognise(data.getvalue(), OcrOptions(language="en"), reader=reader).get_page(1)
    assert page.rotation == 90 * turns
    assert error_rate(page.text, upright_page.text) < 0.02
    word, same = next(upright_page.blocks[0].words), next(page.blocks[0].words)
    assert word.text == same.text
    across, down = word.box.center
    expected = {
        1: (down, upright.width - across),
        2: (upright.width - across, upright.height - down),
        3: (upright.height - down, across),
    }[turns]
    assert same.box.center == pytest.approx(expected, abs=6)


@pytest.mark.ocr
def test_a_pdf_keeps_its_own_text(reader):
    document = read_sample("invoice.pdf", reader)
    assert [page.engine for page in document.pages] == [PDF_TEXT] * document.page_count
    assert all(block.confidence is None for page in document.pages for block in page.blocks)


def test_a_pdf_keeps_its_own_text_where_the_model_that_should_read_it_fails():
    nowhere = VlmConfig(VlmKind.SERVED, url="http://127.0.0.1:9/v1", model="any", page_budget_s=5.0)
    failing = Reader(ReaderConfig(vlm=nowhere))
    document = read_sample("invoice.pdf", failing, tier=Tier.VLM)
    failing.close()
    assert [page.engine for page in document.pages] == [PDF_TEXT] * document.page_count
    assert any("price of tier cpu" in notice for notice in document.notices)


def picture_pdf(*, over_picture):
    """A page with its own heading and a picture of a sign; ``over_picture`` is set in real type on the picture."""
    sign = Image.new("RGB", (900, 400), "white")
    ImageDraw.Draw(sign).text((60, 120), "HARBOUR OFFICE", font=ImageFont.load_default(80), fill="black")
    pdf = FPDF(unit="pt", format="A4")
    pdf.add_page()
    pdf.set_font("helvetica", size=16)
    pdf.text(60, 80, "Opening hours of the harbour")
    pdf.image(sign, 60, 200, 450, 200)
    pdf.set_font("helvetica", size=40)
    pdf.text(100, 370, over_picture)
    return bytes(pdf.output())


@pytest.mark.ocr
def test_a_picture_on_a_page_with_text_is_read_and_nothing_comes_twice(reader):
    data = picture_pdf(over_picture="closed on Sundays")
    document = recognise(data, OcrOptions(language="en"), reader=reader)
    page = document.get_page(1)
    assert page.engine.startswith(f"{PDF_TEXT}+")
    for text in ("Opening hours of the harbour", "HARBOUR OFFICE", "closed on Sundays"):
        assert page.text.count(text) == 1, page.text


@pytest.mark.ocr
def test_why_a_pdfs_own_text_was_not_taken_is_said_once(reader):
    scan = Image.open(SAMPLES / "letter.png").convert("L")
    pdf = FPDF(unit="pt", format="A4")
    for _ in range(2):
        pdf.add_page()
        pdf.image(scan, 0, 0, 595, 842)
        pdf.set_font("helvetica", size=12)
        with pdf.local_context(text_mode="INVISIBLE"):
            pdf.text(60, 100, "what another program believed to read")
    document = recognise(bytes(pdf.output()), OcrOptions(language="en"), reader=reader)
    assert len(document.notices) == 1
    assert "another OCR program" in document.notices[0]
    assert "another program" not in document.text


@pytest.mark.ocr
def test_a_dark_page_is_read_whole(reader):
    data = BytesIO()
    ImageOps.invert(Image.open(SAMPLES / "letter.png").convert("RGB")).save(data, "PNG")
    document = recognise(data.getvalue(), OcrOptions(), reader=reader)
    assert error_rate(document.text, TRUTH["letter.png"]["pages"][0]) < 0.02


@pytest.mark.ocr
def test_latin_words_on_a_russian_page_are_kept(reader):
    texts = [
        "Инструкция по эксплуатации устройства",
        "Wireless Router Model XR-2000",
        "Подключите кабель USB к порту компьютера.",
        "Гарантийный срок составляет двенадцать месяцев.",
        "Copyright Example Corporation Limited",
    ]
    picture = Image.new("RGB", (1000, 420), "white")
    for number, text in enumerate(texts):
        ImageDraw.Draw(picture).text((60, 50 + 64 * number), text, font=load_font(SANS, 32), fill="black")
    data = BytesIO()
    picture.save(data, "PNG")
    page = recognise(data.getvalue(), OcrOptions(), reader=reader).get_page(1)
    assert (page.script, page.language) == ("Cyrl", "ru")
    assert error_rate(page.text, " ".join(texts)) < 0.05


@pytest.mark.ocr
def test_a_page_range_reads_only_those_pages(reader):
    document = read_sample("report-3-pages.pdf", reader, page_range=(2, 9))
    assert [page.number for page in document.pages] == [2, 3]
    assert document.page_count == 3
    for page in document.pages:
        assert error_rate(page.text, TRUTH["report-3-pages.pdf"]["pages"][page.number - 1]) < 0.02


@pytest.mark.ocr
def test_a_blank_page_has_no_blocks(reader):
    data = BytesIO()
    Image.fromarray(np.full((300, 200, 3), 255, np.uint8)).save(data, "PNG")
    document = recognise(data.getvalue(), OcrOptions(), reader=reader)
    assert document.get_page(1).blocks == ()
    assert document.text == ""
    assert document.mean_confidence is None


@pytest.mark.ocr
def test_careful_reading_says_who_read_and_why(reader):
    document = read_sample("letter.png", reader, tier=Tier.VLM)
    assert document.get_page(1).engine == "embedded-careful"
    assert len(document.notices) == 1
    assert error_rate(document.text, TRUTH["letter.png"]["pages"][0]) < 0.01


@pytest.mark.ocr
@pytest.mark.parametrize("engine", ["tesseract", "rapidocr"])
def test_an_engine_can_be_prescribed(engine):
    reader = Reader(ReaderConfig(cpu_engine=engine))
    document = read_sample("letter.png", reader)
    assert document.get_page(1).engine == engine
    assert error_rate(document.text, TRUTH["letter.png"]["pages"][0]) < 0.02
    reader.close()


def test_an_unknown_engine_is_refused_by_name():
    with pytest.raises(EngineUnavailableError, match=r"'abbyy'.*rapidocr or tesseract"):
        Reader(ReaderConfig(cpu_engine="abbyy"))


def test_a_failing_page_costs_that_page_only():
    script = EngineScript({2: ScriptedPage(fault=Fault.RAISE)}, ScriptedPage("Some words"))
    reader = Reader(ReaderConfig(cpu_engine="scripted", script=script))
    frames = [Image.new("RGB", (200, 100), "white") for _ in range(3)]
    data = BytesIO()
    frames[0].save(data, "TIFF", save_all=True, append_images=frames[1:])
    document = recognise(data.getvalue(), OcrOptions(), reader=reader, name="three.tiff")
    assert [page.text for page in document.pages] == ["Some words", "Some words"]
    assert [(error.page_number, error.code) for error in document.page_errors] == [(2, "engine_failed")]
    assert document.source_name == "three.tiff"


def page_with(number, *texts):
    blocks = [
        Block(f"p{number}-b{i}", BlockKind.TEXT, text, Box(100, top, 500, top + 20), 0.9)
        for i, (text, top) in enumerate(texts, start=1)
    ]
    return Page(number, 600, 1000, 72, tuple(blocks), "tesseract")


def test_assembling_sorts_pages_and_marks_running_headers():
    pages = [page_with(n, ("Annual report", 10), (f"Body of page {n}", 500)) for n in (3, 1, 2)]
    document = assemble(
        "id",
        "report.pdf",
        pages,
        page_count=5,
        created_at=datetime.now(UTC),
        notices=["same", "same", "other"],
        page_errors=[PageError(5, "x", "x"), PageError(4, "x", "x")],
    )
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert [page.blocks[0].kind for page in document.pages] == [BlockKind.HEADER] * 3
    assert document.notices == ("same", "other")
    assert [error.page_number for error in document.page_errors] == [4, 5]


def test_the_edge_of_a_photographed_sheet_is_no_text(reader):
    document = read_sample("tilted-photo.jpg", reader)
    assert document.text.startswith("House rules")


class BlindReader(PageReader):
    """Sees nothing that looks like a letter, and thinks a little that the page stands on its head."""

    def _look(self, prepared):
        return ScriptFinding((), (), is_sure=False, upside_down=0.54)


@pytest.mark.parametrize(("certainty", "rotation"), [(0.9, 0), (0.5, 180)])
def test_letters_that_cannot_be_seen_turn_no_page_whose_look_is_certain(certainty, rotation):
    blank = PageImage(1, np.full((300, 200, 3), 255, np.uint8), 72)
    prepared, _ = BlindReader()._stand_up(blank, 0, certainty)
    assert prepared.rotation == rotation
