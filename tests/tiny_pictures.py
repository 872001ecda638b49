"""Pictures that the tiny model reads, drawn with the font inside Pillow: the same on any machine."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein

from tests.server import ROOT, RunningServer

CHECKPOINT = ROOT / "training/tiny_vlm/tiny-lightonocr-3"
MOST_ERRORS = 0.15
"""Character error rate over all pictures; docs/engines.md says what was measured on many more."""

# Written down before any of them was read.
_TEXTS = (
    "Total 148.50",
    "Hello from Lisbon",
    "Invoice No. 2071",
    "Meeting at 14:30",
    "Room 12, Floor 3",
    "Thank you",
    "Paid in cash",
    "Next stop: Vienna",
)
_SIZES_PX = (34, 36, 38, 40)


@dataclass(frozen=True)
class Picture:
    text: str
    image: Image.Image

    @property
    def png(self) -> bytes:
        stream = io.BytesIO()
        self.image.save(stream, "PNG")
        return stream.getvalue()


def draw_pictures() -> Iterator[Picture]:
    for index, text in enumerate(_TEXTS):
        image = Image.new("RGB", (448, 112), (250, 250, 248))
        font = ImageFont.load_default(_SIZES_PX[index % len(_SIZES_PX)])
        ImageDraw.Draw(image).text((24, 30), text, (20, 20, 24), font)
        yield Picture(text, image)


def upload_pictures(server: RunningServer, tier: str, token: str = "") -> Iterator[dict[str, Any]]:
    """Each picture's job when it is done, and that all of them together were read well enough."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    errors = length = 0
    found = []
    for picture in draw_pictures():
        files = {"file": ("picture.png", picture.png, "image/png")}
        answer = requests.post(server.ocr, headers=headers, files=files, data={"tier": tier}, timeout=300)
        job = _finished(answer.json(), server, headers)
        errors += Levenshtein.distance(job["text"].strip(), picture.text)
        length += len(picture.text)
        found.append(job["text"])
        yield job
    assert errors <= MOST_ERRORS * length, found


def _finished(job: dict[str, Any], server: RunningServer, headers: dict[str, str]) -> dict[str, Any]:
    """The model is loaded by the first page and may take its time."""
    while job["status"] in ("pending", "processing"):
        time.sleep(0.2)
        job = requests.get(f"{server.ocr}{job['uuid']}/", headers=headers, timeout=60).json()
    assert job["status"] == "done", job
    return job
