"""Text that can be seen while a model writes it, and that nothing of it stays."""

import asyncio
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from errors import EngineFailedError, StorageUnavailableError
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import ReaderConfig
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.fallback import ModelUse
from service.executors.local import LocalExecutor, LocalExecutorConfig
from service.job_files import JobFiles, draft_key, upload_key
from service.job_record import JobRecord, JobState, PageRecord, PageState
from service.job_results import JobResults
from service.job_views import JobView
from service.page_drafts import DraftSink, keeping_draft
from service.task_context import TaskContext
from service.tasks import ReadPage
from service.wiring import Services
from tests.model_server import LONG_TEXT, ModelServer, dribble, serve_model
from tests.service.running_services import ANYONE, StartServices, make_pdf, running, scripted, stored_files, wait
from tests.ui.views import make_view

VLM = OcrOptions(tier=Tier.VLM)
DEADLINE_S = 200.0


# --- the sink -------------------------------------------------------------------------------------------------


class FakeFiles:
    """``is_away``: a storage that can't be reached."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.requests = 0
        self.is_away = False

    def write(self, key: str, data: bytes) -> None:
        self._count()
        self.kept[key] = data

    def delete(self, key: str) -> None:
        self._count()
        self.kept.pop(key, None)

    def _count(self) -> None:
        self.requests += 1
        if self.is_away:
            raise StorageUnavailableError


class FakeClock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_draft_is_written_at_most_once_a_second() -> None:
    files, clock = FakeFiles(), FakeClock()
    sink = DraftSink(files, "a", clock)
    made: list[int] = []

    def make_text(count: int) -> str:
        made.append(count)
        return "x" * count

    for count in range(1, 101):  # a token every tenth of a second
        sink.show(partial(make_text, count))
        clock.now += 0.1
    assert files.requests == len(made) <= 10
    assert files.kept == {"a": b"x" * made[-1]}
    assert made[-1] > 85
    sink.remove()
    assert files.kept == {}


def test_nothing_and_the_same_again_are_not_written() -> None:
    files, clock = FakeFiles(), FakeClock()
    sink = DraftSink(files, "a", clock)
    for text in ("", "Dear", "Dear", "Dear reader\ud800"):
        sink.show(partial(str, text))
        clock.now += 1.0
    assert files.requests == 2
    assert files.kept == {"a": b"Dear reader?"}


def test_a_storage_that_is_away_costs_the_drafts_alone() -> None:
    files, clock = FakeFiles(), FakeClock()
    files.is_away = True
    sink = DraftSink(files, "a", clock)
    for _ in range(10):
        sink.show(lambda: "Dear")
        clock.now += 60.0
    sink.remove()
    assert files.requests == 2, "one try to write and one to delete"


def test_a_draft_goes_however_its_page_ends() -> None:
    files = FakeFiles()
    files.kept["a"] = b"of a try that was killed"

    def read_page() -> None:
        with keeping_draft(files, "a") as show:
            show(lambda: "Dear")
            assert files.kept == {"a": b"Dear"}
            raise EngineFailedError

    with pytest.raises(EngineFailedError):
        read_page()
    assert files.kept == {}


# --- whole jobs -----------------------------------------------------------------------------------------------


@pytest.fixture
def start_services(tmp_path: Path) -> Iterator[StartServices]:
    """On SQLite alone: nothing here depends on the database."""
    with ExitStack() as stack:

        def start(reader: ReaderConfig, **settings: object) -> Services:
            settings = {"hf_hub_cache": str(tmp_path)} | settings
            return stack.enter_context(running(tmp_path / "data", "", reader, **settings))

        yield start


@pytest.fixture
def hurry() -> Iterator[threading.Event]:
    """Lets an answer end that dribbles; also at the end of a test that failed."""
    event = threading.Event()
    yield event
    event.set()


def with_model(server: ModelServer) -> ReaderConfig:
    config = VlmConfig(VlmKind.SERVED, url=server.url, profile="instruct", page_budget_s=300.0)
    return replace(scripted(), vlm=config)


def submit(services: Services, *, retain: bool = True, options: OcrOptions = VLM) -> JobRecord:
    return services.jobs.submit(ANYONE, io.BytesIO(make_pdf(1)), "page.pdf", options, retain=retain)


def drafts_until(services: Services, job_id: str, condition: Callable[[list[str]], bool]) -> list[str]:
    """What :meth:`get` showed of the first page, each text once, until the condition holds."""
    seen: list[str] = []
    deadline = time.monotonic() + DEADLINE_S
    while not condition(seen):
        assert time.monotonic() < deadline, seen
        view = services.jobs.get(ANYONE, job_id)
        for draft in view.drafts:
            assert draft.number == 1
            if draft.text not in seen:
                seen.append(draft.text)
        time.sleep(0.05)
    return seen


def is_growing(seen: list[str]) -> bool:
    return len(seen) >= 2


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_page_s_text_grows_while_it_is_read(start_services: StartServices, hurry: threading.Event) -> None:
    with serve_model(lambda _: dribble(LONG_TEXT, hurry)) as server:
        services = start_services(with_model(server), vlm_url=server.url)
        record = submit(services)
        seen = drafts_until(services, record.id, is_growing)
        assert all(LONG_TEXT.startswith(text) for text in seen)
        assert len(seen[0]) < len(seen[-1]) < len(LONG_TEXT)
        assert draft_key(record.id, 1) in services.files.list("jobs")
        hurry.set()
        view = wait(services, record.id)
        assert (view.record.state, view.drafts) == (JobState.DONE, ())
        assert view.document is not None
        assert view.document.text == LONG_TEXT
        assert view.usage is not None
        assert view.usage.cost == 3
        services.closing.stop()
    assert stored_files(services) == [f"jobs/{record.id}/document.json", f"jobs/{record.id}/source"]


def test_whoever_watches_is_told_of_each_draft(start_services: StartServices, hurry: threading.Event) -> None:
    async def watch(services: Services, job_id: str) -> list[JobView]:
        views = []
        async for view in services.jobs.events(ANYONE, job_id):
            views.append(view)
            if len({each.drafts for each in views if each.drafts}) >= 2:
                hurry.set()
        return views

    with serve_model(lambda _: dribble(LONG_TEXT, hurry)) as server:
        services = start_services(with_model(server), vlm_url=server.url)
        views = asyncio.run(asyncio.wait_for(watch(services, submit(services).id), DEADLINE_S))
    texts = [view.drafts[0].text for view in views if view.drafts]
    assert len(texts) >= 2
    assert texts == sorted(set(texts), key=len), "each only once, and growing"
    assert (views[-1].record.state, views[-1].drafts) == (JobState.DONE, ())


@pytest.mark.parametrize("retain", [True, False])
@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_a_job_that_is_stopped_leaves_no_draft(
    start_services: StartServices, hurry: threading.Event, end: str, retain: bool
) -> None:
    with serve_model(lambda _: dribble(LONG_TEXT, hurry)) as server:
        services = start_services(with_model(server), vlm_url=server.url)
        record = submit(services, retain=retain)
        drafts_until(services, record.id, bool)
        getattr(services.jobs, end)(ANYONE, record.id)
        # The page's process is ended, in the middle of its answer.
        assert eventually(lambda: server.under_way == 0)
        assert eventually(lambda: stored_files(services) == [])


def test_an_answer_that_breaks_off_leaves_no_draft(start_services: StartServices, hurry: threading.Event) -> None:
    with serve_model(lambda _: dribble(LONG_TEXT, hurry, dies_after=1000)) as server:
        services = start_services(with_model(server), vlm_url=server.url)
        record = submit(services, retain=False)
        drafts_until(services, record.id, bool)
        hurry.set()
        view = wait(services, record.id)
        assert view.document is not None
        assert view.document.text == "Scripted text"
        assert any("broke off" in notice for notice in view.notices)
        services.closing.stop()
        assert stored_files(services) == [], "delivered, and so deleted"


def test_what_a_worker_writes_that_lost_its_job_is_swept(start_services: StartServices) -> None:
    services = start_services(scripted())
    record = submit(services, options=OcrOptions())
    wait(services, record.id)
    services.files.write(draft_key(record.id, 1), b"late")
    services.closing.sweep_later(record.id)
    services.closing.stop()
    assert stored_files(services) == [f"jobs/{record.id}/document.json", f"jobs/{record.id}/source"]


# --- what it costs --------------------------------------------------------------------------------------------


class CountingFiles(JobFiles):
    """Notes what is asked of the storage."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.asked: list[tuple[str, str]] = []

    @property
    def impatient(self) -> JobFiles:  # type: ignore[override]
        return self

    def read(self, key: str) -> bytes:
        self.asked.append(("read", key.rpartition("/")[2]))
        return super().read(key)

    def write(self, key: str, data: bytes) -> None:
        self.asked.append(("write", key.rpartition("/")[2]))
        super().write(key, data)

    def delete(self, key: str) -> None:
        self.asked.append(("delete", key.rpartition("/")[2]))
        super().delete(key)


