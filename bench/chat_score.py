"""Scores answers about documents: python -m bench.chat_score FOLDER predictions.jsonl [--failures]

``questions.jsonl`` of the folder says what is right: ``answers`` (any of them counts), ``gold_pages`` (from 1),
``answerable``, ``kind``. ``predictions.jsonl`` is what ``bench.chat_bench ask`` writes. Texts are compared without
case, punctuation and spacing.
"""

import argparse
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--failures", action="store_true", help="show the answers that are wrong")
    arguments = parser.parse_args()
    given = {entry["id"]: entry for entry in _read_lines(arguments.predictions)}
    pages = {entry["id"]: entry["pages"] for entry in _read_lines(arguments.folder / "docs.jsonl")}
    table: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for question in _read_lines(arguments.folder / "questions.jsonl"):
        marks = judge(question, given[question["id"]], pages[question["doc"]])
        for name, mark in marks.items():
            table[question["kind"]][name].append(mark)
            table["all"][name].append(mark)
        if arguments.failures and not all(marks.values()):
            wrong = ", ".join(name for name, mark in marks.items() if not mark)
            print(f"{question['doc']} [{question['kind']}] {question['question']}\n   not {wrong}")
            print(f"   {given[question['id']]['answer']}")
    for kind, row in sorted(table.items()):
        print(f"{kind:20}", "  ".join(f"{name} {fmean(marks):.3f} ({len(marks)})" for name, marks in row.items()))


def judge(question: Mapping[str, Any], answer: Mapping[str, Any], pages: list[str]) -> dict[str, bool]:
    """What is right about one answer. ``quoted`` says that every snippet stands on the page it is cited from."""
    if not question["answerable"]:
        return {"refused": bool(answer["refused"])}
    places = answer["citations"]
    return {
        "answered": not answer["refused"],
        "contained": any(_plain(text) in _plain(answer["answer"]) for text in question["answers"]),
        "first page": bool(places) and places[0]["page"] in question["gold_pages"],
        "any page": any(place["page"] in question["gold_pages"] for place in places),
        "quoted": all(_joined(place["snippet"]) in _joined(pages[place["page"] - 1]) for place in places),
    }


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def _joined(text: str) -> str:
    return _plain(text).replace(" ", "")


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    main()
