"""Several web processes and several workers on one PostgreSQL."""

from pathlib import Path

import pytest

from bench.job_sharing import share
from tests.postgres import PostgresCluster


@pytest.mark.slow
@pytest.mark.postgres
def test_jobs_are_shared_without_loss(tmp_path: Path, postgres: PostgresCluster) -> None:
    found = share(tmp_path, postgres.make_database(), job_count=30)
    assert found.problems == ()
    assert found.jobs == 30
    assert found.begun_again == 0
