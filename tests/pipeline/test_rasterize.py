import io

import numpy as np
import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, TiffImagePlugin

from errors import PageNotFoundError, ReadingError
from pipeline.rasterize import open_source
from tests.malformed_files import CATALOG, PAGE, make_pdf

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def _save(picture: Image.Image, kind: str, **options) -> bytes:
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def _render(data: bytes, number: int = 1, **options):
    with open_source(data) as opened:
        image = opened.render(number, **options)
        size = opened.page_size(number, **options)
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape == (size.height_px, size.width_px, 3)
    assert image.dpi == pytest.approx(size.dpi)
    assert image.number == number
    return image


def _pdf_text(opened, number: int = 1) -> str:
    return opened.pdf_page(number).get_textpage().get_text_range()


def _is_near(pixel, color) -> bool:
    return bool(np.abs(pixel.astype(int) - color).max() < 40)


def _marked(width: int = 80, height: int = 40) -> Image.Image:
    """White with a red top left corner and a blue bottom right one."""
    picture = Image.new("RGB", (width, height), WHITE)
    picture.paste(RED, (0, 0, width // 4, height // 4))
    picture.paste(BLUE, (width - width // 4, height - height // 4, width, height))
    return picture


# EXIF orientation -> how the stored picture must be made from the upright one (the inverse of what readers do).
_STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", _STORED_AS)
def test_pictures_are_turned_upright_by_exif(kind, orientation):
    method = _STORED_AS[orientation]
    stored = _marked() if method is None else _marked().transpose(method)
    if kind == "TIFF":
        data = _save(stored, kind, tiffinfo={274: orientation})
    else:
        exif = Image.Exif()
        exif[274] = orientation
        data = _save(stored, kind, exif=exif)
    image = _render(data)
    assert (image.width_px, image.height_px) == (80, 40)
    assert _is_near(image.pixels[3, 3], RED)
    assert _is_near(image.pixels[-4, -4], BLUE)


def test_16_bit_grey_is_shifted_not_clipped():
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (4, 1))
    for kind in ("PNG", "TIFF"):
        pixels = _render(_save(Image.fromarray(ramp), kind)).pixels
        assert np.abs(pixels[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_12_bit_scan_in_a_16_bit_file_keeps_its_brightness():
    ramp = np.tile(np.linspace(0, 4095, 256).astype(np.uint16), (4, 1))
    assert _render(_save(Image.fromarray(ramp), "PNG")).pixels.max() == 255


def test_deep_integers_and_floats_keep_their_shades():
    ramp = np.linspace(0, 1, 256)
    for data in (np.tile((ramp * 65535).astype(np.int32), (4, 1)), np.tile(ramp.astype(np.float32), (4, 1))):
        pixels = _render(_save(Image.fromarray(data), "TIFF")).pixels
        assert np.abs(pixels[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_float_picture_with_holes_is_read():
    data = np.full((4, 4), np.nan, np.float32)
    data[0, 0] = 255
    assert _render(_save(Image.fromarray(data), "TIFF")).pixels[0, 0, 0] == 255


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_keeps_its_colours(kind):
    image = _render(_save(_marked().convert("CMYK"), kind))
    assert _is_near(image.pixels[3, 3], RED)
    assert _is_near(image.pixels[20, 40], WHITE)


def test_lab_keeps_its_colours():
    from PIL import ImageCms

    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(_marked(), srgb, lab, outputMode="LAB")
    assert picture is not None
    image = _render(_save(picture, "TIFF"))
    assert _is_near(image.pixels[3, 3], RED)
    assert _is_near(image.pixels[20, 40], WHITE)


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("RGBA", "WEBP"), ("LA", "PNG"), ("RGBA", "TIFF")])
def test_transparency_is_laid_on_white(mode, kind):
    picture = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 10, 10))
    pixels = _render(_save(picture.convert(mode), kind)).pixels
    assert _is_near(pixels[2, 2], (0, 0, 0))
    assert _is_near(pixels[25, 25], WHITE)


def test_palette_with_a_transparent_entry_and_one_bit_pictures():
    palette = _marked().quantize(8)
    transparent = palette.getpixel((40, 20))
    image = _render(_save(palette, "PNG", transparency=transparent))
    assert _is_near(image.pixels[3, 3], RED)
    assert _is_near(image.pixels[20, 40], WHITE)
    bits = Image.new("1", (20, 10), 1)
    bits.putpixel((0, 0), 0)
    pixels = _render(_save(bits, "TIFF", compression="group4")).pixels
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[5, 5].tolist() == [255, 255, 255]


def test_dpi_is_taken_from_the_file_where_sensible():
    assert _render(_save(_marked(), "PNG", dpi=(300, 300))).dpi == pytest.approx(300, abs=0.1)
    assert _render(_save(_marked(), "JPEG", dpi=(150, 150))).dpi == 150
    for nonsense in ((1, 1), (9999, 9999)):
        assert _render(_save(_marked(), "JPEG", dpi=nonsense)).dpi == 72


def test_fax_pixels_are_made_square():
    image = _render(_save(_marked(204, 98), "TIFF", dpi=(204, 98)))
    assert (image.width_px, image.height_px, image.dpi) == (204, 204, 204)


def test_tiff_frames_are_pages_and_thumbnails_are_not():
    frames = [Image.new("L", (20 + 10 * index, 20), 250) for index in range(3)]
    target = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(target, new=True) as writer:
        for index, frame in enumerate(frames):
            frame.save(writer, "TIFF", tiffinfo={254: 1 if index == 1 else 0})
            writer.newFrame()
    with open_source(target.getvalue()) as opened:
        assert opened.page_count == 2
        assert [opened.render(number).width_px for number in (1, 2, 1)] == [20, 40, 20]


def test_damaged_later_frame_is_a_reading_error():
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (60, 60), np.uint8))
    data = bytearray(_save(noise, "TIFF", save_all=True, append_images=[noise], compression="tiff_adobe_deflate"))
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(1)
        assert isinstance(picture, TiffImagePlugin.TiffImageFile)
        start = picture.tag_v2[273][0]
    data[start : start + 500] = bytes(500)
    with open_source(bytes(data)) as opened:
        assert opened.page_count == 2
        with pytest.raises(ReadingError, match="Page 2"):
            opened.render(2)
        assert opened.render(1).width_px == 60


def test_max_pixels_holds_for_pictures_and_pdf_pages():
    picture = _render(_save(_marked(800, 400), "PNG", dpi=(200, 200)), max_pixels=80_000)
    assert (picture.width_px, picture.height_px, round(picture.dpi)) == (400, 200, 100)
    page = _render(make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE), max_pixels=90_000)
    assert (page.width_px, page.height_px, round(page.dpi)) == (300, 300, 72)


