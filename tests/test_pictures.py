"""The pictures that the README and the docs show: all there, none too many, none too large."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
MAX_BYTES = 200_000


def test_every_picture_is_there_and_shown() -> None:
    shown = set()
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        names = re.findall(r"!\[[^\]]+\]\((?:docs/)?pictures/([^)]+)\)", page.read_text(encoding="utf-8"))
        shown.update(names)
    assert shown == {path.name for path in PICTURES.iterdir()}


def test_no_picture_is_large() -> None:
    assert {path.name: path.stat().st_size for path in PICTURES.iterdir() if path.stat().st_size > MAX_BYTES} == {}
