"""The simulated queue does what can be worked out by hand."""

import pytest

from bench.simulation import Arrival, draw_arrivals, quantile, simulate


def test_one_job_takes_its_pages_over_the_places() -> None:
    found = simulate([Arrival(0.0, 8)], slots=4, workers=1, page_s=1.0, spread=0.0, fixed_s=0.5)
    assert found.long_s == (2.5,)
    assert found.busy == pytest.approx(1.0)


def test_short_jobs_pass_long_ones() -> None:
    arrivals = [Arrival(0.0, 40), Arrival(0.5, 1)]
    found = simulate(arrivals, slots=1, workers=1, page_s=1.0, spread=0.0, fixed_s=0.0)
    assert found.short_s[0] <= 2.5
    assert found.long_s == (41.0,)


def test_more_places_wait_less_and_arrivals_have_the_asked_rate() -> None:
    arrivals = draw_arrivals(10.0, 600.0, seed=1)
    assert sum(each.pages for each in arrivals) == pytest.approx(6000, rel=0.15)
    scarce, ample = (
        simulate(arrivals, slots=slots, workers=1, page_s=1.0, spread=0.5, fixed_s=0.0) for slots in (11, 20)
    )
    assert len(ample.short_s) + len(ample.long_s) == len(arrivals)
    assert quantile(ample.long_s, 0.95) < quantile(scarce.long_s, 0.95)
    assert ample.busy < scarce.busy <= 1.0
