"""Which pages are handed out, and when again after they failed."""

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from database.connect import utc_now
from pipeline.options import OcrOptions, Tier
from pipeline.vlm.config import VlmConfig, VlmKind
from service.executors.base import Lane
from service.held_job import HeldJob
from service.job_claims import Claim, FailedPageOutcome
from service.job_record import JobRecord
from service.page_batches import ReadBatch
from service.page_lanes import PageLanes
from service.tasks import ReadPage
from tests.service.running_services import scripted
from tests.service.test_worker import ThreadlessExecutor


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def hold(pages: int, tier: Tier = Tier.CPU) -> HeldJob:
    known: dict[str, Any] = dict.fromkeys(JobRecord.__dataclass_fields__)
    known |= {"id": "a", "options": OcrOptions(tier=tier), "page_count": pages, "weight": 1, "queue_rank": 0.0}
    known |= {"created_at": utc_now()}
    return HeldJob.from_pages(Claim(JobRecord(**known), 1), [(number, 0, 0) for number in range(1, pages + 1)])


def open_lanes(clock: Clock, **model: Any) -> PageLanes:
    reader = replace(scripted(), vlm=VlmConfig(**model))
    return PageLanes(ThreadlessExecutor(), reader, page_timeout_s=5, short_pages=5, falls_back=True, clock=clock)


def fail(held: HeldJob, number: int, code: str) -> FailedPageOutcome:
    held.failures[number] += 1
    return FailedPageOutcome(number, code, "Why.", is_final=False)


def test_a_page_that_the_storage_failed_rests_longer_each_time() -> None:
    clock = Clock()
    lanes, held = open_lanes(clock), hold(2)
    lanes.add(held)
    assert lanes.take({Lane.PAGES: 2}) == [("a", (1,)), ("a", (2,))]
    lanes.retry(held, fail(held, 2, "page_crashed"))
    assert lanes.rest_ends == []
    assert lanes.take({Lane.PAGES: 2}) == [("a", (2,))]
    for rest_s in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        lanes.retry(held, fail(held, 1, "storage_unavailable"))
        assert lanes.rest_ends == [clock.now + rest_s]
        assert (lanes.waiting_count, lanes.take({Lane.PAGES: 2})) == (0, [])
        clock.now += rest_s
        assert lanes.take({Lane.PAGES: 2}) == [("a", (1,))]
    assert lanes.rest_ends == []


def test_no_page_rests_of_a_job_that_is_gone() -> None:
    clock = Clock()
    lanes, held = open_lanes(clock), hold(1)
    lanes.add(held)
    lanes.take({Lane.PAGES: 1})
    lanes.retry(held, fail(held, 1, "storage_unavailable"))
    lanes.remove("a")
    assert lanes.rest_ends == []
    clock.now += 60.0
    assert lanes.take({Lane.PAGES: 1}) == []


# --- batches --------------------------------------------------------------------------------------------------

MODEL: dict[str, Any] = {"kind": VlmKind.TRANSFORMERS, "model": "any", "page_budget_s": 60.0, "batch_pages": 3}


def test_pages_for_a_model_in_this_program_are_handed_out_together() -> None:
    lanes, held = open_lanes(Clock(), **MODEL), hold(5, Tier.VLM)
    lanes.add(held)
    taken = lanes.take(lanes.count_free([held], ahead=1))
    assert taken == [("a", (1, 2, 3))]
    task, lane, timeout_s = lanes.to_task("/files", held, (1, 2, 3))
    assert isinstance(task, ReadBatch)
    assert (task.numbers, task.token, lane) == ((1, 2, 3), 1, Lane.MODELS)
    # The time of each of its pages, and once that of loading the model.
    assert timeout_s == 900 + 3 * (5 + 60)
    running: Future[object] = Future()
    held.in_flight |= dict.fromkeys((1, 2, 3), running)
    assert lanes.count_free([held], ahead=1)[Lane.MODELS] == 0
    assert lanes.take({Lane.MODELS: 1}) == [("a", (4, 5))]


def test_a_page_that_is_suspect_is_read_alone() -> None:
    lanes, held = open_lanes(Clock(), **MODEL), hold(4, Tier.VLM)
    held.begun.add(2)
    lanes.add(held)
    assert lanes.take({Lane.MODELS: 9}) == [("a", (2,)), ("a", (1, 3, 4))]
    for number in (1, 3, 4):
        held.take_lost(number)
        lanes.put_back(held, [number])
    assert held.failures == dict.fromkeys(range(1, 5), 0)
    assert lanes.take({Lane.MODELS: 9}) == [("a", (1,)), ("a", (3,)), ("a", (4,))]
    assert isinstance(lanes.to_task("/files", held, (1,))[0], ReadPage)


def test_what_a_worker_left_unfinished_is_read_alone() -> None:
    claim = hold(3, Tier.VLM).claim
    held = HeldJob.from_pages(claim, [(1, 1, 0), (2, 0, 0), (3, 0, 0)])
    lanes = open_lanes(Clock(), **MODEL)
    lanes.add(held)
    assert lanes.take({Lane.MODELS: 9}) == [("a", (1,)), ("a", (2, 3))]


def test_servers_get_page_by_page_what_they_batch_themselves() -> None:
    lanes, held = open_lanes(Clock(), **(MODEL | {"kind": VlmKind.SERVED, "url": "http://x/v1"})), hold(3, Tier.VLM)
    lanes.add(held)
    assert lanes.take({Lane.MODELS: 9}) == [("a", (1,)), ("a", (2,)), ("a", (3,))]


class TwoModels(ThreadlessExecutor):
    def slots(self, lane: Lane) -> int:
        return 2 if lane is Lane.MODELS else super().slots(lane)


def test_every_model_of_a_cluster_gets_something() -> None:
    reader, held = replace(scripted(), vlm=VlmConfig(**MODEL)), hold(4, Tier.VLM)
    lanes = PageLanes(TwoModels(), reader, page_timeout_s=5, short_pages=5, falls_back=True)
    lanes.add(held)
    assert lanes.take({Lane.MODELS: 2}) == [("a", (1, 2)), ("a", (3, 4))]
