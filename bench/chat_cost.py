"""What chat costs a real server: CPU time of indexing and of answers, memory of all its processes.

    python -m bench.chat_cost FOLDER [--pages 20] [--questions 30] [--gguf FILE]

One document of so many pages is made of the folder's longest documents in English, printed by Chromium, uploaded and
asked the folder's questions about them. CPU time is that of the server and everything it started, read before and
after; nothing else is asked of it meanwhile, and what it spends on doing nothing is measured first and taken off.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import psutil

from bench.chat_bench import read_lines, to_document
from bench.chat_server import ChatServer, to_pdf
from bench.long_scan import MemoryWatch, total_mb
from retrieval.chunking import split_document
from tests.server import start_server

_IDLE_S = 5.0
_SETTLE_S = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--gguf", default="", help="a chat model that words the answers")
    arguments = parser.parse_args()
    pages, questions = make_book(arguments.folder, arguments.pages)
    printed = to_pdf(pages)
    with tempfile.TemporaryDirectory() as folder, start_server(Path(folder), CHAT_GGUF=arguments.gguf) as server:
        client = ChatServer(
            server.url, server.create_account("bench@example.com", "--plan", "paid", "--credits", "100000")
        )
        report(server.process.pid, client, printed, pages, questions[: arguments.questions])


def make_book(folder: Path, page_count: int) -> tuple[list[str], list[str]]:
    """Pages of the folder's English documents, longest document first, repeated with another number if they are few.

    With them the questions about those documents, all kinds.
    """
    entries = [entry for entry in read_lines(folder / "docs.jsonl") if entry.get("lang") == "en"]
    entries.sort(key=lambda entry: -sum(map(len, entry["pages"])))
    pages: list[str] = []
    used: list[str] = []
    for entry in entries:
        if len(pages) < page_count:
            used.append(entry["id"])
            pages.extend(entry["pages"])
    pool = list(pages)
    while len(pages) < page_count:
        number = len(pages)
        pages.append(f"Section {number}.\n\n{pool[number % len(pool)]}")
    questions = [entry["question"] for entry in read_lines(folder / "questions.jsonl") if entry["doc"] in used]
    return pages[:page_count], questions


def report(pid: int, client: ChatServer, printed: bytes, pages: list[str], questions: list[str]) -> None:
    """Print what reading and indexing, then each question, cost."""
    before, idle = total_mb(pid), idle_share(pid)
    watch = MemoryWatch(pid)
    watch.start()
    job = client.upload("book.pdf", printed)
    read = max(watch.samples, default=0.0)
    ask = partial(client.ask, job)
    ask(questions[0])  # waits until all is indexed
    librarian = find_librarian(pid)
    chunks = sum(1 for _ in split_document(to_document({"id": "book", "pages": pages})))
    costs = [measured(pid, idle, partial(ask, text)) for text in questions]
    spent = process_cpu_s(librarian)
    client.ask(client.upload("again.pdf", printed), questions[0])
    spent = process_cpu_s(librarian) - spent - costs[0]
    samples = watch.stop()
    print(f"{len(pages)} pages, {sum(map(len, pages))} characters, {chunks} chunks")
    print(f"indexing: {chunks / spent:.1f} chunks per CPU second, measured on a second copy, when the model is open")
    print(f"answers: {1000 * sum(costs) / len(costs):.0f} CPU ms of all processes, median {1000 * median(costs):.0f}")
    print(f"memory of all processes: {before:.0f} MB before, {read:.0f} while read, {max(samples):.0f} at most")
    print(f"at the end {total_mb(pid):.0f} MB, the librarian {librarian.memory_full_info().pss / 1e6:.0f} MB of it")


def measured(pid: int, idle: float, work: Callable[[], object]) -> float:
    """The CPU seconds of the process tree that the work takes beyond its idling."""
    spent, started = tree_cpu_s(pid), time.monotonic()
    work()
    return tree_cpu_s(pid) - spent - idle * (time.monotonic() - started)


def idle_share(pid: int) -> float:
    """CPU seconds a second that the server spends on nothing."""
    time.sleep(_SETTLE_S)
    spent = tree_cpu_s(pid)
    time.sleep(_IDLE_S)
    return (tree_cpu_s(pid) - spent) / _IDLE_S


def tree_cpu_s(pid: int) -> float:
    parent = psutil.Process(pid)
    total = 0.0
    for process in (parent, *parent.children(recursive=True)):
        total += process_cpu_s(process)
    return total


def process_cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def find_librarian(pid: int) -> psutil.Process:
    """The server's process that holds the embedder: the one that maps the model's file. Raises RuntimeError."""
    for process in psutil.Process(pid).children(recursive=True):
        if any(place.path.endswith("e5-small-q4.bin") for place in process.memory_maps()):
            return process
    raise RuntimeError("no process has opened the embedded model")


if __name__ == "__main__":
    main()
