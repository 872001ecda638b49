"""Words of every script, out of the word lists inside Debian's Tesseract data (Apache-2.0)."""

import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import regex

TESSDATA = Path("/usr/share/tesseract-ocr/5/tessdata")

PACKS = {
    "Latn": "eng deu fra spa ita por nld pol ces slk hun ron tur vie yor swe dan fin isl lav lit est hrv slv sqi cat "
    "eus gle cym mlt aze uzb ind fil swa afr epo oci lat ltz kmr",
    "Latf": "frk",
    "Cyrl": "rus ukr bel bul srp mkd kaz kir mon tat tgk uzb_cyrl aze_cyrl",
    "Grek": "ell grc",
    "Arab": "ara fas urd pus snd uig",
    "Hebr": "heb yid",
    "Syrc": "syr",
    "Thaa": "div",
    "Deva": "hin mar nep san",
    "Beng": "ben asm",
    "Guru": "pan",
    "Gujr": "guj",
    "Orya": "ori",
    "Taml": "tam",
    "Telu": "tel",
    "Knda": "kan",
    "Mlym": "mal",
    "Sinh": "sin",
    "Thai": "tha",
    "Laoo": "lao",
    "Khmr": "khm",
    "Mymr": "mya",
    "Tibt": "bod dzo",
    "Geor": "kat",
    "Armn": "hye",
    "Ethi": "amh tir",
    "Cher": "chr",
    "Cans": "iku",
    "Kore": "kor",
    "Jpan": "jpn",
    "Hans": "chi_sim",
    "Hant": "chi_tra",
}
"""Which word lists stand for a script: ISO 15924 code -> Tesseract packs."""

_PROPERTY = {"Latf": "Latin", "Kore": "Hangul", "Hans": "Han", "Hant": "Han"}
_PARTICLES = (
    *("の", "は", "を", "に", "が", "で", "と", "も", "た", "です", "ます", "した", "する", "して", "から", "まで"),
    *("こと", "という", "ある", "いる", "ない", "など", "について"),
)
_UNSPACED = {"Thai": "", "Laoo": "", "Khmr": "", "Mymr": "", "Tibt": "་", "Jpan": "", "Hans": "", "Hant": ""}
_OWN_DIGITS = {
    "Arab": 0x660,
    "Deva": 0x966,
    "Beng": 0x9E6,
    "Thai": 0xE50,
    "Khmr": 0x17E0,
    "Mymr": 0x1040,
    "Laoo": 0xED0,
}
_CASED = {"Latn", "Cyrl", "Grek", "Armn"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one script, a tuple for each language of it."""

    script: str
    languages: tuple[tuple[str, ...], ...]

    def draw_text(self, random: Random, length: int, known: frozenset[int] | None = None) -> str:
        """About ``length`` characters in which every code point is in ``known`` (the font's)."""
        words = random.choice(self.languages)
        style = random.random()
        parts: list[str] = []
        size = 0
        for _ in range(4 * length):
            word = self._draw_word(random, words)
            if known is not None and not all(ord(character) in known for character in word if character not in " ་"):
                continue
            parts.append(_recased(word, style, random) if self.script in _CASED else word)
            size += len(word) + 1
            if size >= length:
                break
        return "".join(parts).strip()

    def _draw_word(self, random: Random, words: Sequence[str]) -> str:
        if random.random() < 0.06:
            return _draw_number(random, self.script) + " "
        word = random.choice(words)
        if self.script == "Jpan" and random.random() < 0.6:
            word += random.choice(_PARTICLES)
        if self.script in {"Jpan", "Hans", "Hant"}:
            return word + ("。" if random.random() < 0.05 else "、" if random.random() < 0.05 else "")
        if self.script in _UNSPACED:
            return word + (_UNSPACED[self.script] if random.random() < 0.7 else " ")
        return word + random.choice(("", "", "", "", ",", ".", ":")) + " "


def draw_neutral_text(random: Random) -> str:
    """Numbers, dates and signs: a line that belongs to no script."""
    return "  ".join(_draw_number(random, "") for _ in range(random.randint(1, 6)))


def _recased(word: str, style: float, random: Random) -> str:
    if style < 0.2:
        return word.upper()
    return word.title() if style < 0.3 or random.random() < 0.12 else word


def _draw_number(random: Random, script: str) -> str:
    number = random.choice(
        (
            f"{random.randint(0, 9999) / 100:.2f}",
            f"{random.randint(1, 31)}/{random.randint(1, 12)}/{random.randint(1990, 2030)}",
            f"{random.randint(0, 99999):,}",
            f"({random.randint(1, 20)})",
            f"{random.randint(0, 23)}:{random.randint(0, 59):02d}",
            f"{random.randint(1, 100)}%",
            f"+{random.randint(1, 99)} {random.randint(100, 999)} {random.randint(1000, 9999)}",
            f"#{random.randint(0, 10**6)}",
        )
    )
    first = _OWN_DIGITS.get(script)
    if first and random.random() < 0.6:
        number = "".join(chr(first + int(c)) if c.isdigit() else c for c in number)
    return number


def load_vocabularies(cache: Path, *, per_language: int = 15000) -> dict[str, Vocabulary]:
    """Every script's words; ``cache`` keeps the extracted lists between runs."""
    random = Random(7)
    vocabularies = {}
    for script, packs in PACKS.items():
        languages = []
        for pack in packs.split():
            words = sorted(_clean(script, extract_words(pack, cache)))
            random.shuffle(words)
            languages.append(tuple(words[:per_language]))
        vocabularies[script] = Vocabulary(script, tuple(words for words in languages if len(words) > 300))
    return vocabularies


def extract_words(pack: str, cache: Path) -> list[str]:
    """The word list of one of Debian's packs, through Tesseract's own programs (package ``tesseract-ocr``)."""
    target = cache / f"{pack}.words"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            prefix = f"{folder}/{pack}."
            subprocess.run(["combine_tessdata", "-u", TESSDATA / f"{pack}.traineddata", prefix], check=True)
            subprocess.run(["dawg2wordlist", f"{prefix}lstm-unicharset", f"{prefix}lstm-word-dawg", target], check=True)
    return target.read_text(encoding="utf-8").splitlines()


def _clean(script: str, words: Iterable[str]) -> set[str]:
    """The words that are wholly in the script; the lists carry many Latin ones."""
    if script == "Jpan":
        pattern = regex.compile(r"[\p{Hiragana}\p{Katakana}\p{Han}ー]{1,8}")
    else:
        name = _PROPERTY.get(script, script)
        pattern = regex.compile(rf"[\p{{Script={name}}}\p{{M}}\u200c\u200d'’־]{{1,18}}")
    return {word for word in words if pattern.fullmatch(word) and (len(word) > 1 or script in _UNSPACED)}
