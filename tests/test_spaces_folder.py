"""What goes to a Hugging Face Space."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.server import ROOT


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("space")
    subprocess.run(["spaces/publish.sh", "--dry-run", str(folder)], cwd=ROOT, check=True)
    return folder


def test_everything_that_serves_is_there(laid_out: Path) -> None:
    for name in ("app.py", "settings.py", "requirements.txt", "packages.txt", "ui/static", "samples/receipt.png"):
        assert (laid_out / name).exists(), name
    assert not (laid_out / "tests").exists()
    # The folder's name is taken by a package that Gradio imports.
    assert not (laid_out / "spaces").exists()


def test_card_names_the_gradio_that_is_pinned(laid_out: Path) -> None:
    card = (laid_out / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    head = dict(re.findall(r"^(\w+): (.+)$", card.split("---")[1], re.M))
    pins = (laid_out / "requirements.txt").read_text(encoding="utf-8")
    assert f"gradio=={head['sdk_version']}\n" in pins
    assert (laid_out / head["app_file"]).exists()
    assert len(head["short_description"]) <= 60


def test_debian_packages_are_those_of_the_installation(laid_out: Path) -> None:
    lines = (ROOT / "scripts" / "packages-run.txt").read_text(encoding="utf-8").splitlines()
    wanted = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    space = set((laid_out / "packages.txt").read_text(encoding="utf-8").split())
    assert wanted - space <= {"python3-venv"}
