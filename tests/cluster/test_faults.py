"""What may die in a cluster dies in the middle of a job: a Ray node, a web process, PostgreSQL, the storage."""

from pathlib import Path

import pytest

from bench.cluster_faults import KINDS, PAGES, run_rounds

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(900)]


def test_every_job_ends_well_whatever_dies(tmp_path: Path) -> None:
    done = run_rounds(tmp_path, dict.fromkeys(KINDS, 1), outage_s=3.0)
    assert {each.kind: each.problems for each in done} == dict.fromkeys(KINDS, ())
    assert all(each.starts >= PAGES for each in done)
