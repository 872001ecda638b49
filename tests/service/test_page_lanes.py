"""Which pages are handed out, and when again after they failed."""

from typing import Any

from database.connect import utc_now
from pipeline.options import OcrOptions
from service.executors.base import Lane
from service.held_job import HeldJob
from service.job_claims import Claim, FailedPageOutcome
from service.job_record import JobRecord
from service.page_lanes import PageLanes
from tests.service.running_services import scripted
from tests.service.test_worker import ThreadlessExecutor


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def hold(pages: int) -> HeldJob:
    known: dict[str, Any] = dict.fromkeys(JobRecord.__dataclass_fields__)
    known |= {"id": "a", "options": OcrOptions(), "page_count": pages, "weight": 1, "queue_rank": 0.0}
    known |= {"created_at": utc_now()}
    return HeldJob.from_pages(Claim(JobRecord(**known), 1), [(number, 0, 0) for number in range(1, pages + 1)])


def open_lanes(clock: Clock) -> PageLanes:
    return PageLanes(ThreadlessExecutor(), scripted(), page_timeout_s=5, short_pages=5, falls_back=True, clock=clock)


def fail(held: HeldJob, number: int, code: str) -> FailedPageOutcome:
    held.failures[number] += 1
    return FailedPageOutcome(number, code, "Why.", is_final=False)


def test_a_page_that_the_storage_failed_rests_longer_each_time() -> None:
    clock = Clock()
    lanes, held = open_lanes(clock), hold(2)
    lanes.add(held)
    assert lanes.take({Lane.PAGES: 2}) == [("a", 1), ("a", 2)]
    lanes.retry(held, fail(held, 2, "page_crashed"))
    assert lanes.rest_ends == []
    assert lanes.take({Lane.PAGES: 2}) == [("a", 2)]
    for rest_s in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        lanes.retry(held, fail(held, 1, "storage_unavailable"))
        assert lanes.rest_ends == [clock.now + rest_s]
        assert (lanes.waiting_count, lanes.take({Lane.PAGES: 2})) == (0, [])
        clock.now += rest_s
        assert lanes.take({Lane.PAGES: 2}) == [("a", 1)]
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
