"""Draw pages of text as scanners, receipt printers and cameras leave them, with a map of what script is where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.fonts import Face, code_points
from training.words import Vocabulary, draw_neutral_text

Gray = NDArray[np.uint8]

NEUTRAL = "Zyyy"  # ISO 15924: belongs to no script
_HANGING = {"Jpan", "Hans", "Hant"}
_SLANTED = {"Latn", "Cyrl", "Grek", "Armn", "Geor", "Kore", "Jpan", "Thai"}


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """``gray`` as photographed; ``map`` of the same shape holds 1 + the index of the script around its text, else 0."""

    gray: Gray
    map: Gray
    script: str
    is_upside_down: bool


@dataclass(frozen=True, slots=True)
class Painter:
    """Draws pages with the given faces; ``scripts`` fixes the order of the indices in the maps."""

    scripts: Sequence[str]
    vocabularies: Mapping[str, Vocabulary]
    faces: Mapping[str, Sequence[Face]]

    def draw(self, random: Random, *, script: str | None = None, mixed: bool = True) -> DrawnPage:
        """One page; ``script`` None draws lots. Mixed pages have some lines or pictures of something else."""
        main = script or random.choice(self.scripts)
        width, height = random.randint(420, 1000), random.randint(260, 760)
        ink, label_map = Image.new("L", (width, height), 0), np.zeros((height, width), np.uint8)
        other = (
            random.choice([NEUTRAL, "Latn", random.choice(self.scripts)]) if mixed and random.random() < 0.4 else main
        )
        size = round(14 * (3.4 ** random.random()))
        fonts = {name: self._open_font(random, name, size) for name in {main, other}}
        if main in _HANGING and random.random() < 0.1:
            self._draw_columns(random, ink, label_map, main, fonts[main])
        else:
            self._draw_lines(random, ink, label_map, (main, other), fonts)
        return _photograph(random, np.asarray(ink), label_map, main)

    def _open_font(self, random: Random, script: str, size: int) -> tuple[Face, ImageFont.FreeTypeFont]:
        faces = self.faces["Latn" if script == NEUTRAL else script]
        # Families first: some have dozens of weights.
        family = random.choice(sorted({face.family for face in faces}))
        face = random.choice([face for face in faces if face.family == family])
        return face, _load_font(face.path, face.index, size)

    def _draw_lines(
        self,
        random: Random,
        ink: Image.Image,
        label_map: Gray,
        scripts: tuple[str, str],
        fonts: Mapping[str, tuple[Face, ImageFont.FreeTypeFont]],
    ) -> None:
        canvas = ImageDraw.Draw(ink)
        y, left = random.randint(4, 40), random.randint(2, 60)
        stroke = 1 if random.random() < 0.08 else 0
        gap, is_ragged = random.uniform(-0.05, 0.7), random.random() < 0.3
        while y < ink.height - 12:
            script = scripts[0] if random.random() < 0.65 else scripts[1]
            face, font = fonts[script]
            if script == NEUTRAL and random.random() < 0.25:
                y += _draw_picture(random, ink, label_map, y, 1 + self.scripts.index(NEUTRAL))
                continue
            text = self._draw_text(random, script, face, ink.width - left, font.size)
            if not text:
                return
            x = left + (random.randint(0, ink.width // 3) if is_ragged else 0)
            box = canvas.textbbox((x, y), text, font=font, stroke_width=stroke)
            canvas.text((x, y), text, fill=255, font=font, stroke_width=stroke)
            top, bottom = max(0, int(box[1])), min(ink.height, int(box[3]) + 1)
            label_map[top:bottom, max(0, int(box[0])) : int(box[2])] = 1 + self.scripts.index(script)
            y = max(y + round(font.size / 2), bottom) + max(1, round(gap * font.size))

    def _draw_text(self, random: Random, script: str, face: Face, width: int, size: float) -> str:
        if script == NEUTRAL:
            return draw_neutral_text(random)
        wide = 1.0 if script in {"Hans", "Hant", "Jpan", "Kore"} else 0.55
        length = max(3, int(width / (wide * size) * random.choice((1.0, 1.0, 0.6, 0.3))))
        return self.vocabularies[script].draw_text(random, length, code_points(face.path, face.index))

    def _draw_columns(
        self, random: Random, ink: Image.Image, label_map: Gray, script: str, font: tuple[Face, ImageFont.FreeTypeFont]
    ) -> None:
        """Vertical writing: characters below each other, columns from right to left."""
        face, drawn = font
        canvas = ImageDraw.Draw(ink)
        pitch = round(drawn.size * random.uniform(1.25, 1.9))
        for x in range(ink.width - pitch - 10, 10, -pitch):
            rows = int((ink.height - 30) / (drawn.size * 1.05))
            text = self.vocabularies[script].draw_text(random, rows, code_points(face.path, face.index))
            for row, character in enumerate(text[:rows]):
                canvas.text((x, 12 + round(row * drawn.size * 1.05)), character, fill=255, font=drawn)
        label_map[8:-8, 8:-8] = 1 + self.scripts.index(script)


@lru_cache(maxsize=600)
def _load_font(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.RAQM)


def _draw_picture(random: Random, ink: Image.Image, label_map: Gray, y: int, label: int) -> int:
    """Something that is no text: shapes, scribbles, bars, texture. Returns how many rows it takes."""
    height = min(random.randint(16, 120), ink.height - y)
    width = random.randint(60, ink.width - 20)
    left = random.randint(0, ink.width - width)
    picture = Image.new("L", (width, max(2, height)), 0)
    canvas = ImageDraw.Draw(picture)
    kind = random.choice(("shapes", "scribble", "bars", "texture", "dots"))
    if kind == "texture":
        grain = np.random.default_rng(random.getrandbits(32)).random((max(2, height), width), np.float32)
        smooth = _blurred(grain, random.uniform(1, 6))
        picture = Image.fromarray(((smooth > np.median(smooth)) * 255).astype(np.uint8))
    for _ in range(random.randint(3, 25)):
        corners = [(random.randint(0, width), random.randint(0, height)) for _ in range(random.randint(2, 5))]
        if kind == "scribble":
            canvas.line(corners, fill=255, width=random.randint(1, 4), joint="curve")
        elif kind == "bars":
            canvas.rectangle((corners[0][0], 0, corners[0][0] + random.randint(1, 8), height), fill=255)
        elif kind in {"shapes", "dots"}:
            x, y1 = corners[0]
            size = random.randint(2, 9) if kind == "dots" else random.randint(5, 50)
            draw = random.choice((canvas.ellipse, canvas.rectangle))
            draw((x, y1, x + size, y1 + size), fill=random.choice((None, 255)), outline=255)
    ink.paste(picture, (left, y))
    label_map[y : y + height, left : left + width] = label
    return height + random.randint(4, 30)


def _blurred(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def _photograph(random: Random, ink: Gray, label_map: Gray, script: str) -> DrawnPage:
    noise = np.random.default_rng(random.getrandbits(32))
    if random.random() < 0.85:
        ink, label_map = _tilt(random, ink, label_map, slanted=script in _SLANTED)
    picture = _wear(random, noise, np.asarray(ink / 255, np.float32))
    paper = random.uniform(120, 255)
    contrast = random.uniform(0.25, 1.0) * paper if random.random() < 0.4 else random.uniform(0.75, 1.0) * paper
    lit = paper - contrast * picture + _shade(random, picture.shape)
    if random.random() < 0.5:
        lit = lit + noise.normal(0, random.uniform(1, 22), lit.shape)
    if random.random() < 0.08:
        lit = 255 - lit
    gray = _encode(random, np.clip(lit, 0, 255).astype(np.uint8))
    is_upside_down = random.random() < 0.12
    if is_upside_down:
        gray, label_map = gray[::-1, ::-1], label_map[::-1, ::-1]
    return DrawnPage(np.ascontiguousarray(gray), np.ascontiguousarray(label_map), script, is_upside_down)


def _tilt(random: Random, ink: Gray, label_map: Gray, *, slanted: bool) -> tuple[Gray, Gray]:
    height, width = ink.shape
    angle = random.gauss(0, 1.6) if random.random() < 0.7 else 0.0
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, random.uniform(0.92, 1.0))
    if slanted and random.random() < 0.15:
        shear = np.array([[1, -random.uniform(0.1, 0.3), 0.1 * height], [0, 1, 0], [0, 0, 1]])
        matrix = matrix @ shear
    matrix[0, 0] *= random.uniform(0.85, 1.15)
    warped = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
    moved = cv2.warpAffine(label_map, matrix, (width, height), flags=cv2.INTER_NEAREST)
    return np.asarray(warped, np.uint8), np.asarray(moved, np.uint8)


def _wear(random: Random, noise: np.random.Generator, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """What printing and copying do to the ink (1 is ink)."""
    if random.random() < 0.12:  # ink spreads or thins
        operation = cv2.dilate if random.random() < 0.5 else cv2.erode
        picture = np.asarray(operation(picture, np.ones((2, 2), np.uint8)), np.float32)
    if random.random() < 0.08:  # dot matrix
        step = random.choice((2, 3))
        picture = picture.copy()
        picture[::step] *= random.uniform(0.0, 0.5)
    if random.random() < 0.15:  # worn letters
        holes = _blurred(noise.random(picture.shape, np.float32), random.uniform(0.6, 3))
        picture = picture * (holes > np.quantile(holes[::4, ::4], random.uniform(0.02, 0.25)))
    if random.random() < 0.1:  # the other side shines through
        picture = np.maximum(picture, random.uniform(0.1, 0.3) * picture[:, ::-1])
    if random.random() < 0.12:  # ruled paper, table borders
        picture = picture.copy()
        step = random.randint(20, 90)
        picture[random.randint(0, step) :: step] = 1.0
        if random.random() < 0.5:
            picture[:, random.randint(0, 90) :: random.randint(60, 300)] = 1.0
    return picture.astype(np.float32)


def _shade(random: Random, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Uneven light: a soft slope over the page, in gray levels."""
    if random.random() < 0.6:
        return np.zeros(shape, np.float32)
    corners = np.array([[random.uniform(-60, 30) for _ in range(3)] for _ in range(3)], np.float32)
    return np.asarray(cv2.resize(corners, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def _encode(random: Random, gray: Gray) -> Gray:
    """Blur, low resolution, fax and JPEG."""
    if random.random() < 0.35:
        gray = np.asarray(cv2.GaussianBlur(gray, (0, 0), random.uniform(0.4, 1.8)), np.uint8)
    if random.random() < 0.05:
        gray = np.asarray(cv2.blur(gray, (random.choice((3, 4)), 1)), np.uint8)
    if random.random() < 0.25:
        scale = random.uniform(0.45, 0.85)
        small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        size = gray.shape[1], gray.shape[0]
        gray = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    if random.random() < 0.08:
        threshold, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_OTSU)
        gray = ((gray > threshold) * 255).astype(np.uint8)
    if random.random() < 0.5:
        _, data = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, random.randint(12, 85)])
        gray = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return gray
