import math
import subprocess
from dataclasses import replace
from io import BytesIO

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from PIL import Image, ImageDraw

from bench.pdf_readers import READERS
from errors import BrokenFileError, EncryptedFileError
from exports import searchable_pdf
from pipeline.document import BlockKind, Box
from tests.documents import make_block, make_document, make_line, make_page, make_text_block

SIZE = (800, 600)


def picture(mode="RGB", size=SIZE):
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((50, 50, 300, 70), fill=(200, 30, 30))
    draw.text((60, 200), "not what the layer says", fill="black")
    draw.ellipse((400, 300, 700, 560), fill=(20, 80, 160))
    return image.convert(mode)


def picture_bytes(format="PNG", mode="RGB", size=SIZE, **options):
    target = BytesIO()
    picture(mode, size).save(target, format, **options)
    return target.getvalue()


def pdf_bytes(content=b"0.8 0.1 0.1 rg 100 100 50 30 re f", *, box=(0, 0, 400, 300), pages=1, **page_entries):
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(box[2] - box[0], box[3] - box[1]))
        page = pdf.pages[-1]
        page.MediaBox = list(box)
        page.Contents = pdf.make_stream(content)
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
                )
            )
        )
        for key, value in page_entries.items():
            page[f"/{key}"] = value
    target = BytesIO()
    pdf.save(target)
    return target.getvalue()


def write(document, source, **options):
    target = BytesIO()
    notices = searchable_pdf.write(document, source, target, **options)
    return target.getvalue(), notices


def render(data, page=0, scale=1.0):
    document = pypdfium2.PdfDocument(data)
    try:
        return document[page].render(scale=scale).to_numpy().copy()
    finally:
        document.close()


def text_of(data, page=0):
    document = pypdfium2.PdfDocument(data)
    try:
        return document[page].get_textpage().get_text_range().replace("\r\n", "\n")
    finally:
        document.close()


def find_box(data, word, width_px, height_px, page=0):
    """Where PDFium marks ``word``, in pixels of the shown page."""
    document = pypdfium2.PdfDocument(data)
    try:
        shown = document[page]
        text = shown.get_textpage()
        index, count = text.search(word, match_case=True).get_next()
        corners = []
        for position in range(index, index + count):
            left, bottom, right, top = text.get_charbox(position)
            corners += [to_pixel(shown, x, y, width_px, height_px) for x in (left, right) for y in (bottom, top)]
        xs, ys = zip(*corners, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))
    finally:
        document.close()


def to_pixel(page, x, y, width_px, height_px):
    import ctypes

    fine = 100
    device_x, device_y = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDF_PageToDevice(page, 0, 0, width_px * fine, height_px * fine, 0, x, y, device_x, device_y)
    return device_x.value / fine, device_y.value / fine


def assert_within(found, expected, pixels=3):
    for edge in ("left", "top", "right", "bottom"):
        assert abs(getattr(found, edge) - getattr(expected, edge)) <= pixels, (edge, found, expected)


def assert_sound(tmp_path, data):
    path = tmp_path / "checked.pdf"
    path.write_bytes(data)
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return path


