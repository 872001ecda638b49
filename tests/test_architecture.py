"""The rings of docs/architecture.md as data, checked against every import in the repository."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"pipeline", "exports", "retrieval", "quota", "database", "service", "api", "ui", "settings", "errors"}
DOCUMENT = {"pipeline.document", "pipeline.document_json"}

WIRE = {"api.chat_schemas", "api.job_ids", "api.job_schemas"}

# package -> what of ours it may import; a dotted name admits that module alone
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "settings": set(),
    "pipeline": {"errors"},
    "exports": {
        "errors",
        *DOCUMENT,
        "pipeline.list_items",
        "pipeline.picture_file",
        "pipeline.file_types",
        "pipeline.image_modes",
        "pipeline.rasterize",
    },
    # llama.cpp is started in one place, for chat models and for those that read pages
    "retrieval": {"errors", *DOCUMENT, "pipeline.engines.gguf_server"},
    "database": {"errors"},
    "quota": {"errors", "database"},
    "service": {"errors", "settings", "pipeline", "exports", "retrieval", "quota", "database"},
    "api": {"errors", "service", "pipeline.document", "pipeline.options", "pipeline.requested_options"},
    # what gradio_client is answered is what REST answers
    "ui": {"errors", "service", "pipeline.document", "pipeline.options", "pipeline.requested_options", *WIRE},
}

# a library -> the only places that may import it
ONLY_IN: dict[str, tuple[str, ...]] = {
    "torch": ("pipeline/engines/", "pipeline/translators/", "retrieval/"),
    "transformers": ("pipeline/engines/", "pipeline/translators/", "retrieval/"),
    "tesserocr": ("pipeline/engines/",),
    "rapidocr": ("pipeline/engines/",),
    "surya": ("pipeline/engines/",),
    "chromadb": ("retrieval/index.py",),
    "sentence_transformers": ("retrieval/",),
    "docx": ("exports/",),
    "fpdf": ("exports/",),
    "pebble": ("service/executors/",),
    "ray": ("service/executors/",),
    "obstore": ("service/job_files.py",),
    "fastapi": ("api/", "ui/"),
    "gradio": ("ui/",),
    "uvicorn": ("app.py",),
    "mcp": ("api/mcp_",),
}
HEAVY = [
    "torch",
    "transformers",
    "sentence_transformers",
    "onnxruntime",
    "openvino",
    "tesserocr",
    "rapidocr",
    "chromadb",
    "surya",
    "cv2",
    "docx",
    "fpdf",
    "ray",
]


def source_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    outside = ("tests", "bench", "scripts", "training", "samples", "deploy")
    paths = [Path(line) for line in listed.stdout.splitlines()]
    return [path for path in paths if path.parts[0] not in outside and (ROOT / path).exists()]


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names of everything a file imports, inside functions too."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def admitted(name: str, package: str) -> bool:
    if name.split(".", maxsplit=1)[0] == package:
        return True
    return any(name == allowed or name.startswith(allowed + ".") for allowed in MAY_IMPORT[package])


@pytest.mark.parametrize("path", source_files(), ids=str)
def test_imports_point_inwards(path: Path) -> None:
    package = path.parts[0].removesuffix(".py")
    if package == "app":
        return
    assert package in MAY_IMPORT, f"{path} stands in no ring"
    modules = {name for name in imports_of(path) if name.split(".")[0] in OURS}
    # `from pipeline import document` also yields the package itself; only its modules count then
    modules = {name for name in modules if not any(other.startswith(name + ".") for other in modules)}
    wrong = sorted(name for name in modules if not admitted(name, package))
    assert not wrong, f"{path} must not import {', '.join(wrong)}"


@pytest.mark.parametrize("path", source_files(), ids=str)
def test_libraries_stay_in_their_places(path: Path) -> None:
    for name in imports_of(path):
        places = ONLY_IN.get(name.split(".")[0])
        assert places is None or str(path).startswith(places), f"{path} must not import {name}"


def test_only_settings_reads_the_environment() -> None:
    for path in source_files():
        text = (ROOT / path).read_text(encoding="utf-8")
        if str(path) in ("settings.py", "app.py"):
            continue
        assert "os.getenv" not in text, path
        reads = [line for line in text.splitlines() if "os.environ" in line and "OMP_" not in line]
        assert not [line for line in reads if "environ.get(" in line], path


def test_no_python_in_spaces() -> None:
    assert not list((ROOT / "spaces").rglob("*.py")), "the name is taken by a package that Gradio imports"


def test_no_nameless_modules() -> None:
    banned = {"utils", "util", "helpers", "common", "core", "manager", "misc"}
    assert not [path for path in source_files() if path.stem in banned]


def test_importing_the_program_loads_nothing_heavy() -> None:
    probe = (
        "import sys, app, api.application, ui.application, service.wiring;"
        f"print(' '.join(n for n in {HEAVY!r} if n in sys.modules))"
    )
    finished = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stdout.split() == []
