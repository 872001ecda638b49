import io
import random
from itertools import pairwise

import numpy as np
import pikepdf
import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw

from errors import PageNotFoundError
from pipeline.language_detection import detect_language
from pipeline.pdf_text import normalise
from pipeline.rasterize import open_source
from pipeline.text_layer import TextLayer, examine_text_layer, read_text_layer
from samples.drawing import CJK, NASKH, NOTO, SANS, load_font
from tests.malformed_files import CATALOG, PAGE, make_pdf, make_picture

DEVANAGARI, THAI = NOTO / "NotoSansDevanagari-Regular.ttf", NOTO / "NotoSansThai-Regular.ttf"

SENTENCES = (
    "The harbour office opens at seven and closes when the last boat is in.",
    "Every difficult affair begins with a first small figure in a file.",
    "Nobody counted the waffles, but everybody remembered the coffee.",
)


def _new_pdf() -> FPDF:
    pdf = FPDF(unit="pt", format=(595, 842))
    pdf.add_font("sans", fname=SANS)
    pdf.set_text_shaping(True)
    pdf.add_page()
    pdf.set_font("sans", size=14)
    return pdf


def _write(pdf: FPDF, lines=SENTENCES, *, x: float = 60, y: float = 100) -> FPDF:
    for index, line in enumerate(lines):
        pdf.text(x, y + 24 * index, line)
    return pdf


def _bytes(pdf: FPDF) -> bytes:
    return bytes(pdf.output())


def _examine(data: bytes, number: int = 1):
    with open_source(data) as opened:
        return examine_text_layer(opened, number)


def _layer(data: bytes) -> TextLayer:
    finding = _examine(data)
    assert finding.layer is not None, finding.reason
    return finding.layer


def _texts(data: bytes) -> list[str]:
    return [line.text for line in _layer(data).lines]


def _assert_words_lie_on_ink(data: bytes, *, number: int = 1) -> None:
    """Each word's box holds its ink tightly, and no ink is left outside of all boxes."""
    with open_source(data) as opened:
        layer = read_text_layer(opened, number)
        image = opened.render(number)
    assert layer is not None
    assert (layer.size.width_px, layer.size.height_px) == (image.width_px, image.height_px)
    ink = image.pixels.min(axis=2) < 128
    covered = np.zeros_like(ink)
    for line in layer.lines:
        for word in line.words:
            box = word.box
            assert box.intersection(line.box) == pytest.approx(box.area)
            area = (slice(int(box.top) - 2, int(box.bottom) + 3), slice(int(box.left) - 2, int(box.right) + 3))
            assert ink[area].mean() > 0.02, word.text
            covered[area] = True
    assert ink.any()
    assert (ink & ~covered).sum() < 0.01 * ink.sum()


def test_words_and_lines_of_a_plain_page():
    data = _bytes(_write(_new_pdf()))
    layer = _layer(data)
    assert [line.text for line in layer.lines] == list(SENTENCES)
    assert [word.text for word in layer.lines[0].words] == SENTENCES[0].split()
    assert all(word.confidence is None for line in layer.lines for word in line.words)
    assert layer.image_regions == ()
    assert layer.size.dpi == 300
    _assert_words_lie_on_ink(data)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (40, 300, 595, 800)])
def test_boxes_fit_rotated_and_cropped_pages(rotate, crop):
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(_bytes(_write(_new_pdf())))) as pdf:
        pdf.pages[0].Rotate = rotate
        if crop:
            pdf.pages[0].CropBox = pikepdf.Array(crop)
        pdf.save(target)
    layer = _layer(target.getvalue())
    assert sorted(line.text for line in layer.lines) == sorted(SENTENCES)
    assert layer.rotation == (360 - rotate) % 360
    _assert_words_lie_on_ink(target.getvalue())


def test_landscape_page_whose_text_runs_up_the_paper():
    """Wide tables are often set at 90 degrees on a page that is turned back by /Rotate."""
    pdf = _new_pdf()
    with pdf.rotation(90, 300, 400):
        _write(pdf, y=330)
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(_bytes(pdf))) as opened:
        opened.pages[0].Rotate = 90
        opened.save(target)
    assert _texts(target.getvalue()) == list(SENTENCES)
    assert _layer(target.getvalue()).rotation == 0
    _assert_words_lie_on_ink(target.getvalue())


def test_margin_note_that_runs_upwards_is_a_line_of_its_own():
    pdf = _write(_new_pdf())
    with pdf.rotation(90, 30, 500):
        pdf.text(30, 500, "A note in the margin")
    data = _bytes(pdf)
    assert _texts(data) == [*SENTENCES, "A note in the margin"]
    note = _layer(data).lines[-1]
    assert note.box.height > 4 * note.box.width
    _assert_words_lie_on_ink(data)