SCRIPTS = {
    "Latin": "Straße à la carte, naïve façade",
    "Greek": "Όλοι οι άνθρωποι γεννιούνται",
    "Cyrillic": "Все люди рождаются свободными",
    "Devanagari": "सभी मनुष्यों को गौरव और",
    "Bengali": "সমস্ত মানুষ স্বাধীনভাবে সমান",
    "Tamil": "மனிதப் பிறவியினர் சகலரும்",
    "Telugu": "ప్రతిపత్తిస్వత్వముల విషయమున",
    "Georgian": "ყველა ადამიანი იბადება თავისუფალი",
    "Armenian": "Բոլոր մարդիկ ծնվում են",
    "Ethiopic": "የሰው ልጅ ሁሉ ሲወለድ",
    "Thai": "มนุษย์ทั้งหลายเกิดมา มีอิสระ",
    "Khmer": "មនុស្សទាំងអស់ កើតមក",
    "Japanese": "すべての人間は 生まれながらにして",
    "Chinese": "人人生而自由 在尊严和权利上",
    "Korean": "모든 인간은 태어날 때부터",
    "Astral": "𝒜 𝓑𝓒 😀 word",
}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_gives_back_lines_in_every_script(reader, tmp_path):
    lines = [make_line(text, top=20 + 34 * index) for index, text in enumerate(SCRIPTS.values())]
    document = make_document(make_page(*(make_block(line, index=i) for i, line in enumerate(lines, 1))))
    data, _ = write(document, picture_bytes())
    read = READERS[reader](assert_sound(tmp_path, data))[0]
    from bench.pdf_readers import normal

    missing = [line.text for line in lines if normal(line.text) not in read]
    assert not missing, read


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", ["كل إنسان حق التمتع بكافة الحقوق", "כל בני אדם נולדו בני חורין"])
def test_right_to_left_lines(reader, text, tmp_path):
    line = make_line(text, left=700, top=100, leftwards=True)
    data, _ = write(make_document(make_page(make_block(line))), picture_bytes())
    assert text in READERS[reader](assert_sound(tmp_path, data))[0]


def test_a_number_in_a_right_to_left_line_reads_right_in_pdfium():
    line = make_line("المادة 1948 من الإعلان", left=700, top=100, leftwards=True)
    data, _ = write(make_document(make_page(make_block(line))), picture_bytes())
    assert text_of(data).strip() == "المادة 1948 من الإعلان"


def test_words_are_found_where_they_stand():
    line = make_line("alpha beta gamma delta")
    data, _ = write(make_document(make_page(make_block(line))), picture_bytes())
    for word in line.words:
        assert_within(find_box(data, word.text, *SIZE), word.box)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("box", [(0, 0, 400, 300), (-50, 20, 350, 320)])
def test_rotated_and_shifted_pages(turned, box, tmp_path):
    size = SIZE if turned % 180 == 0 else SIZE[::-1]
    line = make_line("alpha beta gamma")
    page = make_page(make_block(line), width_px=size[0], height_px=size[1])
    source = pdf_bytes(box=box, Rotate=turned)
    data, _ = write(make_document(page), source)
    assert_sound(tmp_path, data)
    assert text_of(data).strip() == "alpha beta gamma"
    assert_within(find_box(data, "beta", *size), line.words[1].box)
    assert np.array_equal(render(data), render(source))


def test_crop_box_user_unit_and_inherited_rotation(tmp_path):
    pdf = pikepdf.open(BytesIO(pdf_bytes(CropBox=[100, 50, 300, 200], UserUnit=2)))
    pdf.pages[0].obj.Parent.Rotate = 90
    source = BytesIO()
    pdf.save(source)
    line = make_line("alpha beta", left=40, top=60)
    page = make_page(make_block(line), width_px=600, height_px=800)
    data, _ = write(make_document(page), source.getvalue())
    assert_within(find_box(data, "beta", 600, 800), line.words[1].box)
    assert np.array_equal(render(data), render(source.getvalue()))


@pytest.mark.parametrize(("rotation", "box"), [(90, Box(50, 100, 70, 300)), (270, Box(50, 100, 70, 300))])
def test_text_that_stands_sideways_in_the_picture(rotation, box):
    page = make_page(make_text_block("sideways", box), rotation=rotation)
    data, _ = write(make_document(page), picture_bytes())
    assert text_of(data).strip() == "sideways"
    assert_within(find_box(data, "sideways", *SIZE), box)