class CountingContext(TaskContext):
    def __init__(self, files: CountingFiles) -> None:
        super().__init__()
        self._counting = files

    def open_files(self, storage_url: str) -> JobFiles:
        return self._counting


SERVED = VlmConfig(VlmKind.SERVED, url="http://127.0.0.1:9/v1", model="any")


@pytest.mark.parametrize(
    ("tier", "model", "more"),
    [
        (Tier.CPU, VlmConfig(), []),
        (Tier.CPU, SERVED, []),
        (Tier.VLM, VlmConfig(), []),
        (Tier.VLM, replace(SERVED, kind=VlmKind.SURYA), []),
        (Tier.VLM, SERVED, [("delete", "0001.draft")]),
    ],
)
def test_only_a_page_of_a_model_that_streams_costs_a_request_more(
    tmp_path: Path, tier: Tier, model: VlmConfig, more: list[tuple[str, str]]
) -> None:
    files = CountingFiles(tmp_path)
    files.write(upload_key("a"), make_pdf(1))
    files.asked.clear()
    reader = replace(scripted(), vlm=model)
    ReadPage(files.storage_url, "a", 1, OcrOptions(tier=tier), reader, ModelUse.NEVER).run(CountingContext(files))
    assert files.asked == [("read", "upload"), ("write", "0001.json"), *more]


