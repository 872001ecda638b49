"""Jobs whose pages a model reads: many at once, each failing alone; translations, fields, and what all that costs.

On SQLite alone: nothing here depends on the database.
"""

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from api.job_schemas import to_wire
from database.connect import reading
from errors import EngineUnavailableError, TranslationUnavailableError
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import ReaderConfig
from pipeline.vlm.config import VlmConfig, VlmKind
from quota.audit import find_discrepancies
from service.abilities import build_abilities
from service.job_record import JobState
from service.job_views import JobView
from service.model_choice import choose_cpu_model, choose_instruct_model, choose_vlm, count_model_processes
from service.wiring import Services
from settings import Settings
from tests.model_server import Body, ModelServer, Reply, picture_of, serve_model
from tests.service.running_services import ANYONE, StartServices, running, scripted, wait

DPI = 36.0


@pytest.fixture
def start_services(tmp_path: Path) -> Iterator[StartServices]:
    with ExitStack() as stack:

        def start(reader: ReaderConfig, **settings: object) -> Services:
            settings = {"hf_hub_cache": str(tmp_path)} | settings
            return stack.enter_context(running(tmp_path / "data", "", reader, **settings))

        yield start


VLM = OcrOptions(tier=Tier.VLM)


def make_pdf(page_count: int) -> bytes:
    """Blank pages; the width tells them apart: page ``n`` is ``100 + 10n`` pixels wide."""
    pdf = pdfium.PdfDocument.new()
    for number in range(1, page_count + 1):
        pdf.new_page(2 * (100 + 10 * number), 400)
    buffer = io.BytesIO()
    pdf.save(buffer)
    pdf.close()
    return buffer.getvalue()


def number_of(body: Body) -> int:
    return round((picture_of(body).width - 100) / 10)


def page_text(number: int) -> str:
    return f'<div data-label="Text" data-bbox="100 100 900 200">Read by the model, page {number}</div>'


def with_model(server: ModelServer, *, text: str = "Scripted text", **more: Any) -> ReaderConfig:
    config = VlmConfig(VlmKind.SERVED, url=server.url, profile="instruct", page_budget_s=20.0)
    return replace(scripted(text=text), dpi=DPI, vlm=replace(config, **more))


def submit_pages(services: Services, page_count: int, options: OcrOptions) -> JobView:
    record = services.jobs.submit(ANYONE, io.BytesIO(make_pdf(page_count)), "pages.pdf", options)
    view = wait(services, record.id, timeout_s=120.0)
    with reading(services.engine) as connection:
        assert find_discrepancies(connection) == ()
    return view


def test_pages_of_tier_vlm_are_read_by_the_model_several_at_a_time(start_services: StartServices) -> None:
    with serve_model(lambda body: Reply(page_text(number_of(body)), pause_s=0.05)) as server:
        services = start_services(with_model(server), vlm_url=server.url, vlm_pages_in_flight=4)
        view = submit_pages(services, 6, VLM)
        assert view.record.state is JobState.DONE
        assert [page.text for page in view.document.pages] == [f"Read by the model, page {n}" for n in range(1, 7)]
        assert {page.engine for page in view.document.pages} == {"tiny-instruct"}
        assert view.usage.cost == 18
        assert server.most_at_once > 1
        # Tier cpu does without the model.
        asked = len(server.requests)
        plain = submit_pages(services, 1, OcrOptions())
        assert (plain.document.text, plain.usage.cost, len(server.requests)) == ("Scripted text", 1, asked)


FAULTS = {
    2: Reply("and again " * 300),
    3: Reply("A page that breaks off " * 20, dies_after=3),
    4: Reply("slow " * 100, pause_s=0.5),
    5: Reply(status=500),
    6: Reply("![text](12, 99999,,,<div data-label='Ta</table><td data-bbox="),
}