def tilted_lines(skew_deg):
    """Boxes as an engine gives them for a tilted page: upright rectangles around tilted words."""
    angle = math.radians(skew_deg)

    def tilted(line):
        def turn(x, y):
            return x * math.cos(angle) - y * math.sin(angle) + 40, x * math.sin(angle) + y * math.cos(angle) + 40

        def around(box):
            corners = [turn(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)]
            xs, ys = zip(*corners, strict=True)
            return Box(min(xs), min(ys), max(xs), max(ys))

        words = tuple(replace(word, box=around(word.box)) for word in line.words)
        return replace(line, box=Box.around(word.box for word in words), words=words)

    texts = [f"the {n} line goes over most of the width of the sheet {n}" for n in ("first", "second", "third", "last")]
    return [tilted(make_line(text, top=100 + 30 * index)) for index, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("reader", "skew_deg"),
    # Poppler takes no line apart that climbs or falls by less than its height.
    [("poppler", skew) for skew in (-1.8, -1.0, 0.7, 1.0, 1.8)]
    + [(reader, skew) for reader in READERS if reader != "poppler" for skew in (-3.0, -1.8, 0.7, 1.0, 2.0)],
)
def test_tilted_lines_stay_lines(reader, skew_deg, tmp_path):
    lines = tilted_lines(skew_deg)
    data, _ = write(make_document(make_page(make_block(*lines), skew_deg=skew_deg)), picture_bytes())
    assert READERS[reader](assert_sound(tmp_path, data))[0] == [line.text for line in lines]


@pytest.mark.parametrize("skew_deg", [-1.5, 1.5])
def test_the_first_word_of_a_tilted_line_is_marked_where_it_stands(skew_deg):
    line = tilted_lines(skew_deg)[0]
    data, _ = write(make_document(make_page(make_block(line), skew_deg=skew_deg)), picture_bytes())
    with pikepdf.open(BytesIO(data)) as pdf:
        assert len(pdf.pages[0].Resources.Font) == 2, "the first letter has a font of its own"
    for word in (line.words[0], line.words[2], line.words[-2]):
        assert_within(find_box(data, word.text, *SIZE), word.box)


def test_lines_without_words_and_blocks_without_lines():
    bare = replace(make_line("only a line here"), words=())
    paragraph = make_text_block("one two three four " * 20, Box(50, 200, 450, 400), index=2)
    data, _ = write(make_document(make_page(make_block(bare), paragraph)), picture_bytes())
    text = text_of(data)
    assert "only a line here" in text
    assert " ".join(text.split()).endswith(("one two three four " * 20).strip())
    assert text.count("\n") > 3, "a paragraph is not one giant line"


def test_words_that_do_not_spell_the_line_lose_to_its_text():
    line = replace(make_line("wrong words"), text="right text")
    data, _ = write(make_document(make_page(make_block(line))), picture_bytes())
    assert text_of(data).strip() == "right text"