def page_record(state: PageState, *, starts: int = 1, failures: int = 0) -> PageRecord:
    return PageRecord(1, state, starts, failures, None, None, None, None, ())


@pytest.mark.parametrize(
    ("tier", "page", "shown"),
    [
        (Tier.CPU, page_record(PageState.WAITING), None),
        (Tier.VLM, page_record(PageState.WAITING, starts=0), None),
        (Tier.VLM, page_record(PageState.WAITING, failures=1), None),
        # What a worker that lost its lease may still write.
        (Tier.VLM, page_record(PageState.READ), None),
        (Tier.VLM, page_record(PageState.FAILED), None),
        (Tier.VLM, page_record(PageState.WAITING), "Dear"),
        (Tier.VLM, page_record(PageState.WAITING, starts=2, failures=1), "Dear"),
    ],
)
def test_only_pages_in_work_are_looked_for(tmp_path: Path, tier: Tier, page: PageRecord, shown: str | None) -> None:
    files = CountingFiles(tmp_path)
    record = replace(make_view(JobState.PROCESSING).record, options=OcrOptions(tier=tier))
    files.write(draft_key(record.id, 1), b"Dear")
    files.asked.clear()
    executor = LocalExecutor(LocalExecutorConfig(page_processes=0))
    drafts = JobResults(files, executor, replace(scripted(), vlm=SERVED)).find_drafts(record, [page])
    assert [draft.text for draft in drafts] == ([shown] if shown else [])
    assert len(files.asked) == len(drafts)