def test_words_outside_the_page_are_not_read():
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(_bytes(_write(_write(_new_pdf()), ["Printer's mark"], y=700)))) as pdf:
        pdf.pages[0].CropBox = pikepdf.Array([0, 600, 595, 842])
        pdf.save(target)
    assert _texts(target.getvalue()) == list(SENTENCES)


def test_ligatures_and_hyphens_are_plain_letters():
    lines = (
        "The \ufb03ce in the \ufb02at, o\ufb03cial",
        "A soft\u00adened word at the end of the respon-",
        "sibility is kept.",
    )
    data = _bytes(_write(_new_pdf(), lines))
    assert _texts(data) == [
        "The ffice in the flat, official",
        "A softened word at the end of the respon-",
        "sibility is kept.",
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("e\u0301te\u0301", "été"),
        ("\ufefbم", "لام"),
        ("\u2f47本", "日本"),
        ("co\u00adoperate", "cooperate"),
        ("respon\u00ad", "respon-"),
        ("respon\x02", "respon-"),
        ("\uf0b7", "•"),
        ("a\ue123b", "ab"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ﬁnﬂ", "finfl"),
    ],
)
def test_normalise(raw, expected):
    assert normalise(raw) == expected


def test_arabic_is_in_logical_order():
    pdf = _new_pdf()
    pdf.add_font("naskh", fname=NASKH)
    pdf.set_font("naskh", size=16)
    lines = (
        "السلام عليكم ورحمة الله وبركاته",
        "رقم الفاتورة 12345 بتاريخ 2026",
        "تفتح المكتبة من الساعة التاسعة صباحا",
    )
    for index, line in enumerate(lines):
        pdf.set_xy(60, 100 + 40 * index)
        pdf.cell(475, 30, line, align="R")
    data = _bytes(pdf)
    assert _texts(data) == list(lines)
    words = _layer(data).lines[0].words
    assert [word.text for word in words] == lines[0].split()
    assert all(first.box.left > second.box.left for first, second in pairwise(words))
    _assert_words_lie_on_ink(data)


def test_arabic_with_latin_words_stays_one_line():
    pdf = _new_pdf()
    pdf.set_fallback_fonts(["sans"])
    pdf.add_font("naskh", fname=NASKH)
    pdf.set_font("naskh", size=16)
    pdf.set_xy(60, 100)
    pdf.cell(475, 30, "اشترت الشركة برنامج Acme Writer في العام الماضي", align="R")
    assert _texts(_bytes(pdf)) == ["اشترت الشركة برنامج Acme Writer في العام الماضي"]


def test_arabic_drawn_glyph_by_glyph_from_the_right():
    """As browsers write it: PDFium turns such words around."""
    pdf = _new_pdf()
    pdf.add_font("naskh", fname=NASKH)
    pdf.set_font("naskh", size=16)
    x = 500.0
    for letter in "\ufedb\ufe98\ufe8e\ufe8f":
        x -= pdf.get_string_width(letter)
        pdf.text(x, 100, letter)
    assert _texts(_bytes(pdf)) == ["كتاب"]


def test_vowelled_arabic():
    pdf = _new_pdf()
    pdf.add_font("naskh", fname=NASKH)
    pdf.set_font("naskh", size=18)
    pdf.set_xy(60, 100)
    pdf.cell(475, 40, "وَلَدٌ صَغِيرٌ يَقْرَأُ الكِتَابَ", align="R")
    assert _texts(_bytes(pdf)) == ["وَلَدٌ صَغِيرٌ يَقْرَأُ الكِتَابَ"]


def test_vertical_japanese_is_one_line_a_column():
    pdf = _new_pdf()
    pdf.add_font("cjk", fname=CJK)
    pdf.set_font("cjk", size=14)
    columns = ("縦書きの文章です", "二行目もあります")
    for column, text in enumerate(columns):
        for row, character in enumerate(text):
            pdf.text(400 - 30 * column, 100 + 15 * row, character)
    data = _bytes(pdf)
    assert _texts(data) == list(columns)
    assert all(line.box.height > 5 * line.box.width for line in _layer(data).lines)
    _assert_words_lie_on_ink(data)


def test_spaces_that_pdfium_sees_within_hindi_words_are_closed():
    pdf = _new_pdf()
    pdf.add_font("devanagari", fname=DEVANAGARI)
    pdf.set_font("devanagari", size=16)
    line = "हिन्दी में लिखा हुआ एक छोटा दस्तावेज़"
    assert [normalise(text) for text in _texts(_bytes(_write(pdf, [line])))] == [normalise(line)]


