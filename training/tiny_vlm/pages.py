"""Small pages of Latin text with the place of every character."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.words import extract_words

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-'()/%$"

_FONTS = Path("/usr/share/fonts")
PILLOWS_FONT = "Aileron"
"""The font inside Pillow: pictures drawn with it are the same on every machine."""
TRAINING_FONTS = (
    *(PILLOWS_FONT,) * 3,
    *("DejaVuSans.ttf",) * 3,
    *("NimbusSans-Regular.otf", "DejaVuSerif.ttf", "NotoSerif-Regular.ttf"),
)
"""Drawn as often as they stand here."""
UNSEEN_FONTS = ("NotoSans-Regular.ttf", "NotoMono-Regular.ttf", "NotoSansDisplay-Regular.ttf")


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """``corners`` are left, top, right, bottom in pixels; ``centers`` the middle (x, y) of each character."""

    text: str
    corners: tuple[float, float, float, float]
    centers: tuple[tuple[float, float], ...]

    def scaled(self, across: float, down: float) -> "DrawnLine":
        left, top, right, bottom = self.corners
        return DrawnLine(
            self.text,
            (left * across, top * down, right * across, bottom * down),
            tuple((x * across, y * down) for x, y in self.centers),
        )


@dataclass(frozen=True, slots=True)
class SmallPage:
    """``gray`` is uint8 (height, width); lines stand from top to bottom."""

    gray: NDArray[np.uint8]
    lines: tuple[DrawnLine, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Draws pages with these fonts and words; ``sizes`` are the least and the most pixels of type on the page.

    ``resized`` is the share of the pages that are drawn larger and brought to their size as the image processor does
    it: height is rounded up to whole visual tokens there, so that letters get narrower by up to a sixth.
    """

    fonts: Sequence[str]
    words: Sequence[str]
    sizes: tuple[int, int] = (17, 25)
    resized: float = 0.6

    def draw(self, random: Random, width: int, height: int, line_count: int) -> SmallPage:
        """A page of at most ``line_count`` lines; fewer where no more fit."""
        down = random.uniform(0.5, 1.0) if random.random() < self.resized else 1.0
        across = down * random.uniform(0.84, 1.0) if down < 1 else 1.0
        ink, lines = self._draw_lines(random, round(width / across), round(height / down), line_count, down)
        if down < 1:
            lines = tuple(line.scaled(width / ink.width, height / ink.height) for line in lines)
            ink = ink.resize((width, height), Image.Resampling.BICUBIC)
        shares = np.divide(np.asarray(ink), 255, dtype=np.float32)
        return SmallPage(_print(random, shares), lines)

    def _draw_lines(
        self, random: Random, width: int, height: int, line_count: int, scale: float
    ) -> tuple[Image.Image, tuple[DrawnLine, ...]]:
        ink = Image.new("L", (width, height), 0)
        canvas = ImageDraw.Draw(ink)
        font = load_font(random.choice(self.fonts), round(random.randint(*self.sizes) / scale))
        pitch = font.size * random.uniform(1.2, 1.9)
        room = height - 1.25 * font.size * line_count
        top = random.uniform(0, max(1.0, min(room, 24 / scale)))
        left = random.uniform(2, 24) / scale
        lines = []
        for _ in range(line_count):
            if top + 1.15 * font.size > height:
                break
            text = self.draw_text(random, font, (width - left - 3) * random.choice((1.0, 1.0, 0.8, 0.5)))
            if text:
                lines.append(_draw_line(canvas, font, text, left, top))
            top += pitch
        return ink, tuple(lines)

    def draw_text(self, random: Random, font: ImageFont.FreeTypeFont, width: float) -> str:
        """Words, numbers and signs that fit into this many pixels."""
        text = ""
        while True:
            word = self._draw_word(random)
            longer = f"{text} {word}".strip()
            if _measure(font, longer) > width:
                return text
            text = longer

    def _draw_word(self, random: Random) -> str:
        lot = random.random()
        if lot < 0.14:
            return _draw_number(random)
        if lot < 0.16:
            # Letters in no order: the model has to look, not to guess.
            return "".join(random.choice(ALPHABET[:62]) for _ in range(random.randint(1, 7)))
        word = random.choice(self.words)
        if lot < 0.2:
            word = word.upper()
        elif lot < 0.5:
            word = word.capitalize()
        if lot > 0.97:
            return f"({word})"
        return word + random.choice(("", "", "", "", "", "", ",", ".", ":", "-", "'s", "/"))


def _draw_number(random: Random) -> str:
    return random.choice(
        (
            f"{random.randint(0, 99999) / 100:.2f}",
            f"{random.randint(1, 31)}.{random.randint(1, 12)}.{random.randint(1990, 2030)}",
            f"{random.randint(0, 999)}",
            f"{random.randint(0, 99999)}",
            f"${random.randint(0, 999)}",
            f"{random.randint(0, 100)}%",
            f"{random.randint(0, 23)}:{random.randint(0, 59):02d}",
        )
    )


def _draw_line(
    canvas: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, text: str, left: float, top: float
) -> DrawnLine:
    canvas.text((left, top), text, fill=255, font=font)
    ends = [left, *accumulate((_advance(font, character) for character in text), initial=left)][1:]
    ascent, _ = font.getmetrics()
    middle = top + ascent - 0.3 * font.size
    centers = tuple(((start + end) / 2, middle) for start, end in pairwise(ends))
    return DrawnLine(text, (left, top + ascent - 0.75 * font.size, ends[-1], top + ascent + 0.2 * font.size), centers)


def _measure(font: ImageFont.FreeTypeFont, text: str) -> float:
    return sum(_advance(font, character) for character in text)


@lru_cache(maxsize=40000)
def _advance(font: ImageFont.FreeTypeFont, character: str) -> float:
    """Without kerning, which is less than a pixel at these sizes."""
    return font.getlength(character)


def _print(random: Random, ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Ink on paper: some blur, some noise, other shades than black and white."""
    if random.random() < 0.2:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), random.uniform(0.3, 0.8)), np.float32)
    paper = random.uniform(215, 255)
    gray = paper - random.uniform(0.65, 1.0) * paper * ink
    if random.random() < 0.2:
        noise = np.random.default_rng(random.getrandbits(32))
        gray = gray + noise.normal(0, random.uniform(1, 8), gray.shape).astype(np.float32)
    return np.asarray(np.clip(gray, 0, 255), np.uint8)


@lru_cache(maxsize=400)
def load_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font of Debian's packages by its file's name, or Pillow's. Raises StopIteration where it is not installed."""
    if name == PILLOWS_FONT:
        return cast(ImageFont.FreeTypeFont, ImageFont.load_default(size))
    path = next(_FONTS.rglob(name))
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def load_words(cache: Path, *, test: bool) -> list[str]:
    """English words out of Tesseract's list (Apache-2.0): one in ten is kept back for the test."""
    words = sorted({word for word in extract_words("eng", cache) if word.isascii() and word.isalpha()})
    kept = [word for index, word in enumerate(words) if (index % 10 == 0) == test and len(word) < 13]
    Random(5).shuffle(kept)
    return kept[:40000]
