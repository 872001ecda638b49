"""The pictures that the tests read: ``python -m training.tiny_vlm.draw_samples tests/data/tiny_vlm``.

They are kept in git because fonts differ from machine to machine. Their texts are in no training page.
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw

from training.tiny_vlm.pages import TRAINING_FONTS, load_font

SAMPLES = {
    "receipt": "Total 148.50",
    "greeting": "Hello from Lisbon",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    target = parser.parse_args().target
    target.mkdir(parents=True, exist_ok=True)
    for name, text in SAMPLES.items():
        picture = Image.new("L", (224, 48), 250)
        ImageDraw.Draw(picture).text((12, 10), text, fill=20, font=load_font(TRAINING_FONTS[0], 20))
        picture.save(target / f"{name}.png")
        (target / f"{name}.txt").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
