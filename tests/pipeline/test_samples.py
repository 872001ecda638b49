import json
from pathlib import Path

import pytest

from pipeline.intake import IntakeLimits, check
from pipeline.rasterize import open_source
from pipeline.text_layer import examine_text_layer
from samples.draw import SAMPLES

FOLDER = Path(__file__).parents[2] / "samples"
TRUTH = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_every_sample_is_there_explained_and_small():
    files = {path.name for path in FOLDER.iterdir() if path.suffix in {".png", ".jpg", ".pdf"}}
    assert files == set(SAMPLES) == set(TRUTH)
    assert sum((FOLDER / name).stat().st_size for name in files) < 1_500_000
    assert all(f"`{name}`" in README for name in files)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_accepted_with_as_many_pages_as_it_has_true_texts(name):
    source = check((FOLDER / name).read_bytes(), IntakeLimits())
    assert source.suffix == Path(name).suffix
    assert source.notices == ()
    assert source.page_count == len(TRUTH[name]["pages"])
    assert all(page.strip() for page in TRUTH[name]["pages"])


@pytest.mark.parametrize("name", ["invoice.pdf", "book-12-pages.pdf"])
def test_born_digital_samples_carry_their_true_text(name):
    with open_source((FOLDER / name).read_bytes()) as opened:
        for number, text in enumerate(TRUTH[name]["pages"], start=1):
            layer = examine_text_layer(opened, number).layer
            assert layer is not None
            assert " ".join(line.text for line in layer.lines).split() == text.split()


def test_the_scanned_report_has_no_text_of_its_own():
    with open_source((FOLDER / "report-3-pages.pdf").read_bytes()) as opened:
        assert [examine_text_layer(opened, number).layer for number in (1, 2, 3)] == [None] * 3
        assert opened.page_size(1).dpi == pytest.approx(200, abs=1)


def test_drawing_gives_the_committed_texts():
    for name in ("receipt.png", "table.png"):
        data, pages = SAMPLES[name][1]()
        assert check(data, IntakeLimits()).page_count == len(pages)
        assert pages == TRUTH[name]["pages"]