@pytest.mark.parametrize(
    ("format", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "L", {}),
        ("PNG", "P", {}),
        ("PNG", "1", {}),
        ("PNG", "RGBA", {}),
        ("GIF", "P", {}),
        ("BMP", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("TIFF", "1", {"compression": "group4"}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("JPEG", "RGB", {"quality": 90}),
        ("JPEG", "L", {"quality": 90}),
    ],
)
def test_pictures_keep_every_pixel(format, mode, options, tmp_path):
    source = picture_bytes(format, mode, dpi=(72, 72), **options)
    data, _ = write(make_document(make_page(make_block(make_line("found text")))), source)
    assert_sound(tmp_path, data)
    assert "found text" in text_of(data)
    with pikepdf.open(BytesIO(data)) as pdf:
        stream = next(iter(pdf.pages[0].get_images().values()))
        assert isinstance(stream, pikepdf.Stream)
        image = pikepdf.PdfImage(stream)
        shown = np.asarray(image.as_pil_image().convert("RGB"))
    with Image.open(BytesIO(source)) as original:
        expected = np.asarray(original.convert("RGB"))
    assert np.array_equal(shown, expected)


def test_jpeg_and_png_go_in_untouched():
    jpeg = picture_bytes("JPEG")
    data, _ = write(make_document(make_page(make_block(make_line("text")))), jpeg)
    assert jpeg in data
    png = picture_bytes("PNG")
    data, _ = write(make_document(make_page(make_block(make_line("text")))), png)
    assert png[100:1000] in data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = picture_bytes("JPEG", quality=95, exif=exif, dpi=(72, 72))
    from pipeline.rasterize import open_source

    with open_source(source) as opened:
        expected = opened.render(1)
    line = make_line("alpha beta")
    page = make_page(make_block(line), width_px=expected.width_px, height_px=expected.height_px)
    data, _ = write(make_document(page), source)
    shown = render(data, scale=expected.width_px / pypdfium2.PdfDocument(data)[0].get_width())
    assert shown.shape == expected.pixels.shape
    difference = np.abs(shown[:, :, ::-1].astype(int) - expected.pixels.astype(int))
    assert difference.mean() < 2
    assert_within(find_box(data, "beta", expected.width_px, expected.height_px), line.words[1].box)


def test_cmyk_jpeg_keeps_its_colours():
    source = picture_bytes("JPEG", "CMYK", quality=95, dpi=(72, 72))
    data, _ = write(make_document(make_page(make_block(make_line("text")))), source)
    assert source in data
    red, paper = render(data)[60, 100], render(data)[5, 5]
    assert paper.min() > 240
    assert red[2] > 120
    assert red[0] < 110


def test_every_frame_of_a_tiff_is_a_page():
    target = BytesIO()
    frames = [picture(size=(400 + 100 * index, 300)) for index in range(3)]
    frames[0].save(target, "TIFF", save_all=True, append_images=frames[1:])
    pages = [
        make_page(make_block(make_line(f"page{n}", left=20)), number=n, width_px=300 + 100 * n, height_px=300)
        for n in (1, 3)
    ]
    data, _ = write(make_document(*pages, page_count=3), target.getvalue())
    assert [text_of(data, index).strip() for index in range(3)] == ["page1", "", "page3"]


def test_page_selection_keeps_only_those_pages():
    pages = [make_page(make_block(make_line(f"number{n}")), number=n) for n in (1, 2, 3)]
    data, _ = write(make_document(*pages), pdf_bytes(pages=3), pages=[2, 3])
    assert len(pypdfium2.PdfDocument(data)) == 2
    assert text_of(data, 0).strip() == "number2"


def whole_document_pdf(content_of):
    """Three pages with bookmarks, links, destinations, form fields, a structure tree and first-view action."""
    pdf = pikepdf.open(BytesIO(pdf_bytes(pages=3)))
    make, name = pdf.make_indirect, pikepdf.Name
    fields = []
    for number, page in enumerate(pdf.pages, start=1):
        page.Contents = pdf.make_stream(f"BT /F1 20 Tf 50 200 Td ({content_of(number)}) Tj ET".encode())
        field = make(
            pikepdf.Dictionary(
                Type=name.Annot, Subtype=name.Widget, FT=name.Tx, Rect=[0, 0, 9, 9], P=page.obj,
                T=pikepdf.String(f"field{number}"), V=pikepdf.String(f"filled in {content_of(number)}"),
            )
        )  # fmt: skip
        fields.append(field)
        links = [
            pikepdf.Dictionary(Type=name.Annot, Subtype=name.Link, Rect=[0, 0, 9, 9], Dest=[other.obj, name.Fit])
            for other in pdf.pages
        ]
        page.Annots = pikepdf.Array([field, *links])
    whole = make(pikepdf.Dictionary(FT=name.Tx, T=pikepdf.String("both"), Kids=[]))
    for page in (pdf.pages[0], pdf.pages[1]):
        part = make(pikepdf.Dictionary(Type=name.Annot, Subtype=name.Widget, Rect=[0, 0, 9, 9], Parent=whole))
        page.Annots.append(part)
        whole.Kids.append(part)
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[*fields, whole], CO=[fields[0]])
    pdf.Root.OpenAction = pikepdf.Dictionary(S=name.GoTo, D=[pdf.pages[0].obj, name.Fit])
    pdf.Root.Dests = pikepdf.Dictionary({f"/p{n}": [page.obj, name.Fit] for n, page in enumerate(pdf.pages, start=1)})
    elements = [
        pikepdf.Dictionary(S=name.P, Pg=page.obj, Alt=f"alt {content_of(n)}")
        for n, page in enumerate(pdf.pages, start=1)
    ]
    pdf.Root.StructTreeRoot = make(pikepdf.Dictionary(Type=name.StructTreeRoot, K=elements))
    with pdf.open_outline() as outline:
        outline.root.extend(pikepdf.OutlineItem(f"to {content_of(n)}", n - 1) for n in (1, 2, 3))
    target = BytesIO()
    pdf.save(target)
    return target.getvalue()