def _pdf_with_picture(picture: Image.Image, page_pt: tuple[float, float], *, text: str = "") -> bytes:
    pdf = FPDF(unit="pt", format=page_pt)
    pdf.add_page()
    pdf.image(picture, 0, 0, *page_pt)
    if text:
        pdf.set_font("helvetica", size=20)
        pdf.text(20, 40, text)
    return bytes(pdf.output())


@pytest.mark.parametrize(
    ("pixels", "page_pt", "expected_dpi"),
    [
        ((1654, 2339), (595.44, 842.04), 200),  # an A4 scan at 200 dpi
        ((300, 400), (300, 400), 72),  # a picture at one pixel a point
        ((120, 160), (595, 842), 72),  # a thumbnail blown up
        ((3000, 4000), (595, 793), 300),  # more than enough
        ((1800, 1200), (216, 144), 600),  # a small card, scanned finely
    ],
)
def test_scanned_page_is_rendered_at_the_resolution_of_its_picture(pixels, page_pt, expected_dpi):
    image = _render(_pdf_with_picture(_marked(*pixels), page_pt))
    assert image.dpi == pytest.approx(expected_dpi, rel=0.06)
    assert _is_near(image.pixels[10, 10], RED)
    assert _is_near(image.pixels[-10, -10], BLUE)