def test_a_model_that_fails_costs_that_page_at_most(start_services: StartServices) -> None:
    with serve_model(lambda body: FAULTS.get(number_of(body), Reply(page_text(number_of(body))))) as server:
        services = start_services(
            with_model(server, page_budget_s=3.0), vlm_url=server.url, vlm_pages_in_flight=6, page_attempts=1
        )
        view = submit_pages(services, 7, VLM)
    document = view.document
    assert document.page_errors == ()
    engines = {page.number: page.engine for page in document.pages}
    assert {number for number, engine in engines.items() if engine == "scripted"} == {2, 3, 4, 5}
    assert document.get_page(7).text == "Read by the model, page 7"
    # Three pages at the price of the model, four at that of the embedded engines.
    assert view.usage.cost == 3 * 3 + 4
    for number, why in {2: "repeat", 3: "broke off", 4: "too long", 5: "status 500"}.items():
        notice = next(each for each in document.notices if each.startswith(f"Page {number}:"))
        assert why in notice
        assert "price of tier cpu" in notice


def test_a_server_that_is_not_there_changes_nothing_but_the_notices(start_services: StartServices) -> None:
    gone = VlmConfig(VlmKind.SERVED, url="http://127.0.0.1:9/v1", model="any", page_budget_s=20.0)
    services = start_services(replace(scripted(), dpi=DPI, vlm=gone))
    view = submit_pages(services, 2, VLM)
    assert (view.record.state, view.usage.cost) == (JobState.DONE, 2)
    assert any("can't be reached" in notice for notice in view.document.notices)


def test_where_the_model_is_required_nothing_stands_in_for_it(start_services: StartServices) -> None:
    with serve_model(lambda body: FAULTS[5] if number_of(body) == 1 else page_text(number_of(body))) as server:
        services = start_services(with_model(server), vlm_required=True, vlm_url=server.url, page_attempts=1)
        view = submit_pages(services, 2, VLM)
    assert [error.code for error in view.document.page_errors] == ["engine_failed"]
    assert view.usage.cost == 3


def test_without_a_model_tier_vlm_is_careful_reading_at_the_price_of_cpu(start_services: StartServices) -> None:
    services = start_services(replace(scripted(), dpi=DPI))
    view = submit_pages(services, 2, VLM)
    assert view.usage.cost == 2
    assert any("vision-language model" in notice for notice in view.document.notices)
    assert services.abilities.list_engines()[1]["engine"] == "embedded-careful"


# --- translation ----------------------------------------------------------------------------------------------


def translated(body: Body) -> str:
    texts = json.loads(body["messages"][-1]["content"])["texts"]
    return json.dumps({"translations": [f"[{text}]" for text in texts]})


def to_spanish(tier: Tier = Tier.VLM) -> OcrOptions:
    return OcrOptions(tier=tier, language="en", tool="translate", translate_to="es")


@pytest.mark.parametrize(("tier", "cost"), [(Tier.VLM, 6), (Tier.CPU, 2)])
def test_a_document_is_translated_after_its_pages(start_services: StartServices, tier: Tier, cost: int) -> None:
    with serve_model(translated) as server:
        services = start_services(
            replace(scripted(text="The rent is 42 euros"), dpi=DPI), chat_url=server.url, apertium_modes=""
        )
        view = submit_pages(services, 2, to_spanish(tier))
        wire = to_wire(view)
    assert view.document.text == "The rent is 42 euros\n\nThe rent is 42 euros"
    assert wire.translation.language == "es"
    assert [page.text for page in wire.translation.pages] == ["[The rent is 42 euros]"] * 2
    assert view.usage.cost == cost
    assert any("Machine translation" in notice for notice in view.document.notices)
    export = services.jobs.export(ANYONE, view.record.id, "txt", translation=True)
    assert b"[The rent is 42 euros]" in b"".join(export.chunks)


def test_pages_that_are_not_translated_cost_what_reading_them_costs(start_services: StartServices) -> None:
    with serve_model(lambda _: Reply(status=500)) as server:
        services = start_services(
            replace(scripted(text="The rent is 42 euros"), dpi=DPI), chat_url=server.url, apertium_modes=""
        )
        view = submit_pages(services, 2, to_spanish())
    assert view.document.translation is None
    assert view.usage.cost == 2
    assert [n for n in view.document.notices if re.match(r"Page [12] was not translated: .*500", n)] != []