def test_nothing_of_the_other_pages_stays_in_a_selection(tmp_path):
    source = whole_document_pdf(lambda number: f"secret{number}")
    title = make_block(make_line("A title"), kind=BlockKind.TITLE, level=1)
    data, _ = write(make_document(make_page(title, number=2), page_count=3), source, pages=[2])
    assert_sound(tmp_path, data)
    with pikepdf.open(BytesIO(data)) as pdf:
        plain = BytesIO()
        pdf.save(plain, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["A title"]
        assert [str(field.T) for field in pdf.Root.AcroForm.Fields] == ["field2", "both"]
        assert len(pdf.Root.AcroForm.Fields[1].Kids) == 1
        assert sum("/Dest" in note for note in pdf.pages[0].Annots) == 1
        assert list(pdf.Root.Dests.keys()) == ["/p2"]
    assert b"secret2" in plain.getvalue()
    assert b"secret1" not in plain.getvalue()
    assert b"secret3" not in plain.getvalue()


def test_a_selection_of_all_pages_keeps_the_bookmarks():
    source = whole_document_pdf(lambda number: f"part{number}")
    data, _ = write(make_document(make_page(make_block(make_line("text"))), page_count=3), source, pages=[1, 2, 3, 9])
    with pikepdf.open(BytesIO(data)) as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == ["to part1", "to part2", "to part3"]


def test_own_text_is_kept_and_only_what_ocr_added_is_laid():
    source = pdf_bytes(b"BT /F1 20 Tf 50 200 Td (born digital) Tj ET")
    own = make_block(make_line("born digital", confidence=None))
    data, _ = write(make_document(make_page(own, engine="pdf-text")), source)
    assert text_of(data).split() == ["born", "digital"]
    added = make_block(make_line("in a picture", top=400, confidence=0.8), index=2)
    data, _ = write(make_document(make_page(own, added, engine="pdf-text+tesseract")), source)
    assert text_of(data).split() == ["born", "digital", "in", "a", "picture"]


def test_an_invisible_layer_of_another_program_is_replaced(tmp_path):
    source = pdf_bytes(b"0.9 g 0 0 400 300 re f BT 3 Tr /F1 20 Tf 50 200 Td (bad old layer) Tj ET")
    data, _ = write(make_document(make_page(make_block(make_line("good new text")))), source)
    assert_sound(tmp_path, data)
    assert text_of(data).strip() == "good new text"
    assert np.array_equal(render(data), render(source))
    again, _ = write(make_document(make_page(make_block(make_line("third time")))), data)
    assert text_of(again).strip() == "third time"
    assert np.array_equal(render(again), render(source))


def test_an_invisible_layer_inside_a_form_is_replaced_on_this_page_only():
    pdf = pikepdf.open(BytesIO(pdf_bytes(b"/Fm0 Do", pages=2)))
    form = pdf.make_stream(
        b"BT 3 Tr /F1 20 Tf 50 200 Td (old) Tj ET",
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=[0, 0, 400, 300],
        Resources=pdf.pages[0].Resources,
    )
    for page in pdf.pages:
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm0=form))
    source = BytesIO()
    pdf.save(source)
    data, _ = write(make_document(make_page(make_block(make_line("new"))), page_count=2), source.getvalue())
    assert [text_of(data, index).strip() for index in (0, 1)] == ["new", "old"]


@pytest.mark.parametrize("reader", ["pdfium", "poppler"])
def test_visible_text_that_reads_badly_is_hidden_from_readers(reader, tmp_path):
    source = pdf_bytes(b"BT /F1 20 Tf 50 200 Td (garbage) Tj ET")
    data, _ = write(make_document(make_page(make_block(make_line("what it says", top=300)))), source)
    assert np.array_equal(render(data), render(source))
    assert READERS[reader](assert_sound(tmp_path, data))[0] == ["what it says"]


