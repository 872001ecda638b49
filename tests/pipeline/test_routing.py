import pytest

from pipeline.document import Box, Line
from pipeline.languages import LANGUAGES, SCRIPTS
from pipeline.routing import (
    RAPIDOCR,
    TESSERACT,
    add_latin,
    can_miss_latin,
    is_hopeless,
    is_weak,
    latin_alternatives,
    mean_confidence,
    narrow_latin,
    route_accented_latin,
    route_language,
    route_latin,
    route_script,
    vote_candidates,
    widen_latin,
)

BOX = Box(0, 0, 10, 10)


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [
        ("zh-Hans", RAPIDOCR, TESSERACT),
        ("ja", RAPIDOCR, TESSERACT),
        ("en", TESSERACT, RAPIDOCR),
        ("vi", TESSERACT, None),
        ("ru", TESSERACT, None),
        ("ko", TESSERACT, None),
        ("ar", TESSERACT, None),
    ],
)
def test_languages_go_to_the_engine_that_reads_them_best(code, first, second):
    route = route_language(LANGUAGES[code])
    assert (route.first, route.second) == (first, second)
    assert route.packs == (LANGUAGES[code].tesseract,)


def test_only_scripts_that_stack_marks_are_read_line_by_line():
    assert {code for code in SCRIPTS if route_script(code).line_by_line} == {"Mymr", "Khmr", "Thai", "Laoo", "Tibt"}


def test_every_script_but_latin_and_cjk_stands_for_election_once():
    scripts = [script for script, _ in vote_candidates()]
    assert len(scripts) == len(set(scripts))
    assert set(scripts) == set(SCRIPTS) - {"Latn", "Latf", "Hans", "Hant", "Jpan"}
    assert [script for script, _ in vote_candidates(["Thai", "Laoo"])][:3] == ["Thai", "Laoo", "Cyrl"]


def test_rapidocr_never_helps_out_with_vietnamese():
    assert [route_latin(pack).second for _, pack in latin_alternatives()] == [None, RAPIDOCR]
    assert route_latin("Latin").second == RAPIDOCR


def test_a_latin_page_in_one_language_is_read_with_its_own_data():
    route = route_latin("Latin")
    assert narrow_latin(route, LANGUAGES["pl"]).packs == ("pol",)
    assert widen_latin(narrow_latin(route, LANGUAGES["pl"])) == route
    assert narrow_latin(route_latin("frk"), LANGUAGES["de"]).packs == ("frk",)


def test_letters_that_rapidocr_lacks_are_left_to_tesseract():
    assert route_accented_latin(LANGUAGES["vi"]).packs == ("vie",)
    assert route_accented_latin(LANGUAGES["yo"]).packs == ("Latin",)
    assert route_accented_latin(LANGUAGES["de"]) is None
    assert route_accented_latin(LANGUAGES["ja"]) is None


def test_latin_words_on_other_pages_get_their_data():
    assert add_latin(route_script("Cyrl")).packs == ("Cyrillic", "eng")
    assert can_miss_latin("Kore")
    assert not can_miss_latin("Arab")


def test_what_is_weak_and_what_is_hopeless():
    good, poor = Line("a long good line", BOX, 0.97), Line("a long poor line", BOX, 0.3)
    assert not is_weak([good])
    assert is_weak([good, poor])
    assert not is_hopeless([good, poor])
    assert is_hopeless([poor])
    assert is_hopeless([])
    assert mean_confidence([]) == 0.0
    assert mean_confidence([good, Line("a long good line", BOX, None)]) == pytest.approx(0.485)
