"""The generated docs are what the code says."""

from pathlib import Path

import pytest

from scripts.write_docs import DOCS, PAGES

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for word in {
        line.split("make ", 1)[1].split()[0].strip("`.,;:") for line in readme.splitlines() if "make " in line
    }:
        if word.isalpha():
            assert f"\n{word}:" in makefile or word in ("it", "sure", "a", "the"), word