@pytest.mark.parametrize("content", [b"q 2 0 0 2 0 0 cm q", b"Q Q 0.5 g 10 10 50 50 re f", b"q 0.5 0 0 0.5 10 10 cm"])
def test_unbalanced_content_moves_nothing(content):
    source = pdf_bytes(content)
    line = make_line("alpha beta")
    data, _ = write(make_document(make_page(make_block(line))), source)
    assert_within(find_box(data, "beta", *SIZE), line.words[1].box)
    assert np.array_equal(render(data), render(source))


def test_bookmarks_language_and_title():
    blocks = [
        make_block(make_line("Chapter one", top=20), index=1, kind=BlockKind.TITLE, level=1),
        make_block(make_line("A section", top=120), index=2, kind=BlockKind.TITLE, level=2),
        make_block(make_line("Chapter two", top=220), index=3, kind=BlockKind.TITLE, level=1),
    ]
    page = make_page(*blocks, language="de")
    data, _ = write(make_document(page, source_name="Bericht 2026.png"), picture_bytes())
    with pikepdf.open(BytesIO(data)) as pdf:
        assert str(pdf.Root.Lang) == "de"
        assert pdf.open_metadata()["dc:title"] == "Bericht 2026"
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["Chapter one", "Chapter two"]
            assert [item.title for item in outline.root[0].children] == ["A section"]


def test_pdfa_on_request():
    data, notices = write(make_document(make_page(make_block(make_line("archive")))), picture_bytes(), pdfa=True)
    assert notices == ()
    assert b"pdfaid:part" in data
    from pikepdf import pdfa

    assert pdfa.validate_written(BytesIO(data), "2b").passed
    assert text_of(data).strip() == "archive"


def test_a_pdf_that_cannot_be_pdfa_is_written_all_the_same():
    source = pdf_bytes(b"BT /F1 20 Tf 50 200 Td (font not embedded) Tj ET")
    data, notices = write(make_document(make_page(make_block(make_line("text")))), source, pdfa=True)
    assert searchable_pdf.NOTICE_NOT_PDFA in notices
    assert "text" in text_of(data)


def test_owner_password_is_dropped_with_a_notice():
    target = BytesIO()
    with pikepdf.open(BytesIO(pdf_bytes())) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(owner="secret", user="", R=6))
    data, notices = write(make_document(make_page(make_block(make_line("text")))), target.getvalue())
    assert searchable_pdf.NOTICE_DECRYPTED in notices
    with pikepdf.open(BytesIO(data)) as pdf:
        assert not pdf.is_encrypted


def test_user_password_and_damage_are_named_errors():
    target = BytesIO()
    with pikepdf.open(BytesIO(pdf_bytes())) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(owner="secret", user="secret", R=6))
    with pytest.raises(EncryptedFileError):
        write(make_document(), target.getvalue())
    with pytest.raises(BrokenFileError):
        write(make_document(), b"%PDF-1.7 nothing else")


def test_signature_is_taken_out_with_a_notice():
    pdf = pikepdf.open(BytesIO(pdf_bytes()))
    signature = pikepdf.Dictionary(Type=pikepdf.Name.Sig, Contents=pikepdf.String("x" * 20))
    field = pdf.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String("s"), V=signature))
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field], SigFlags=3)
    source = BytesIO()
    pdf.save(source)
    data, notices = write(make_document(make_page(make_block(make_line("text")))), source.getvalue())
    assert searchable_pdf.NOTICE_SIGNATURE in notices
    with pikepdf.open(BytesIO(data)) as written:
        assert "/V" not in written.Root.AcroForm.Fields[0]
        assert "/SigFlags" not in written.Root.AcroForm


def test_the_same_document_gives_the_same_font():
    from exports.blank_font import make_font_program

    assert make_font_program((400, 480)) == make_font_program((400, 480))
    assert len(make_font_program(tuple(range(40, 2000, 40)))) < 2500
