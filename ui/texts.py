"""The interface's words, a JSON file a language, and which language a visitor wants."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "translations"
DEFAULT = "en"
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Texts:
    """Words by key. A key that does not exist is a mistake in the program and raises KeyError."""

    language: str
    words: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        text = self.words[key]
        if self.is_right_to_left:
            # Dates, names and numbers keep their own order inside the sentence.
            values = {name: f"{_ISOLATE}{value}{_END_ISOLATE}" for name, value in values.items()}
        return text.format(**values) if values else text

    @property
    def is_right_to_left(self) -> bool:
        return self.words["language.direction"] == "rtl"

    def group(self, prefix: str) -> dict[str, str]:
        """The words whose key begins with ``prefix.``, without it."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self.words.items() if key.startswith(start)}


@cache
def list_languages() -> tuple[str, ...]:
    """English first, the others by code."""
    found = sorted(path.stem for path in FOLDER.glob("*.json"))
    return (DEFAULT, *(code for code in found if code != DEFAULT))


@cache
def get_texts(language: str) -> Texts:
    """Raises FileNotFoundError for a language that the interface does not speak."""
    words = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return Texts(language, words)


def choose_language(asked: str | None, accepted: str) -> str:
    """``asked`` (``?lang=``) if we speak it, else the first of ``Accept-Language`` that we do, else English."""
    spoken = list_languages()
    if asked and asked.lower().split("-")[0] in spoken:
        return asked.lower().split("-")[0]
    for part in _by_preference(accepted):
        if part in spoken:
            return part
    return DEFAULT


def _by_preference(accepted: str) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for item in accepted.split(","):
        code, _, parameter = item.strip().partition(";")
        quality = parameter.strip().removeprefix("q=")
        weight = float(quality) if quality.replace(".", "", 1).isdigit() else 1.0
        weighted.append((-weight, code.strip().lower().split("-")[0]))
    return [code for _, code in sorted(weighted, key=lambda pair: pair[0]) if code]
