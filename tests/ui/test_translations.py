"""Every language of the interface says everything, with the same values, in its own words."""

import json
import re
import string
from pathlib import Path

import pytest

from ui.texts import DEFAULT, FOLDER, choose_language, get_texts, list_languages

# Names of programs, formats and of the product; and what a language writes just as English does.
NAMES = {"app.title", "result.source", "result.json", "api.python", "api.node", "api.client", "api.mcp"}
SAME = {"tab.api", "account.plan", "language.direction", "result.page", "result.fields.no"}
RIGHT_TO_LEFT = {"ar"}
PUBLISHED = {"es", "sq", "ja", "ar", "km"}
# Words that only English has; a sentence with two of them was left untranslated.
ENGLISH = {"the", "and", "of", "your", "is", "was", "has", "have", "with", "which", "this", "it", "from", "are", "you"}

OTHERS = [code for code in list_languages() if code != DEFAULT]
# What a sentence keeps in every language, so a script can be told apart from it.
SCRIPTS = {"ar": "؀-ۿ", "ja": "぀-ヿ一-鿿", "km": "ក-៿", "zh": "一-鿿", "hi": "ऀ-ॿ"}


def words_of(code: str) -> dict[str, str]:
    words: dict[str, str] = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return words


def fields_of(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_the_published_languages_are_there() -> None:
    assert set(list_languages()) >= PUBLISHED


@pytest.mark.parametrize("code", OTHERS)
def test_every_key_and_no_other(code: str) -> None:
    assert list(words_of(code)) == list(words_of(DEFAULT))


@pytest.mark.parametrize("code", OTHERS)
def test_same_values(code: str) -> None:
    english = words_of(DEFAULT)
    for key, text in words_of(code).items():
        assert fields_of(text) == fields_of(english[key]), key


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_left_in_english(code: str) -> None:
    english = words_of(DEFAULT)
    for key, text in words_of(code).items():
        assert text.strip() == text != "", key
        assert key in NAMES | SAME or text != english[key], key
        found = ENGLISH & set(re.findall(r"[a-z']+", text.lower()))
        assert len(found) < 2, (key, found)


@pytest.mark.parametrize("code", sorted(set(SCRIPTS) & set(OTHERS)))
def test_its_own_script(code: str) -> None:
    for key, text in words_of(code).items():
        if key not in NAMES | SAME | {"drop.types"}:
            assert re.search(f"[{SCRIPTS[code]}]", text), key


@pytest.mark.parametrize("code", list_languages())
def test_direction(code: str) -> None:
    assert get_texts(code).is_right_to_left == (code in RIGHT_TO_LEFT)
    assert words_of(code)["language.direction"] in ("ltr", "rtl")


def test_every_key_is_used() -> None:
    """A key that no file names is a sentence that nobody sees."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(FOLDER.parent).rglob("*")
        if path.suffix in (".py", ".js") and "__pycache__" not in path.parts
    )
    groups = set(re.findall(r'texts\.group\(["\']([\w.]+)["\']\)', sources))
    made = set(re.findall(r'f"([\w.]+)\.\{', sources)) | {"account.token", "tool"}
    for key in words_of(DEFAULT):
        parts = key.split(".")
        starts = {".".join(parts[:length]) for length in range(1, len(parts))}
        assert re.search(f"[\"']{re.escape(key)}[\"']", sources) or starts & (groups | made), key


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        (None, "", "en"),
        ("ar", "de", "ar"),
        ("AR-eg", "", "ar"),
        ("tlh", "es", "es"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "fi, ja;q=0.4, en;q=0.3", "ja"),
        (None, "en;q=0.2, km;q=0.8", "km"),
        (None, "*", "en"),
        (None, "nonsense;;;q=x", "en"),
    ],
)
def test_language_is_chosen(asked: str | None, accepted: str, chosen: str) -> None:
    assert choose_language(asked, accepted) == chosen


def test_values_keep_their_order_in_right_to_left_sentences() -> None:
    assert "\u20682026-12-01 00:00 UTC\u2069" in get_texts("ar")("account.resets", date="2026-12-01 00:00 UTC")
    assert "\u2068" not in get_texts("en")("account.resets", date="2026-12-01 00:00 UTC")
