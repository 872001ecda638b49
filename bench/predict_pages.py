"""Read a folder of pages and write what was read for a scorer.

    python -m bench.predict_pages FOLDER PREDICTIONS.json [--serve] [--language auto|own] [--tier cpu|vlm] [--only PART]

FOLDER holds manifest.json, a list of objects with "id", "file" and perhaps "lang". PREDICTIONS.json maps each id to
{"text", "language", "script", "engine", "confidence", "seconds"}; seconds are CPU seconds of this process. With
``--serve`` the pages go one by one through a server of its own, uploads and answers as a client sees them: no script is
named then, and seconds are those of all its processes, the first pages' loading of engines included.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from bench.latency import cpu_seconds
from pipeline.languages import find_language
from pipeline.options import OcrOptions, Tier
from pipeline.process_tuning import tune_process
from pipeline.recognise import Reader, recognise
from tests.server import RunningServer, start_server

Predict = Callable[[Path, OcrOptions], dict[str, object]]


def main() -> None:
    arguments = _parse_arguments()
    items = json.loads((arguments.folder / "manifest.json").read_text(encoding="utf-8"))
    predictions: dict[str, dict[str, object]] = {}
    with _served() if arguments.serve else _in_process() as predict:
        try:
            for item in items:
                if arguments.only and arguments.only not in item["id"]:
                    continue
                options = OcrOptions(Tier(arguments.tier), language=_language(item, arguments.language))
                predictions[item["id"]] = predict(arguments.folder / item["file"], options)
                print(f"{item['id']}: {predictions[item['id']]['seconds']} s", file=sys.stderr)
        except KeyboardInterrupt:
            print("Interrupted: the pages read so far are written.", file=sys.stderr)
    arguments.predictions.write_text(json.dumps(predictions, ensure_ascii=False, indent=1), encoding="utf-8")
    seconds = sum(float(str(each["seconds"])) for each in predictions.values())
    print(f"{len(predictions)} pages, {seconds / max(1, len(predictions)):.2f} CPU seconds a page")
    if not arguments.serve:
        print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--serve", action="store_true", help="through a server of its own")
    parser.add_argument("--language", choices=("auto", "own"), default="auto")
    parser.add_argument("--tier", choices=[tier.value for tier in Tier], default=Tier.CPU.value)
    parser.add_argument("--only", default="", help="read only items whose id contains this")
    return parser.parse_args()


def _language(item: dict[str, str], choice: str) -> str:
    language = find_language(item.get("lang", "").replace("cmn_", "zh-")) if choice == "own" else None
    return language.code if language else "auto"


@contextmanager
def _in_process() -> Iterator[Predict]:
    tune_process()
    reader = Reader()

    def predict(path: Path, options: OcrOptions) -> dict[str, object]:
        started = time.process_time()
        document = recognise(path.read_bytes(), options, reader=reader, name=path.name)
        page = document.pages[0] if document.pages else None
        return {
            "text": document.text,
            "language": page and page.language,
            "script": page and page.script,
            "engine": page and page.engine,
            "confidence": document.mean_confidence,
            "seconds": round(time.process_time() - started, 3),
        }

    yield predict


@contextmanager
def _served() -> Iterator[Predict]:
    with tempfile.TemporaryDirectory() as folder, start_server(Path(folder) / "data", QUOTAS="off") as server:

        def predict(path: Path, options: OcrOptions) -> dict[str, object]:
            started = cpu_seconds(server.process.pid)
            job = _ask(server, path, options)
            return {
                "text": job["text"],
                "language": job["detected_language"],
                "engine": job["pages"][0]["engine"] if job["pages"] else None,
                "confidence": job["mean_confidence"],
                "seconds": round(cpu_seconds(server.process.pid) - started, 3),
            }

        yield predict


def _ask(server: RunningServer, path: Path, options: OcrOptions) -> dict[str, Any]:
    fields = {"tier": options.tier.value, "language": options.language}
    with path.open("rb") as file:
        answer = requests.post(server.ocr, files={"file": (path.name, file)}, data=fields, timeout=600)
    answer.raise_for_status()
    job: dict[str, Any] = answer.json()
    while job["status"] in ("pending", "processing"):
        job = requests.get(f"{server.ocr}{job['uuid']}/", params={"wait": 60}, timeout=120).json()
    return job


if __name__ == "__main__":
    main()
