"""Pages that the model of this program reads side by side, through the front door: seen, counted, killed, cancelled."""

import io
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from rapidfuzz.distance import Levenshtein

from tests.e2e.watched_model.sitecustomize import LATE_WIDTH_PX, LOOP_WIDTH_PX, POISON_WIDTH_PX
from tests.server import RunningServer, start_server
from tests.tiny_pictures import CHECKPOINT, MOST_ERRORS, Picture, draw_pictures

pytestmark = [pytest.mark.e2e]

MODEL = "tiny-lightonocr-3"
PICTURES = list(draw_pictures())
SHORT, LONG = PICTURES[5], PICTURES[7]  # their answers have 18 and 26 tokens
DEADLINE_S = 200.0


@dataclass(frozen=True)
class Watched:
    """A server whose model is watched (``tests/e2e/watched_model``)."""

    server: RunningServer
    folder: Path

    @property
    def batches(self) -> list[tuple[int, int]]:
        """(process id, pages) of each call of the model."""
        log = self.folder / "batches"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(int(pid), int(pages)) for pid, pages in map(str.split, lines)]

    def hold(self) -> None:
        (self.folder / "hold").touch()

    def let_go(self) -> None:
        (self.folder / "hold").unlink(missing_ok=True)

    def send(self, pages: Sequence[Image.Image], **data: str) -> str:
        stream = io.BytesIO()
        pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
        files = {"file": ("pages.tiff", stream.getvalue(), "image/tiff")}
        answer = requests.post(self.server.ocr, files=files, data={"tier": "vlm", **data}, timeout=300)
        assert answer.status_code in (200, 201, 202), answer.text
        return str(answer.json()["uuid"])

    def get(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = requests.get(f"{self.server.ocr}{job_id}/", timeout=60).json()
        return job

    def wait(self, job_id: str) -> dict[str, Any]:
        job = self.wait_for(job_id, lambda job: job["status"] not in ("pending", "processing"))
        assert job["status"] == "done", job
        return job

    def wait_for(self, job_id: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_S
        while not is_so(job := self.get(job_id)):
            assert time.monotonic() < deadline, job
            time.sleep(0.1)
        return job

    def count_failures(self) -> int:
        """Failed tries of pages since the server started."""
        said = requests.get(f"{self.server.url}/metrics", timeout=60).text
        return round(sum(float(count) for count in re.findall(r"^ocr_page_failures_total\{.*\} (.+)$", said, re.M)))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watch")
    with start_server(
        tmp_path_factory.mktemp("batches"),
        VLM_MODEL=str(CHECKPOINT),
        VLM_DEVICE="cpu",
        VLM_BATCH_PAGES="3",
        VLM_PAGE_S="900",
        INLINE_MAX_PAGES="0",
        PYTHONPATH=str(Path(__file__).parent / "watched_model"),
        MODEL_WATCH=str(folder),
    ) as server:
        yield Watched(server, folder)


@pytest.fixture
def held(watched: Watched) -> Iterator[Watched]:
    """Batches stand still when the first of their pages has ended."""
    watched.hold()
    yield watched
    watched.let_go()


def errors(job: dict[str, Any], pictures: Sequence[Picture]) -> float:
    """Character error rate over all pages."""
    read = [page["text"].strip() for page in job["pages"]]
    distance = sum(Levenshtein.distance(text, each.text) for text, each in zip(read, pictures, strict=True))
    return distance / sum(len(each.text) for each in pictures)


def engines(job: dict[str, Any]) -> list[str]:
    return [page["engine"] for page in job["pages"]]


def widened(picture: Picture, width_px: int) -> Image.Image:
    image = Image.new("RGB", (width_px, picture.image.height), picture.image.getpixel((0, 0)))
    image.paste(picture.image)
    return image


def test_five_pages_are_two_batches(watched: Watched) -> None:
    before, pictures = len(watched.batches), PICTURES[:5]
    job = watched.wait(watched.send([each.image for each in pictures]))
    assert [pages for _, pages in watched.batches[before:]] == [3, 2]
    assert engines(job) == [MODEL] * 5
    assert errors(job, pictures) <= MOST_ERRORS, job["text"]
    assert job["usage"]["cost"] == 15
    assert all(0.3 < page["blocks"][0]["confidence"] <= 1 for page in job["pages"])
    said = requests.get(f"{watched.server.url}/metrics", timeout=60).text
    assert re.search(r"^ocr_batch_pages_count [1-9]", said, re.M)


def test_pages_are_seen_and_counted_one_by_one_and_a_kill_takes_nothing_from_them(held: Watched) -> None:
    failures, before = held.count_failures(), len(held.batches)
    job_id = held.send([LONG.image, SHORT.image, LONG.image])
    # The short page is counted while the others are still written, and these can be seen.
    job = held.wait_for(job_id, lambda job: job["progress"]["done"] == 1 and len(job.get("drafts") or ()) == 2)
    assert [draft["index"] for draft in job["drafts"]] == [0, 2]
    assert all(draft["text"] for draft in job["drafts"])
    ((pid, pages),) = held.batches[before:]
    assert pages == 3
    os.kill(pid, signal.SIGKILL)
    held.let_go()
    job = held.wait(job_id)
    assert engines(job) == [MODEL] * 3
    assert errors(job, [LONG, SHORT, LONG]) <= MOST_ERRORS, job["text"]
    assert job["usage"]["cost"] == 9
    # What had been read is not read again, each of the others by itself, and nobody is to blame.
    assert [pages for _, pages in held.batches[before:]] == [3, 1, 1]
    assert held.count_failures() == failures


def test_a_page_that_kills_the_model_costs_that_page_only(watched: Watched) -> None:
    failures = watched.count_failures()
    pictures = [PICTURES[0], SHORT, PICTURES[3]]
    job = watched.wait(watched.send([pictures[0].image, widened(SHORT, POISON_WIDTH_PX), pictures[2].image]))
    assert [engines(job)[0], engines(job)[2]] == [MODEL] * 2
    assert engines(job)[1] != MODEL
    assert errors(job, pictures) <= MOST_ERRORS, job["text"]
    assert job["usage"]["cost"] == 3 + 1 + 3
    (notice,) = [notice for notice in job["notices"] if "price of tier cpu" in notice]
    assert notice.startswith("Page 2:")
    assert watched.count_failures() == failures + 1


def test_pages_that_loop_or_take_too_long_cost_themselves_only(watched: Watched) -> None:
    before = len(watched.batches)
    pictures = [widened(PICTURES[0], LOOP_WIDTH_PX), SHORT.image, widened(PICTURES[3], LATE_WIDTH_PX)]
    job = watched.wait(watched.send(pictures))
    assert [engine == MODEL for engine in engines(job)] == [False, True, False]
    assert job["pages"][1]["text"].strip() == SHORT.text
    assert job["usage"]["cost"] == 1 + 3 + 1
    said = {notice[:7]: notice for notice in job["notices"] if "price of tier cpu" in notice}
    assert "repeat itself" in said["Page 1:"]
    assert "took too long" in said["Page 3:"]
    # The model is not asked again, and the page between them not read again.
    assert [pages for _, pages in watched.batches[before:]] == [3]


def test_a_batch_is_stopped_with_its_job(held: Watched) -> None:
    before = len(held.batches)
    job_id = held.send([LONG.image, SHORT.image, LONG.image])
    held.wait_for(job_id, lambda job: job["progress"]["done"] == 1)
    assert requests.delete(f"{held.server.ocr}{job_id}/", timeout=60).status_code in (200, 204)
    deadline = time.monotonic() + DEADLINE_S
    folder = held.server.data_dir / "files" / "jobs" / job_id
    while folder.exists() or is_alive(held.batches[before][0]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert requests.get(f"{held.server.ocr}{job_id}/", timeout=60).status_code == 404
    held.let_go()
    assert engines(held.wait(held.send([SHORT.image, SHORT.image]))) == [MODEL] * 2
    assert [pages for _, pages in held.batches[before:]] == [3, 2]


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
