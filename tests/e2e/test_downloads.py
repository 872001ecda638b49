"""Downloads over HTTP: what may be chosen, what is refused, what is said about a file."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest
import requests

from exports.searchable_pdf import NOTICE_DECRYPTED
from tests.server import RunningServer

pytestmark = [pytest.mark.e2e, pytest.mark.ocr]
NAME = "Rechnung März – 請求書.pdf"


@pytest.fixture(scope="module")
def place(server: RunningServer, samples: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A finished job of a PDF of three pages that may be read but not changed."""
    path = tmp_path_factory.mktemp("sent") / "locked.pdf"
    with pikepdf.open(samples / "report-3-pages.pdf") as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="secret", user=""))
    answer = requests.post(server.ocr, files={"file": (NAME, path.read_bytes())}, timeout=200)
    assert answer.json()["status"] == "done"
    return f"{server.ocr}{answer.json()['uuid']}/download/"


def download(place: str, **chosen: str) -> requests.Response:
    return requests.get(place, params=chosen, timeout=200)


@pytest.mark.parametrize("format", ["txt", "md", "docx", "pdf", "csv", "json", "xlsx", "hocr", "alto"])
def test_some_pages_of_every_format(place: str, format: str) -> None:
    whole, part = download(place, format=format), download(place, format=format, pages="2-3")
    assert whole.ok
    assert part.ok
    assert whole.content != part.content
    if format == "pdf":
        with pikepdf.open(io.BytesIO(part.content)) as pdf:
            assert len(pdf.pages) == 2
    assert (
        "UTF-8''Rechnung%20M%C3%A4rz%20%E2%80%93%20%E8%AB%8B%E6%B1%82%E6%9B%B8." in part.headers["Content-Disposition"]
    )


def test_tables_in_a_zip(place: str) -> None:
    answer = download(place, format="csv", tables="zip")
    assert answer.headers["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


@pytest.mark.parametrize(
    "chosen",
    [
        {"format": "exe"},
        {"format": "txt", "pages": "7"},
        {"format": "txt", "pages": "x"},
        {"format": "csv", "tables": "all"},
        {"format": "md", "translation": "true"},
    ],
    ids=str,
)
def test_what_is_not_there_is_refused(place: str, chosen: dict[str, str]) -> None:
    answer = download(place, **chosen)
    assert answer.status_code == 400
    assert {"error", "code"} <= answer.json().keys()


def test_what_is_to_be_said_of_a_file_comes_with_it(place: str) -> None:
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda _: download(place, format="pdf", pages="1"), range(3)))
    assert {answer.headers["X-Ocr-Chat-Notice"] for answer in answers} == {NOTICE_DECRYPTED}
    assert len({answer.content for answer in answers}) == 1, "made once"
    assert "X-Ocr-Chat-Notice" not in download(place, format="txt").headers