def test_a_pair_that_nobody_knows_is_refused_before_anything_is_stored(start_services: StartServices) -> None:
    services = start_services(replace(scripted(), dpi=DPI), apertium_modes="")
    with pytest.raises(TranslationUnavailableError, match="English to Spanish") as caught:
        submit_pages(services, 1, to_spanish())
    assert "TRANSLATION_MODEL" in caught.value.remedy
    assert services.abilities.list_translators() == []


# --- extraction -----------------------------------------------------------------------------------------------

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "rent": {"type": "number"},
            "tenant": {"type": "string"},
            "deposit": {"type": "number"},
            "items": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": {"type": "string"}}},
            },
        },
    }
)


def test_fields_are_filled_in_and_lies_are_left_out(start_services: StartServices) -> None:
    said = {"rent": 42, "tenant": "Eva Lind", "deposit": 900, "items": [{"name": "Flat"}, {"name": "Garage"}]}
    text = "Tenant: Eva Lind\nFlat in Lund\nThe rent is 42 euros"
    with serve_model(lambda _: f"Here you are: ```{json.dumps(said)}```") as server:
        services = start_services(replace(scripted(text=text), dpi=DPI), chat_url=server.url)
        view = submit_pages(services, 1, OcrOptions(schema=SCHEMA))
        fields = to_wire(view).fields
    assert fields is not None
    assert fields["rent"]["value"] == 42
    assert fields["rent"]["page"] == 1
    assert fields["rent"]["confidence"] == 1.0
    assert fields["tenant"]["bbox"] == (90.0, 10.0, 170.0, 30.0)
    assert fields["deposit"] == {"value": None, "page": None, "bbox": None, "confidence": None}
    assert [item["name"]["value"] for item in fields["items"]] == ["Flat", None]
    assert any("deposit, items.2.name" in notice for notice in view.document.notices)
    assert view.usage.cost == 1


def test_a_reply_that_fits_no_schema_is_a_notice(start_services: StartServices) -> None:
    with serve_model(lambda _: "I would rather not.") as server:
        services = start_services(replace(scripted(), dpi=DPI), chat_url=server.url)
        view = submit_pages(services, 1, OcrOptions(schema=SCHEMA))
    assert view.record.state is JobState.DONE
    assert view.document.fields == ()
    assert any("were not filled in" in notice for notice in view.document.notices)
    assert any("were not filled in" in notice for notice in to_wire(view).notices)


def test_without_a_model_a_schema_is_refused(start_services: StartServices) -> None:
    services = start_services(replace(scripted(), dpi=DPI))
    with pytest.raises(EngineUnavailableError, match="schema") as caught:
        submit_pages(services, 1, OcrOptions(schema=SCHEMA))
    assert "CHAT_URL" in caught.value.remedy


def test_a_default_install_has_no_model(tmp_path: Path) -> None:
    settings = Settings.from_values({"data_dir": tmp_path, "hf_hub_cache": str(tmp_path)})
    assert choose_vlm(settings).kind is VlmKind.NONE
    assert choose_instruct_model(settings).kind is VlmKind.NONE
    assert choose_cpu_model(settings).kind is VlmKind.NONE
    assert count_model_processes(settings) == 1


def test_weights_in_a_cache_or_a_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "models--lightonai--LightOnOCR-3-0.8B" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (folder / name).touch()
    found = choose_vlm(Settings.from_values({"data_dir": tmp_path / "data", "hf_hub_cache": str(tmp_path)}))
    assert (found.kind, found.cache_folder) == (VlmKind.TRANSFORMERS, str(tmp_path))
    settings = Settings.from_values({"data_dir": tmp_path, "vlm_model": str(folder), "hf_hub_cache": "/nowhere"})
    assert choose_vlm(settings).kind is VlmKind.TRANSFORMERS
    assert count_model_processes(settings) == 1


