"""Workers die by kill -9 in the middle of jobs; every page is counted once all the same."""

from pathlib import Path

import pytest

from bench.kill_rounds import PAGES, killing_ground, run_rounds

ROUNDS = 3
PAGE_SECONDS = 0.02


@pytest.mark.slow
def test_killed_workers_lose_nothing(tmp_path: Path, database_url: str) -> None:
    with killing_ground(tmp_path, database_url, page_seconds=PAGE_SECONDS) as (services, fleet):
        rounds = list(run_rounds(services, fleet, ROUNDS, seed=7, longest_s=PAGES * PAGE_SECONDS / 2))
    assert [problem for each in rounds for problem in each.problems] == []
    assert len(rounds) == ROUNDS
    assert any(each.was_working for each in rounds)
