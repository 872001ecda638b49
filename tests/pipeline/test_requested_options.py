"""What a request says becomes checked options, or a sentence about the field that is wrong."""

import pytest

from errors import InvalidFieldError, UnknownLanguageError, UnknownTierError, UnknownToolError
from pipeline.options import OcrOptions, Tier
from pipeline.presets import PRESETS
from pipeline.requested_options import parse_options

CONTRACT_TOOLS = {
    "image-to-text",
    "pdf-to-text",
    "extract-tables",
    "handwriting-to-text",
    "math-to-latex",
    "translate",
    "receipt-to-text",
    "searchable-pdf",
}


def test_nothing_said_means_the_defaults() -> None:
    assert parse_options() == parse_options(tier="", language=" ", tool="", translate_to="", pages="") == OcrOptions()


def test_the_contract_s_tools_exist() -> None:
    assert PRESETS.keys() >= CONTRACT_TOOLS


@pytest.mark.parametrize("slug", sorted(PRESETS))
def test_a_tool_sets_its_tier_unless_another_is_named(slug: str) -> None:
    assert parse_options(tool=slug, translate_to="en").tier is PRESETS[slug].tier
    assert parse_options(tool=slug, tier="CPU", translate_to="en").tier is Tier.CPU


def test_translate_to_alone_means_translate() -> None:
    options = parse_options(translate_to="Japan")
    assert (options.tool, options.translate_to, options.tier) == ("translate", "ja", Tier.VLM)


@pytest.mark.parametrize(
    ("spelling", "code"), [("ch", "zh-Hans"), ("zh-CN", "zh-Hans"), ("JPN", "ja"), ("auto", "auto")]
)
def test_languages_in_any_style(spelling: str, code: str) -> None:
    assert parse_options(language=spelling).language == code


@pytest.mark.parametrize(("pages", "expected"), [("3", (3, 3)), (" 2 - 5 ", (2, 5))])
def test_page_ranges(pages: str, expected: tuple[int, int]) -> None:
    assert parse_options(pages=pages).page_range == expected


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"tier": "gpu"}, UnknownTierError),
        ({"language": "klingon"}, UnknownLanguageError),
        ({"tool": "make-coffee"}, UnknownToolError),
        ({"tool": "translate"}, InvalidFieldError),
        ({"translate_to": "klingon"}, UnknownLanguageError),
        ({"pages": "5-2"}, InvalidFieldError),
        ({"pages": "0"}, InvalidFieldError),
        ({"pages": "all"}, InvalidFieldError),
    ],
)
def test_wrong_values(fields: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_options(**fields)
