"""The table of languages: complete, unambiguous, and answering to what people really write."""

from collections import Counter

import pytest

from errors import UnknownLanguageError
from pipeline.languages import (
    LANGUAGES,
    SCRIPTS,
    Direction,
    find_language,
    get_language,
    get_script,
    normalise,
    spellings,
)

# What `tesseract-ocr-all` of Debian 12 installs, without `osd`, which is no language.
DEBIAN_PACKS_TEXT = """
    Arabic Armenian Bengali Canadian_Aboriginal Cherokee Cyrillic Devanagari Ethiopic Fraktur Georgian Greek
    Gujarati Gurmukhi HanS HanS_vert HanT HanT_vert Hangul Hangul_vert Hebrew Japanese Japanese_vert Kannada
    Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Syriac Tamil Telugu Thaana Thai Tibetan Vietnamese afr amh
    ara asm aze aze_cyrl bel ben bod bos bre bul cat ceb ces chi_sim chi_sim_vert chi_tra chi_tra_vert chr cos
    cym dan deu div dzo ell eng enm epo est eus fao fas fil fin fra frk frm fry gla gle glg grc guj hat heb hin
    hrv hun hye iku ind isl ita ita_old jav jpn jpn_vert kan kat kat_old kaz khm kir kmr kor kor_vert lao lat
    lav lit ltz mal mar mkd mlt mon mri msa mya nep nld nor oci ori pan pol por pus que ron rus san sin slk slv
    snd spa spa_old sqi srp srp_latn sun swa swe syr tam tat tel tgk tha tir ton tur uig ukr urd uzb uzb_cyrl
    vie yid yor
"""
DEBIAN_PACKS = frozenset(DEBIAN_PACKS_TEXT.split())


def test_has_more_than_a_hundred_languages_in_thirty_scripts():
    assert len(LANGUAGES) >= 200
    assert len({language.script for language in LANGUAGES.values()}) >= 30


def test_no_spelling_is_claimed_twice():
    claims = Counter(spelling for language in LANGUAGES.values() for spelling in spellings(language))
    assert [spelling for spelling, count in claims.items() if count > 1] == []


def test_every_row_is_filled_in():
    for code, language in LANGUAGES.items():
        assert language.code == code
        assert language.name
        assert language.native_name
        assert language.script in SCRIPTS
        assert all(alias == normalise(alias) for alias in language.aliases)


def test_every_engine_code_is_a_debian_pack():
    packs = {language.tesseract for language in LANGUAGES.values()}
    packs |= {language.tesseract_vertical for language in LANGUAGES.values() if language.tesseract_vertical}
    packs |= {script.tesseract for script in SCRIPTS.values()}
    packs |= {script.tesseract_vertical for script in SCRIPTS.values() if script.tesseract_vertical}
    assert packs <= DEBIAN_PACKS


def test_every_debian_language_has_a_row():
    language_packs = {pack for pack in DEBIAN_PACKS if pack[0].islower()}
    reached = {language.tesseract for language in LANGUAGES.values()}
    reached |= {language.tesseract_vertical for language in LANGUAGES.values()}
    assert language_packs <= reached


@pytest.mark.parametrize("pack", sorted(pack for pack in DEBIAN_PACKS if pack[0].islower()))
def test_every_tesseract_code_is_an_alias(pack):
    found = get_language(pack)
    assert pack in {found.tesseract, found.tesseract_vertical}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        # the published page and its samples
        ("ch", "zh-Hans"), ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-Hant", "zh-Hant"), ("chi_sim", "zh-Hans"),
        ("japan", "ja"), ("ja", "ja"), ("jpn", "ja"), ("ar", "ar"), ("en", "en"),
        # PaddleOCR and EasyOCR
        ("chinese_cht", "zh-Hant"), ("korean", "ko"), ("german", "de"), ("french", "fr"), ("it", "it"),
        ("rs_latin", "sr-Latn"), ("rs_cyrillic", "sr-Cyrl"), ("ch_tra", "zh-Hant"), ("ch_sim", "zh-Hans"),
        # regions, locales, scripts
        ("zh-TW", "zh-Hant"), ("zh_HK", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"), ("zh-Hans-SG", "zh-Hans"),
        ("pt-BR", "pt"), ("en-US", "en"), ("en_US.UTF-8", "en"), ("de_DE@euro", "de"), ("es-419", "es"),
        ("sr", "sr-Cyrl"), ("sr-Latn-RS", "sr-Latn"), ("az-Cyrl-AZ", "az-Cyrl"), ("uz-UZ", "uz"), ("ru-Cyrl", "ru"),
        ("ku-Arab", "ckb"), ("pa-PK", "pa"), ("pa-Arab-PK", "pa-Arab"), ("de-Latf", "de-Latf"), ("no-NO", "no"),
        # ISO 639-2/B, 639-2/T, 639-3, withdrawn codes
        ("ger", "de"), ("deu", "de"), ("fre", "fr"), ("dut", "nl"), ("gre", "el"), ("per", "fa"), ("pes", "fa"),
        ("arb", "ar"), ("cmn", "zh-Hans"), ("iw", "he"), ("in", "id"), ("ji", "yi"), ("tl", "fil"), ("nb", "no"),
        ("bur", "my"), ("wel", "cy"), ("khk", "mn"), ("ory", "or"), ("npi", "ne"), ("zsm", "ms"), ("swh", "sw"),
        # names
        ("Japanese", "ja"), ("日本語", "ja"), ("Deutsch", "de"), ("FRANÇAIS", "fr"),
        ("Chinese (Simplified)", "zh-Hans"),
        ("Kurdish (Sorani)", "ckb"), (" Ukrainian ", "uk"), ("Norwegian Nynorsk", "nn"),
    ],
)  # fmt: skip
def test_finds_what_people_write(written, code):
    assert get_language(written).code == code
    assert get_language(written.upper()).code == code
    assert get_language(written.replace("-", "_")).code == code


@pytest.mark.parametrize("nonsense", ["", " ", "auto", "xx", "zz-ZZ", "english-please", "ru-Latn", "../etc", "osd"])
def test_does_not_guess(nonsense):
    assert find_language(nonsense) is None


def test_an_unknown_language_says_where_the_codes_are():
    with pytest.raises(UnknownLanguageError, match="klingon") as caught:
        get_language("klingon")
    assert "/languages/" in caught.value.remedy


def test_directions():
    rtl = {code for code, language in LANGUAGES.items() if language.direction is Direction.RTL}
    assert {"ar", "fa", "ur", "he", "yi", "dv", "syr", "ps", "ckb"} <= rtl
    assert not rtl & {"en", "ja", "hi", "th"}


def test_rapidocr_reads_latin_chinese_and_japanese_only():
    readable = {language.script for language in LANGUAGES.values() if language.rapidocr}
    assert readable == {"Latn", "Hans", "Hant", "Jpan"}
    assert not get_language("vi").rapidocr
    assert not get_language("yo").rapidocr


def test_scripts_are_found_by_code():
    assert get_script("Mymr").tesseract == "Myanmar"
    assert get_script("Jpan").tesseract_vertical == "Japanese_vert"
    with pytest.raises(KeyError):
        get_script("Zzzz")
