import io
import random

import pytest
from PIL import Image

from errors import FileTooLargeError, InvalidInputError, PageTooLargeError, TooManyPagesError
from pipeline.intake import IntakeLimits, SourceFile, check
from pipeline.rasterize import open_source
from tests.malformed_files import CATALOG, MALFORMED, PAGE, encrypted_pdf, make_pdf, make_picture

LIMITS = IntakeLimits()


@pytest.mark.parametrize(("name", "build", "code"), MALFORMED, ids=[name for name, _, _ in MALFORMED])
def test_malformed_file_is_refused_with_its_code_and_a_sentence(name, build, code):
    with pytest.raises(InvalidInputError) as caught:
        check(build(), LIMITS)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")
    assert 10 < len(caught.value.message) < 150


def test_there_are_enough_malformed_files():
    names = [name for name, _, _ in MALFORMED]
    assert len(names) == len(set(names)) >= 50


@pytest.mark.parametrize("order", [1, -1])
def test_an_earlier_refusal_does_not_colour_the_next(order):
    cases = [case for case in MALFORMED if case[0] in {"password.pdf", "no-pages.pdf", "unknown-security.pdf"}]
    for _, build, code in cases[::order] * 2:
        with pytest.raises(InvalidInputError) as caught:
            check(build(), LIMITS)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("kind", "media_type", "suffix"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("WEBP", "image/webp", ".webp"),
        ("GIF", "image/gif", ".gif"),
        ("BMP", "image/bmp", ".bmp"),
        ("TIFF", "image/tiff", ".tiff"),
    ],
)
def test_each_picture_format_is_accepted_by_its_bytes(kind, media_type, suffix):
    data = make_picture(kind)
    assert check(data, LIMITS) == SourceFile(media_type, suffix, len(data), 1, ())


def test_pdf_is_accepted_with_garbage_before_its_header():
    data = b"HTTP/1.1 200 OK\r\n\r\n" + make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", PAGE)
    source = check(data, LIMITS)
    assert (source.media_type, source.page_count) == ("application/pdf", 2)


def test_pdf_that_opens_with_an_empty_password_is_accepted():
    assert check(encrypted_pdf(user_password=""), LIMITS).page_count == 1


def test_pages_that_a_pdf_only_claims_are_not_counted():
    data = make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 100000>>", PAGE)
    source = check(data, LIMITS)
    assert source.page_count == 1
    assert source.notices == ("The PDF claims 100000 pages but holds 1.",)
    with open_source(data) as opened:
        assert opened.page_count == 1


def test_oversized_and_damaged_pages_among_good_ones_are_noticed_only():
    huge = PAGE.replace(b"300 300", b"200000 200000")
    data = make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R 4 0 R 9 0 R 3 0 R]/Count 4>>", PAGE, huge)
    source = check(data, LIMITS)
    assert source.page_count == 4
    assert source.notices == ("Page 2 is too large to be read.", "Page 3 is damaged and can't be opened.")


def test_a_large_poster_is_accepted():
    # A0 at 300 dpi would be 139 megapixels; it is read at fewer dpi.
    poster = PAGE.replace(b"300 300", b"2384 3370")
    assert check(make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", poster), LIMITS).notices == ()


def test_limits_are_kept():
    picture = make_picture(size=(400, 300))
    with pytest.raises(FileTooLargeError) as too_large:
        check(picture, IntakeLimits(max_bytes=len(picture) - 1))
    assert too_large.value.details == {"size_bytes": len(picture), "max_bytes": len(picture) - 1}
    with pytest.raises(PageTooLargeError, match="400 × 300"):
        check(picture, IntakeLimits(max_page_pixels=400 * 300 - 1))
    assert check(picture, IntakeLimits(max_bytes=len(picture), max_page_pixels=400 * 300)).page_count == 1
    pages = make_pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", PAGE)
    with pytest.raises(TooManyPagesError):
        check(pages, IntakeLimits(max_pages=1))
    assert check(pages, IntakeLimits(max_pages=2)).page_count == 2


def _frames(kind: str, count: int) -> bytes:
    frames = [Image.new("RGB", (40, 30), (index * 60, 10, 10)) for index in range(count)]
    target = io.BytesIO()
    frames[0].save(target, kind, save_all=True, append_images=frames[1:])
    return target.getvalue()


def test_every_frame_of_a_tiff_is_a_page():
    assert check(_frames("TIFF", 4), LIMITS).page_count == 4
    with pytest.raises(TooManyPagesError):
        check(_frames("TIFF", 4), IntakeLimits(max_pages=3))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_only_the_first_frame_of_an_animation_is_read_and_said_so(kind):
    source = check(_frames(kind, 3), LIMITS)
    assert source.page_count == 1
    assert source.notices == (f"The {kind} is animated; its first frame was read.",)


def test_a_jpeg_with_several_pictures_is_one_page():
    assert check(_frames("MPO", 2), LIMITS).page_count == 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PDF"])
def test_mutated_files_are_read_or_refused_but_never_crash(kind):
    """Flip, drop and repeat bytes of a valid file; whatever intake lets pass must render or raise a page error."""
    from errors import ReadingError

    pdf = make_pdf(
        CATALOG,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 90 60]/Contents 4 0 R/Resources<</Font<</F<</Type/Font"
        b"/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length 44>>stream\nBT /F 20 Tf 5 20 Td (Hello) Tj ET 9 9 m 50 9 l S\nendstream",
    )
    valid = pdf if kind == "PDF" else make_picture(kind, (48, 32))
    dice = random.Random(kind)
    limits = IntakeLimits(max_page_pixels=4_000_000)
    for _ in range(150):
        data = _mutate(valid, dice)
        try:
            source = check(data, limits)
        except InvalidInputError:
            continue
        with open_source(data) as opened:
            assert opened.page_count == source.page_count
            try:
                opened.render(1, dpi=72)
            except ReadingError:
                continue


def _mutate(valid: bytes, dice: random.Random) -> bytes:
    data = bytearray(valid)
    for _ in range(dice.randint(1, 6)):
        # Headers are where decoders are most easily confused.
        at = dice.randrange(min(len(data), 200) if dice.random() < 0.6 else len(data))
        kind = dice.random()
        if kind < 0.6:
            data[at] = dice.randrange(256)
        elif kind < 0.8:
            del data[at : at + dice.randint(1, 20)]
        else:
            data[at:at] = data[at : at + dice.randint(1, 20)]
    return bytes(data)
