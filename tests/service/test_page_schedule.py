"""Whose page is next."""

from hypothesis import given
from hypothesis import strategies as st

from service.page_schedule import PageSchedule, ScheduledJob


def add(schedule: PageSchedule, name: str, pages: int, *, weight: int = 1, is_short: bool = False) -> None:
    job = ScheduledJob(name, weight, queue_rank=0.0, is_short=is_short)
    job.waiting.extend((number,) for number in range(1, pages + 1))
    schedule.add(job)


def owners(schedule: PageSchedule, count: int) -> str:
    return "".join(job_id for job_id, _ in schedule.take(count))


def test_jobs_take_turns() -> None:
    schedule = PageSchedule()
    add(schedule, "a", 3)
    add(schedule, "b", 2)
    assert schedule.take(9) == [("a", (1,)), ("b", (1,)), ("a", (2,)), ("b", (2,)), ("a", (3,))]
    assert schedule.waiting_count == 0


def test_weight_is_the_share_of_pages() -> None:
    schedule = PageSchedule()
    add(schedule, "p", 100, weight=4)
    add(schedule, "f", 100, weight=2)
    add(schedule, "a", 100, weight=1)
    order = owners(schedule, 70)
    assert (order.count("p"), order.count("f"), order.count("a")) == (40, 20, 10)


def test_a_short_job_is_next() -> None:
    schedule = PageSchedule()
    add(schedule, "L", 300)
    owners(schedule, 50)
    add(schedule, "s", 1, is_short=True)
    assert owners(schedule, 1) == "s"


def test_short_jobs_without_end_do_not_hold_up_a_long_one() -> None:
    schedule = PageSchedule()
    add(schedule, "L", 1000)
    order = ""
    for number in range(200):
        add(schedule, f"s{number}", 1, is_short=True)
        order += schedule.take(1)[0][0][0]
    assert order.count("L") >= 25


def test_what_is_put_back_comes_again() -> None:
    schedule = PageSchedule()
    add(schedule, "a", 2)
    assert schedule.take(1) == [("a", (1,))]
    schedule.put_back("a", (1,))
    schedule.put_back("gone", (1,))
    assert schedule.take(5) == [("a", (2,)), ("a", (1,))]


def test_a_batch_is_as_many_turns_as_it_has_pages() -> None:
    schedule = PageSchedule()
    for name in ("a", "b"):
        schedule.add(ScheduledJob(name, 1, queue_rank=0.0, is_short=False))
    for portion in ((1, 2, 3), (4, 5, 6)):
        schedule.put_back("a", portion)
    for number in range(1, 5):
        schedule.put_back("b", (number,))
    assert schedule.waiting_count == 6
    # "a" comes again when "b" has had as many pages.
    assert owners(schedule, 6) == "abbbab"


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from([1, 2, 4]), st.booleans()), max_size=8))
def test_every_page_is_handed_out_once(jobs: list[tuple[int, int, bool]]) -> None:
    schedule = PageSchedule()
    for index, (pages, weight, is_short) in enumerate(jobs):
        add(schedule, str(index), pages, weight=weight, is_short=is_short)
    wanted = {(str(index), (number,)) for index, (pages, _, _) in enumerate(jobs) for number in range(1, pages + 1)}
    taken = schedule.take(1000)
    assert len(taken) == len(wanted)
    assert set(taken) == wanted
