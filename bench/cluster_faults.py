"""Something dies or goes away in the middle of a job of 30 pages, again and again: does every job end well?

    python -m bench.cluster_faults --rounds node=20 web=20 postgres=10 s3=10

A whole installation runs on this machine (:mod:`bench.cluster_setup`): PostgreSQL, S3, a Ray head and three nodes, a
worker, and two web processes behind one address; the engine only sleeps. ``node`` kills a Ray node and adds another,
``web`` kills a web process while the client waits and starts it again, ``postgres`` restarts the database, ``s3`` shuts
the storage for ``--outage`` seconds. A client polls as ours do: it asks again after an error. Then the document, the
rows and the ledger are compared.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
import sqlalchemy as sa

from bench.cluster_setup import ClusterSetup, run_setup
from bench.job_fleet import make_blank_pdf
from database.connect import open_engine
from database.tables import job_pages, jobs, reservations
from quota.audit import find_discrepancies

PAGES = 30
PAGE_SECONDS = 0.1
JOB_TIMEOUT_S = 300.0
KINDS = ("node", "web", "postgres", "s3")


@dataclass(frozen=True, slots=True)
class Round:
    """``starts`` is how many page tasks were begun, 30 where nothing was read again."""

    kind: str
    was_working: bool
    seconds: float
    starts: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Faults:
    """``outage_s`` is how long the storage is away."""

    setup: ClusterSetup
    outage_s: float

    def cause(self, kind: str) -> None:
        causes: dict[str, Callable[[], None]] = {
            "node": self._kill_node,
            "web": self._kill_web,
            "postgres": self.setup.postgres.restart,
            "s3": self._shut_storage,
        }
        causes[kind]()

    def _kill_node(self) -> None:
        self.setup.ray.kill_node()
        self.setup.ray.add_node()

    def _kill_web(self) -> None:
        port = next(iter(self.setup.webs))
        self.setup.kill_web(port)
        self.setup.start_web(port)

    def _shut_storage(self) -> None:
        self.setup.s3.door.shut()
        time.sleep(self.outage_s)
        self.setup.s3.door.unbar()


def run_round(faults: Faults, kind: str, moment_s: float) -> Round:
    """``moment_s`` after the first page was read, something happens."""
    setup, started = faults.setup, time.monotonic()
    job_id = _submit(setup)
    _wait(setup, job_id, lambda body: body["progress"]["done"] > 0 or body["status"] == "done")
    time.sleep(moment_s)
    was_working = _get(setup, job_id)["status"] == "processing"
    faults.cause(kind)
    body = _wait(setup, job_id, lambda body: body["status"] in ("done", "failed"))
    problems = []
    if body["status"] != "done":
        problems.append(f"ended as {body['status']}: {body.get('error')}")
    elif [page["index"] for page in body["pages"]] != list(range(PAGES)):
        problems.append("pages are missing or double")
    starts, more = _audit(setup, job_id)
    return Round(kind, was_working, time.monotonic() - started, starts, (*problems, *more))


def _audit(setup: ClusterSetup, job_id: str) -> tuple[int, list[str]]:
    """How many pages were begun, and what is wrong with rows and ledger."""
    engine = open_engine(setup.settings["DATABASE_URL"])
    try:
        with engine.connect() as connection:
            job = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).one()
            pages = connection.execute(sa.select(job_pages).where(job_pages.c.job_id == job_id)).all()
            charged = connection.execute(sa.select(reservations.c.charged).where(reservations.c.job_id == job_id))
            paid = charged.scalar_one()
            problems = [str(each) for each in find_discrepancies(connection)]
    finally:
        engine.dispose()
    if (job.pages_done, job.pages_failed, len(pages)) != (PAGES, 0, PAGES):
        problems.append(f"{job.pages_done} pages counted, {job.pages_failed} failed")
    if paid != PAGES:
        problems.append(f"{paid} credits charged")
    return sum(page.starts for page in pages), problems


def _submit(setup: ClusterSetup) -> str:
    answer = requests.post(f"{setup.url}/api/v1/ocr/", files={"file": make_blank_pdf(PAGES)}, timeout=200)
    answer.raise_for_status()
    return str(answer.json()["uuid"])


def _get(setup: ClusterSetup, job_id: str) -> dict:  # type: ignore[type-arg]
    deadline = time.monotonic() + JOB_TIMEOUT_S
    while True:
        try:
            answer = requests.get(f"{setup.url}/api/v1/ocr/{job_id}/", timeout=120)
            if answer.ok:
                return dict(answer.json())
            if answer.status_code < 500 or time.monotonic() > deadline:
                answer.raise_for_status()
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _wait(setup: ClusterSetup, job_id: str, is_there: Callable[[dict], bool]) -> dict:  # type: ignore[type-arg]
    deadline = time.monotonic() + JOB_TIMEOUT_S
    while not is_there(body := _get(setup, job_id)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the job is still {body['status']}, {body['progress']}")
        time.sleep(0.1)
    return body


def run_rounds(folder: Path, rounds: dict[str, int], *, outage_s: float, seed: int = 1) -> list[Round]:
    """All rounds on one installation; each is printed when it is over."""
    moments = random.Random(seed)
    done = []
    with run_setup(
        folder, page_seconds=PAGE_SECONDS, with_chroma=False, node_count=3, LEASE_S="5", UPLOAD_RETENTION_MINUTES="60"
    ) as setup:
        faults = Faults(setup, outage_s)
        for kind in [kind for kind, count in rounds.items() for _ in range(count)]:
            setup.wait_for_webs()
            found = run_round(faults, kind, moments.uniform(0, PAGES * PAGE_SECONDS / 4))
            done.append(found)
            print(
                f"{kind:9} {found.seconds:6.1f} s, {found.starts} begun, in the middle: {found.was_working}",
                *found.problems,
                file=sys.stderr,
                flush=True,
            )
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", nargs="+", default=["node=20", "web=20", "postgres=10", "s3=10"])
    parser.add_argument("--outage", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rounds = {kind: int(count) for kind, count in (each.split("=") for each in arguments.rounds)}
    if set(rounds) - set(KINDS):
        parser.error(f"kinds are {', '.join(KINDS)}")
    with tempfile.TemporaryDirectory() as text:
        done = run_rounds(Path(text), rounds, outage_s=arguments.outage, seed=arguments.seed)
    for kind in rounds:
        found = [each for each in done if each.kind == kind]
        right = sum(not each.problems for each in found)
        print(
            f"{kind}: {len(found)} rounds, {right} right, {sum(each.was_working for each in found)} in the middle of a "
            f"job, {sum(each.starts - PAGES for each in found)} pages begun again, slowest "
            f"{max((each.seconds for each in found), default=0):.1f} s"
        )
    return 1 if any(each.problems for each in done) else 0


if __name__ == "__main__":
    raise SystemExit(main())