def test_scan_keeps_its_own_pixels():
    noise = Image.fromarray(np.random.default_rng(2).integers(0, 255, (1170, 827, 3), np.uint8))
    image = _render(_pdf_with_picture(noise, (595.44, 842.4)))
    assert np.abs(image.pixels.astype(int) - np.asarray(noise)).mean() < 3


def test_page_with_more_than_a_scan_is_rendered_at_300_dpi():
    assert _render(_pdf_with_picture(_marked(300, 400), (300, 400), text="Words")).dpi == 300


def test_huge_page_is_a_reading_error_and_a_missing_one_not_found():
    huge = PAGE.replace(b"300 300", b"200000 200000")
    data = make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>", PAGE, huge)
    with open_source(data) as opened:
        with pytest.raises(ReadingError, match="too large"):
            opened.render(2)
        assert opened.render(1, dpi=72).width_px == 300
        for number in (0, 3):
            with pytest.raises(PageNotFoundError):
                opened.render(number)


@pytest.mark.parametrize(("rotate", "corner"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))])
def test_pdf_rotation_and_crop_box_are_applied(rotate, corner):
    """A red square fills the top left corner of the crop box; /Rotate turns it clockwise."""
    content = b"1 0 0 rg 100 160 50 40 re f"
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/CropBox[100 100 300 200]/Rotate %d/Contents 4 0 R>>" % rotate
    )
    stream = b"<</Length %d>>stream\n%b\nendstream" % (len(content), content)
    image = _render(make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream), dpi=72)
    assert (image.width_px, image.height_px) == ((200, 100) if rotate % 180 == 0 else (100, 200))
    row, column = (-5 if corner[0] else 5), (-5 if corner[1] else 5)
    assert _is_near(image.pixels[row, column], RED)
    assert sum(_is_near(image.pixels[r, c], RED) for r in (5, -5) for c in (5, -5)) == 1


def test_preview_has_the_width_asked_for():
    with open_source(make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE)) as opened:
        assert opened.render_preview(1, 500).pixels.shape == (500, 500, 3)
        assert opened.render_preview(1, 2000).pixels.shape == (2000, 2000, 3)
    with open_source(_save(_marked(), "PNG")) as opened:
        assert opened.render_preview(1, 40).pixels.shape == (20, 40, 3)


def test_filled_form_fields_are_visible():
    """The field has no appearance of its own, as many programs leave it."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    catalog = (
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/NeedAppearances true/DA(/F 12 Tf 0 g)"
        b"/DR<</Font<</F %b>>>>>>>>" % font
    )
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Annots[4 0 R]>>"
    field = (
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(n)/V(Ada Lovelace)/DA(/F 12 Tf 0 g)/Rect[60 240 250 265]/F 4/P 3 0 R>>"
    )
    data = make_pdf(catalog, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, field)
    assert (_render(data, dpi=72).pixels[35:60, 60:250] < 100).sum() > 50
    with open_source(data) as opened:
        assert _pdf_text(opened) == "Ada Lovelace"


def test_pages_of_a_long_pdf_are_opened_one_at_a_time():
    pdf = FPDF(unit="pt", format=(200, 200))
    for number in range(1, 31):
        pdf.add_page()
        pdf.set_font("helvetica", size=30)
        pdf.text(20, 100, f"{number}")
    with open_source(bytes(pdf.output())) as opened:
        first = opened.pdf_page(1)
        assert opened.pdf_page(1) is first
        for number in range(1, opened.page_count + 1):
            assert opened.render(number, dpi=36).number == number
        assert _pdf_text(opened, 30) == "30"


def test_drawn_picture_pages_say_they_are_no_pdf():
    picture = _marked()
    ImageDraw.Draw(picture).line((0, 0, 10, 10))
    with open_source(_save(picture, "PNG")) as opened:
        assert opened.pdf_page(1) is None
        assert opened.pdf_content(1) is None