def test_japanese():
    pdf = _new_pdf()
    pdf.add_font("cjk", fname=CJK)
    pdf.set_font("cjk", size=14)
    lines = ["四月から図書館の開館時間が変わります。", "新しい本が百二十冊入りました。"]
    assert _texts(_bytes(_write(pdf, lines))) == lines


def test_columns_and_table_cells_are_separate_lines():
    pdf = _new_pdf()
    for row, y in ((("Item", "Quantity", "Price"), 100), (("Green apples", "12", "3.40"), 124)):
        for text, x in zip(row, (60, 260, 420), strict=True):
            pdf.text(x, y, text)
    assert _texts(_bytes(pdf)) == ["Item", "Quantity", "Price", "Green apples", "12", "3.40"]


def test_justified_text_is_not_torn_apart():
    pdf = _new_pdf()
    pdf.set_xy(60, 100)
    pdf.multi_cell(260, 18, " ".join(SENTENCES), align="J")
    assert all(len(text.split()) > 3 for text in _texts(_bytes(pdf))[:-1])


def test_blank_page_is_trusted_and_empty():
    layer = _layer(make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE))
    assert layer.lines == ()
    assert layer.image_regions == ()


def test_pictures_have_no_text_layer():
    assert _examine(make_picture()).layer is None


def test_missing_page_is_not_found():
    with open_source(_bytes(_write(_new_pdf()))) as opened, pytest.raises(PageNotFoundError):
        read_text_layer(opened, 2)


# When not to trust


def _scan(text: str = "A scanned page") -> Image.Image:
    picture = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(picture).text((150, 200), text, 0, load_font(SANS, 40))
    return picture


def _place(pdf: FPDF, picture: Image.Image, box=(0, 0, 595, 842)) -> None:
    left, top, right, bottom = box
    pdf.image(picture, left, top, right - left, bottom - top)


def test_scan_without_text():
    pdf = _new_pdf()
    _place(pdf, _scan())
    assert _examine(_bytes(pdf)).reason == "the page has no text of its own"


def test_invisible_text_over_a_scan_is_not_trusted():
    pdf = _new_pdf()
    _place(pdf, _scan())
    with pdf.local_context(text_mode=3):
        _write(pdf)
    finding = _examine(_bytes(pdf))
    assert finding.layer is None
    assert "another OCR program" in finding.reason


def test_text_under_a_scan_is_not_trusted():
    pdf = _write(_new_pdf())
    _place(pdf, _scan())
    assert _examine(_bytes(pdf)).reason == "a picture lies over the page's text"


def test_invisible_words_of_a_visible_page_are_left_out():
    pdf = _write(_new_pdf())
    with pdf.local_context(text_mode=3):
        pdf.text(60, 300, "Nobody sees this")
    with pdf.local_context(fill_opacity=0):
        pdf.text(60, 340, "Nor this")
    assert _texts(_bytes(pdf)) == list(SENTENCES)


