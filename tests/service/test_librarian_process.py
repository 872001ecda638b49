"""The search process dies, its index is damaged: questions are answered all the same."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from errors import ChatUnavailableError
from pipeline.document_json import to_json
from retrieval.embedder import EMBEDDED_MODEL
from retrieval.librarian import LibrarianConfig
from service.job_files import JobFiles, document_key
from service.librarian_process import Ask, Forget, IndexPart, LibrarianProcess
from service.turns import Turns
from tests.retrieval.papers import LEASE, make_document

JOB = "a" * 32
QUESTION = Ask((JOB,), "How much is the monthly rent?", ())


@pytest.fixture
def process(tmp_path: Path) -> Iterator[LibrarianProcess]:
    """With one document, indexed."""
    files = str(tmp_path / "files")
    JobFiles(files).write(document_key(JOB), to_json(make_document(LEASE, document_id=JOB)))
    process = LibrarianProcess(LibrarianConfig(index_folder=tmp_path / "chroma"), files)
    assert not process.call(IndexPart(JOB))
    yield process
    process.stop()


class CountVectors:
    def run(self, desk: Any) -> int:
        return len(desk.index.find_numbers(JOB, model=EMBEDDED_MODEL))


def test_a_process_that_was_killed_is_started_again_for_the_question(process: LibrarianProcess) -> None:
    assert process._process is not None
    assert process._process.pid is not None
    os.kill(process._process.pid, signal.SIGKILL)
    assert "$1,250.00" in process.call(QUESTION).content


class Stumble:
    """An error that nobody expected, with the document's words in it."""

    def run(self, desk: Any) -> None:
        raise ValueError(f"no such word: {LEASE[0]}")


def test_an_error_is_logged_once_and_without_the_documents_words(
    process: LibrarianProcess, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ChatUnavailableError):
        process.call(Stumble())
    said = capfd.readouterr()
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "builtins.ValueError" in record.getMessage()
    assert "in run" in record.getMessage()
    assert "lease" not in record.getMessage() + said.out + said.err
    assert "$1,250.00" in process.call(QUESTION).content


def garble(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"no database " * 4000)


def cut(folder: Path) -> None:
    file = folder / "chroma.sqlite3"
    with file.open("r+b") as database:
        database.truncate(file.stat().st_size // 2)


def garble_the_middle(folder: Path) -> None:
    """It can be opened, but not used."""
    file = folder / "chroma.sqlite3"
    data = bytearray(file.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = b"\xa5" * third
    file.write_bytes(data)


@pytest.mark.parametrize("damage", [garble, cut, garble_the_middle], ids=lambda damage: damage.__name__)
def test_a_damaged_index_is_made_anew(
    process: LibrarianProcess, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    process.stop()
    damage(tmp_path / "chroma")
    process.call(Forget("b" * 32))  # else a job could never be removed again
    assert not process.call(IndexPart(JOB))
    assert process.call(CountVectors()) > 0
    assert "$1,250.00" in process.call(QUESTION).content


def test_a_folder_that_can_not_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("a file")
    process = LibrarianProcess(LibrarianConfig(index_folder=tmp_path / "chroma"), str(tmp_path))
    with pytest.raises(ChatUnavailableError, match="folder of the vector index"):
        process.call(QUESTION)
    process.stop()
    assert (tmp_path / "chroma").read_text() == "a file"


def test_a_server_of_the_index_that_is_away_costs_no_new_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    process = LibrarianProcess(LibrarianConfig(index_url="http://127.0.0.1:9"), str(tmp_path))
    with pytest.raises(ChatUnavailableError) as told:
        process.call(Forget(JOB))
    assert told.value.message == "The vector index can't be used."
    assert "can't be opened: " in caplog.text, "what is the matter is for the log alone"
    worker = process._process
    with pytest.raises(ChatUnavailableError, match="vector index"):
        process.call(Forget(JOB))
    assert worker is not None
    assert process._process is worker
    process.stop()


def test_turns_are_taken_in_the_order_of_asking() -> None:
    """Whoever gives a turn back and asks again comes after those who waited."""
    turns = Turns()
    order: list[str] = []

    def take(name: str) -> None:
        with turns:
            order.append(name)

    with turns:
        threads = []
        for number, name in enumerate(["first", "second"]):
            threads.append(threading.Thread(target=take, args=(name,)))
            threads[-1].start()
            while turns.waiting <= number:
                continue
    take("again")
    for thread in threads:
        thread.join()
    assert order == ["first", "second", "again"]
