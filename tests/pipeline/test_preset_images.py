"""Pictures of boards and slips, drawn in bad light: what the tools for them gain."""

import io
from random import Random

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein

from pipeline.options import OcrOptions, Tier
from pipeline.page_image import PageImage
from pipeline.preset_images import treat
from pipeline.presets import PRESETS, Treatment
from pipeline.recognise import Reader, recognise

WORDS = ["agenda", "budget", "release", "deadline", "customer", "design", "review", "meeting", "Friday", "storage"]
PENS = [(200, 45, 40), (35, 135, 60), (40, 70, 185), (235, 140, 30), (30, 30, 35)]


def draw_board(seed: int) -> tuple[np.ndarray, str]:
    """Coloured pens on a board that a lamp shines on from one side."""
    random = Random(seed)
    width, height = 1400, 700
    image = Image.new("RGB", (width, height), (232, 234, 236))
    draw = ImageDraw.Draw(image)
    texts = []
    for top in range(70, height - 100, 80):
        texts.append(" ".join(random.choices(WORDS, k=3)))
        draw.text((random.randint(80, 200), top), texts[-1], random.choice(PENS), ImageFont.load_default(44))
    ys, xs = np.mgrid[0:height, 0:width]
    light = 0.45 + 0.55 * np.clip((xs * random.random() + ys * random.random()) / width, 0, 1)
    glare = 0.35 * np.exp(-((xs - random.randint(200, 1200)) ** 2 + (ys - random.randint(100, 600)) ** 2) / 80000)
    shown = np.asarray(image, np.float32) * light[..., None]
    return _photographed(shown + (255 - shown) * glare[..., None], seed), "\n".join(texts)


def draw_slip(seed: int) -> tuple[np.ndarray, str]:
    """Faded print on a slip that lies askew on a table with other things."""
    random = Random(seed)
    rows = [f"{random.choice(WORDS).capitalize()} {random.randint(100, 9999) / 100:.2f} EUR" for _ in range(10)]
    slip = Image.new("RGB", (460, 100 + 34 * len(rows)), (228, 226, 222))
    ink = random.randint(95, 150)
    draw = ImageDraw.Draw(slip)
    for index, row in enumerate(rows):
        draw.text((40, 40 + 34 * index), row, (ink, ink, ink + 8), ImageFont.load_default(22))
    table = Image.new("RGB", (900, slip.height + 260), (120, 85, 55))
    draw = ImageDraw.Draw(table)
    for left in range(0, 900, 9):
        draw.line((left, 0, left + 40, table.height), (100 + random.randint(0, 40), 70, 50), 3)
    draw.ellipse((20, 40, 170, 190), outline=(230, 230, 230), width=8)
    draw.text((690, table.height - 120), "MENU 2026", (235, 220, 200), ImageFont.load_default(32))
    mask = Image.new("L", slip.size, 255)
    angle = random.uniform(-4, 4)
    turned, mask = (one.rotate(angle, Image.Resampling.BICUBIC, expand=True) for one in (slip, mask))
    table.paste(turned, (200, 110), mask)
    light = 0.65 + 0.35 * np.arange(900) / 900
    return _photographed(np.asarray(table, np.float32) * light[None, :, None], seed), "\n".join(rows)


def _photographed(shown: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 3, shown.shape)
    return np.clip(cv2.GaussianBlur(shown, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)


def count_errors(reader: Reader, pixels: np.ndarray, truth: str, options: OcrOptions) -> int:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    text = recognise(stream.getvalue(), options, reader=reader).text
    return Levenshtein.distance("\n".join(" ".join(row.split()) for row in text.splitlines() if row.strip()), truth)


@pytest.mark.parametrize(("slug", "draw"), [("whiteboard-to-text", draw_board), ("receipt-to-text", draw_slip)])
def test_a_tool_reads_what_it_is_for_better(slug, draw):
    reader = Reader()
    plain = treated = length = 0
    for seed in range(3):
        pixels, truth = draw(seed)
        plain += count_errors(reader, pixels, truth, OcrOptions(language="en"))
        # The same tier for both, so that only the picture differs.
        treated += count_errors(reader, pixels, truth, OcrOptions(language="en", tool=slug, tier=Tier.CPU))
        length += len(truth)
    reader.close()
    assert treated <= plain
    assert treated <= 0.1 * length


def test_pictures_keep_their_size_and_their_original_stays():
    pixels, _ = draw_slip(1)
    before = pixels.copy()
    for treatment in Treatment:
        treated = treat(PageImage(1, pixels, 96.0), treatment).pixels
        assert treated.shape == pixels.shape
        assert treated.dtype == np.uint8
    assert np.array_equal(pixels, before)


def test_around_a_sheet_there_is_nothing_left():
    pixels, _ = draw_slip(2)
    treated = treat(PageImage(1, pixels, 96.0), Treatment.SHEET).pixels
    assert np.ptp(treated[:100].reshape(-1, 3), axis=0).max() == 0
    middle = slice(300, 400)
    assert np.array_equal(treated[middle, middle], pixels[middle, middle])


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_of_one_colour_is_left_alone(grey):
    pixels = np.full((60, 80, 3), grey, np.uint8)
    assert np.array_equal(treat(PageImage(1, pixels, 96.0), Treatment.SHEET).pixels, pixels)
    for treatment in (Treatment.BOARD, Treatment.SLIP):
        assert np.ptp(treat(PageImage(1, pixels, 96.0), treatment).pixels) == 0


def test_the_smallest_picture():
    pixels = np.zeros((1, 1, 3), np.uint8)
    for treatment in Treatment:
        assert treat(PageImage(1, pixels, 96.0), treatment).pixels.shape == (1, 1, 3)


def test_which_tools_treat_their_pictures():
    treated = {slug: preset.treatment.value for slug, preset in PRESETS.items() if preset.treatment}
    assert {slug: kind for slug, kind in treated.items() if kind != "none"} == {
        "receipt-to-text": "slip",
        "business-card": "sheet",
        "id-document": "sheet",
        "whiteboard-to-text": "board",
    }