def _with_unicode_map(data: bytes, entries: bytes | None) -> bytes:
    """Replace (or drop) the Unicode map of every font."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item:
                if entries is None:
                    del item["/ToUnicode"]
                    continue
                head = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange "
                item.ToUnicode = pdf.make_stream(
                    head + b"<0000> <FFFF> endcodespacerange " + entries + b" endcmap end end"
                )
        pdf.save(target)
    return target.getvalue()


@pytest.mark.parametrize("entries", [None, b"1 beginbfrange <0000> <FFFF> <E000> endbfrange"])
def test_fonts_without_a_usable_unicode_map_are_not_trusted(entries):
    assert "broken fonts" in _examine(_with_unicode_map(_bytes(_write(_new_pdf())), entries)).reason


def test_shuffled_letters_are_not_trusted():
    letters = "abcdefghijklmnopqrstuvwxyz"
    shuffled = "".join(random.Random(4).sample("bcdfghjklmnpqrstvwxzbcdfgh", 26))
    lines = [sentence.lower().translate(str.maketrans(letters, shuffled)) for sentence in SENTENCES]
    assert "pronounced" in _examine(_bytes(_write(_new_pdf(), lines))).reason


def test_punctuation_instead_of_letters_is_not_trusted():
    lines = ["".join(chr(33 + ord(c) % 14) if c != " " else c for c in sentence) for sentence in SENTENCES]
    assert "punctuation" in _examine(_bytes(_write(_new_pdf(), lines))).reason


@pytest.mark.parametrize("line", ["GLYPH<c=3,font=/AAAA> GLYPH<12>", "(cid:12)(cid:34)(cid:5)", "/g12/g3/g44 /g5/g6"])
def test_glyph_names_are_not_trusted(line):
    assert "glyph names" in _examine(_bytes(_write(_new_pdf(), [*SENTENCES, line]))).reason


def test_marks_out_of_place_and_doubled_thai_clusters_are_not_trusted():
    pdf = _new_pdf()
    pdf.add_font("thai", fname=THAI)
    pdf.set_font("thai", size=16)
    assert "come twice" in _examine(_bytes(_write(pdf, ["ภาษาไทยเขียขีนติดกันไม่มีม่ช่องว่าว่ง"]))).reason
    words = [*SENTENCES, "\u0301bad \u0301marks"]
    assert "out of place" in _examine(_bytes(_write(_new_pdf(), words))).reason


def test_a_distrusted_layer_still_tells_position_and_language():
    pdf = _new_pdf()
    pdf.add_font("thai", fname=THAI)
    pdf.set_font("thai", size=16)
    found = _examine(_bytes(_write(pdf, ["ภาษาไทยเขียขีนติดกันไม่มีม่ช่องว่าว่ง"] * 3)))
    assert found.layer is None
    assert found.rotation == 0
    assert detect_language(found.letters, None) == "th"
    shuffled = _examine(_bytes(_write(_new_pdf(), [*SENTENCES, "GLYPH<c=3,font=/AAAA> GLYPH<12>"])))
    assert (shuffled.rotation, shuffled.letters) == (0, "")


def test_single_letters_are_not_trusted():
    lines = [" ".join(sentence.replace(" ", "")) for sentence in SENTENCES]
    assert "single letters" in _examine(_bytes(_write(_new_pdf(), lines))).reason


def test_page_drawn_as_outlines_is_not_trusted():
    pdf = _write(_new_pdf(), ["7"])
    for index in range(300):
        pdf.line(60 + index, 200, 61 + index, 210)
    assert _examine(_bytes(pdf)).reason == "the page is drawn, with hardly any text"


@pytest.mark.parametrize(
    "lines",
    [
        ["Contents"] + [f"Chapter {n} {'.' * 60} {n * 7}" for n in range(1, 9)],
        ["12.50 13.75 18.20 9.99 10.00"] * 8,
        ["+49 (0)30 / 123-456-789 | -12,5 %"] * 5,
        ["x = (a + b) / 2 - [c * d] + {e ^ f}"] * 4,
        ["Prst skrz krk zmrzl, vlk zmlkl, trh strhl"] * 2,
        ["7"],
    ],
)
def test_unusual_but_honest_text_is_trusted(lines):
    assert " ".join(_texts(_bytes(_write(_new_pdf(), lines)))) == " ".join(lines)


# Text and pictures on one page


def test_picture_beside_text_is_named_for_ocr():
    pdf = _write(_new_pdf())
    _place(pdf, _scan().crop((0, 0, 1240, 700)), (60, 400, 535, 668))
    layer = _layer(_bytes(pdf))
    assert [line.text for line in layer.lines] == list(SENTENCES)
    (region,) = layer.image_regions
    scale = 300 / 72
    assert (region.left, region.top, region.right, region.bottom) == pytest.approx(
        (60 * scale, 400 * scale, 535 * scale, 668 * scale), abs=2
    )


def test_strips_of_one_picture_are_one_region():
    pdf = _write(_new_pdf())
    picture = _scan().crop((0, 0, 1240, 800))
    for index in range(4):
        strip = picture.crop((0, 200 * index, 1240, 200 * index + 200))
        _place(pdf, strip, (60, 400 + 80 * index, 535, 480 + 80 * index))
    assert len(_layer(_bytes(pdf)).image_regions) == 1


def test_small_and_plain_pictures_need_no_ocr():
    pdf = _write(_new_pdf())
    _place(pdf, _scan(), (500, 20, 540, 60))
    _place(pdf, Image.new("RGB", (200, 200), (200, 220, 240)), (60, 400, 535, 700))
    assert _layer(_bytes(pdf)).image_regions == ()


def test_text_on_a_plain_background_picture_needs_no_ocr():
    pdf = _new_pdf()
    shade = np.linspace(190, 250, 842).astype(np.uint8)
    _place(pdf, Image.fromarray(np.repeat(shade[:, None], 595, axis=1)))
    layer = _layer(_bytes(_write(pdf)))
    assert [line.text for line in layer.lines] == list(SENTENCES)
    assert layer.image_regions == ()


def test_text_on_a_background_picture_with_words_of_its_own():
    pdf = _new_pdf()
    _place(pdf, _scan("Words that are part of the picture, " * 2))
    layer = _layer(_bytes(_write(pdf, y=400)))
    assert [line.text for line in layer.lines] == list(SENTENCES)
    (region,) = layer.image_regions
    assert region.area == pytest.approx(layer.size.pixel_count, rel=0.01)
