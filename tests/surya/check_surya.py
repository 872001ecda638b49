"""The real surya client in its own environment, attached to a server that answers in the shape that Surya 2 does, and
to ``transformers serve`` with our own small model, which learnt to answer the client's prompt.

Run by ``make test-surya``, which makes that environment first; ``make test`` does not collect this file.
"""

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from api.job_schemas import to_wire
from errors import EngineUnavailableError
from pipeline.document import BlockKind
from pipeline.engines.base import EngineRequest
from pipeline.engines.surya_engine import SuryaEngine
from pipeline.options import OcrOptions
from pipeline.page_image import PageImage
from pipeline.recognise import Reader, recognise
from pipeline.vlm.config import VlmConfig, VlmKind
from service.model_choice import choose_cpu_model, choose_vlm
from settings import Settings
from tests.model_server import Reply, picture_of, serve_model
from tests.server import start_server
from tests.service.running_services import ANYONE, running, scripted, wait
from tests.tiny_pictures import CHECKPOINT, upload_pictures
from tests.transformers_serve import serve_checkpoint

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-surya" / "bin" / "python"
MODEL = "datalab-to/surya-ocr-2"
# The form in which the model answers its full-page prompt; coordinates are thousandths of the page.
ANSWER = (
    '<div data-label="Section-Header" data-bbox="100 50 700 100"><h1>Receipt</h1></div>'
    '<div data-label="Table" data-bbox="100 200 900 500"><table><tr><th>Item</th><th>Price</th></tr>'
    "<tr><td>Tea</td><td>2.50</td></tr></table></div>"
    '<div data-label="Equation-Block" data-bbox="100 600 600 700"><math>E = mc^2</math></div>'
    '<div data-label="Text" data-bbox="100 800 900 900"><p>Thank you</p></div>'
)

# Prints each requirement, of the installed packages and of those that they name, that is missing or doesn't fit.
CHECK_REQUIREMENTS = """
from importlib.metadata import PackageNotFoundError, requires, version
from packaging.requirements import Requirement

unused = {"click", "torchvision", "transformers"}
seen, waiting = set(), ["surya-ocr"]
while waiting:
    name = waiting.pop()
    seen.add(name)
    for line in requires(name) or ():
        wanted = Requirement(line)
        if wanted.name in unused or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        try:
            if not wanted.specifier.contains(version(wanted.name), prereleases=True):
                print(f"{name}:{wanted.name}")
        except PackageNotFoundError:
            print(f"{name}:{wanted.name}")
            continue
        if wanted.name not in seen:
            waiting.append(wanted.name)
"""


def drawn_page() -> Image.Image:
    """Ink wherever the answer says there is something: the package drops blocks from blank places."""
    image = Image.new("RGB", (600, 800), "white")
    draw = ImageDraw.Draw(image)
    for top in range(40, 760, 20):
        draw.rectangle((70, top, 520, top + 8), fill="black")
    return image


def config(url: str, **more: object) -> VlmConfig:
    base = VlmConfig(
        VlmKind.SURYA, MODEL, url, profile="surya", page_budget_s=60.0, program=str(PYTHON), pages_in_flight=1
    )
    return replace(base, **more)  # type: ignore[arg-type]


PAGE = PageImage(2, np.asarray(drawn_page()), 72.0)


def test_the_real_client_reads_a_page_and_the_next() -> None:
    with serve_model(lambda _: ANSWER, model=MODEL) as server:
        engine = SuryaEngine.open(config(server.url))
        results = [engine.read_page(PAGE, EngineRequest(())) for _ in range(2)]
        engine.close()
    assert results[0] == results[1]
    title, table, formula, text = results[0].blocks
    assert (title.kind, title.text, title.id) == (BlockKind.TITLE, "Receipt", "p2-b1")
    assert (title.box.left, title.box.top, title.box.right, title.box.bottom) == (60, 40, 420, 80)
    assert table.table.to_rows() == [["Item", "Price"], ["Tea", "2.50"]]
    assert (formula.kind, formula.text) == (BlockKind.FORMULA, "E = mc^2")
    assert (text.text, text.confidence) == ("Thank you", None)
    assert any("OpenRAIL-M" in notice for notice in results[0].notices)
    assert "high_accuracy" not in str(server.requests[0])
    assert "OCR this image to HTML" in str(server.requests[0]["messages"])
    assert picture_of(server.requests[0]).width > 0