def test_what_is_set_decides_what_reads(tmp_path: Path) -> None:
    base = {"data_dir": tmp_path, "hf_hub_cache": str(tmp_path)}
    served = Settings.from_values(base | {"vlm_url": "http://vlm/v1", "vlm_gguf": "/m.gguf"})
    assert (choose_vlm(served).kind, choose_vlm(served).model) == (VlmKind.SERVED, "")
    assert count_model_processes(served) == 8
    gguf = Settings.from_values(base | {"vlm_gguf": "/models/granite-docling.gguf"})
    assert (choose_vlm(gguf).kind, choose_vlm(gguf).model) == (VlmKind.GGUF, "granite-docling")
    assert choose_vlm(Settings.from_values(base | {"vlm_download": True})).kind is VlmKind.TRANSFORMERS
    chat = Settings.from_values(base | {"chat_url": "http://chat/v1", "vlm_url": "http://vlm/v1"})
    assert choose_instruct_model(chat).url == "http://chat/v1"
    surya = base | {"surya_inference_url": "http://s/v1"}
    assert choose_cpu_model(Settings.from_values(surya | {"surya_python": sys.executable})).kind is VlmKind.SURYA
    # Without its environment it can't run.
    assert choose_cpu_model(Settings.from_values(surya | {"surya_python": "/no"})).kind is VlmKind.NONE


@pytest.mark.parametrize(
    ("settings", "pages"),
    [
        ({"vlm_device": "cpu"}, 1),
        ({"vlm_device": "mps"}, 1),
        ({"vlm_device": "cuda:1"}, 4),
        ({"vlm_device": "cpu", "vlm_batch_pages": 3}, 3),
        ({"executor": "ray", "ray_model_gpus": 1.0}, 4),
        ({"executor": "ray"}, 1),
    ],
)
def test_a_gpu_reads_several_pages_at_once(tmp_path: Path, settings: dict[str, Any], pages: int) -> None:
    base = {"data_dir": tmp_path, "hf_hub_cache": str(tmp_path), "vlm_download": True}
    assert choose_vlm(Settings.from_values(base | settings)).batch_pages == pages
    # Servers put together by themselves what they are sent.
    assert choose_vlm(Settings.from_values(base | settings | {"vlm_url": "http://vlm/v1"})).kind.batches is False


def test_an_estimate_says_that_nothing_may_read_a_tier(start_services: StartServices) -> None:
    services = start_services(replace(scripted(), dpi=DPI), vlm_required=True)
    estimate = services.jobs.estimate(ANYONE, 1, "vlm")
    assert not estimate.allowed
    assert "needs a vision-language model" in estimate.reason
    assert services.jobs.estimate(ANYONE, 1, "cpu").allowed


def test_who_reads_is_told_as_it_is(tmp_path: Path) -> None:
    def tell(vlm: VlmConfig, **settings: Any) -> dict[str, Any]:
        wanted = Settings.from_values({"data_dir": tmp_path, "hf_hub_cache": str(tmp_path)} | settings)
        return build_abilities(wanted, replace(scripted(), vlm=vlm)).list_engines()[1]

    model = VlmConfig(VlmKind.TRANSFORMERS, str(tmp_path / "LightOnOCR-3-0.8B"))
    assert tell(VlmConfig())["engine"] == "embedded-careful"
    # Where a model is required, nothing stands in for it, and where there is none, nothing reads.
    nobody = tell(VlmConfig(), vlm_required=True)
    assert (nobody["engine"], nobody["kind"]) == (None, "none")
    # A folder's name, and not where it is.
    assert (tell(model)["engine"], tell(model)["fallback"]) == ("LightOnOCR-3-0.8B", "embedded-careful")
    assert tell(model, vlm_required=True)["fallback"] is None
    assert tell(replace(model, model="owner/LightOnOCR-3-0.8B"))["engine"] == "owner/LightOnOCR-3-0.8B"