def test_a_server_that_has_another_model_is_refused() -> None:
    with (
        serve_model(lambda _: ANSWER, model="somebody/else") as server,
        pytest.raises(EngineUnavailableError, match="Model mismatch"),
    ):
        SuryaEngine.open(config(server.url))


def test_nobody_listens() -> None:
    with pytest.raises(EngineUnavailableError, match="not reachable"):
        SuryaEngine.open(config("http://127.0.0.1:9/v1"))


def test_a_program_that_dies_costs_one_page() -> None:
    with serve_model(lambda _: ANSWER, model=MODEL) as server:
        engine = SuryaEngine.open(config(server.url))
        assert engine._process is not None
        engine._process.kill()
        engine._process.wait()
        assert engine.read_page(PAGE, EngineRequest(())).blocks
        engine.close()


def test_an_uploaded_picture_is_read_by_surya_where_it_is_configured(tmp_path: Path) -> None:
    with serve_model(lambda _: ANSWER, model=MODEL) as server:
        values = {
            "surya_inference_url": server.url,
            "surya_python": str(PYTHON),
            "hf_hub_cache": str(tmp_path),
            "vlm_pages_in_flight": 1,
        }
        settings = Settings.from_values(values | {"data_dir": tmp_path})
        reader = replace(
            scripted(text="Read without Surya"),
            vlm=choose_vlm(settings),
            cpu_vlm=choose_cpu_model(settings),
        )
        assert reader.vlm.kind is VlmKind.SURYA
        with running(tmp_path, "", reader, **values) as services:
            engines = services.abilities.list_engines()
            assert (engines[0]["kind"], "OpenRAIL-M" in engines[0]["licence"]) == ("surya", True)
            picture = io.BytesIO()
            drawn_page().save(picture, "PNG")
            picture.seek(0)
            record = services.jobs.submit(ANYONE, picture, "receipt.png", OcrOptions())
            view = wait(services, record.id, timeout_s=240.0)
            wire = to_wire(view)
    assert wire.engine == "surya"
    assert "Thank you" in wire.text
    assert "E = mc^2" in wire.markdown
    assert any("OpenRAIL-M" in notice for notice in wire.notices)
    assert view.usage.cost == 1


def test_uploaded_pictures_become_text_through_the_real_client_and_a_real_model(tmp_path: Path) -> None:
    with serve_checkpoint(CHECKPOINT, tmp_path / "serve") as url:
        settings = {
            "SURYA_INFERENCE_URL": url,
            "SURYA_MODEL_CHECKPOINT": str(CHECKPOINT),
            "SURYA_PYTHON": str(PYTHON),
            "VLM_PAGES_IN_FLIGHT": "1",
        }
        with start_server(tmp_path / "data", **settings) as server:
            for job in upload_pictures(server, "cpu"):
                assert job["engine"] == "surya", job["notices"]
                assert any("OpenRAIL-M" in notice for notice in job["notices"])
                assert job["usage"]["cost"] == 1


def test_what_the_environment_borrows_fits() -> None:
    """Its packages are installed without what they name: that has to be found in .venv, in a version they take."""
    finished = subprocess.run([str(PYTHON), "-c", CHECK_REQUIREMENTS], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == []


def test_a_page_that_surya_can_t_read_is_read_by_the_others() -> None:
    picture = io.BytesIO()
    drawn_page().save(picture, "PNG")
    with serve_model(lambda _: Reply(status=400), model=MODEL) as server:
        reader = Reader(replace(scripted(text="Read without Surya"), cpu_vlm=config(server.url)))
        document = recognise(picture.getvalue(), OcrOptions(), reader=reader)
        reader.close()
    assert document.text == "Read without Surya"
    assert any("found nothing" in notice for notice in document.notices)
