"""Read a folder of pages in this process and write what was read for a scorer.

    python -m bench.predict_pages FOLDER PREDICTIONS.json [--language auto|own] [--tier cpu|vlm] [--only PART]

FOLDER holds manifest.json, a list of objects with "id", "file" and perhaps "lang". PREDICTIONS.json maps each id to
{"text", "language", "script", "engine", "confidence", "seconds"}; seconds are CPU seconds of this process.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

from pipeline.languages import find_language
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import Reader, recognise


def main() -> None:
    arguments = _parse_arguments()
    items = json.loads((arguments.folder / "manifest.json").read_text(encoding="utf-8"))
    reader = Reader()
    predictions: dict[str, dict[str, object]] = {}
    seconds: list[float] = []
    try:
        for item in items:
            if arguments.only and arguments.only not in item["id"]:
                continue
            options = OcrOptions(Tier(arguments.tier), language=_language(item, arguments.language))
            started = time.process_time()
            prediction = _predict(arguments.folder / item["file"], options, reader)
            seconds.append(round(time.process_time() - started, 3))
            predictions[item["id"]] = {**prediction, "seconds": seconds[-1]}
            print(f"{item['id']}: {seconds[-1]} s", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted: the pages read so far are written.", file=sys.stderr)
    arguments.predictions.write_text(json.dumps(predictions, ensure_ascii=False, indent=1), encoding="utf-8")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(seconds)} pages, {sum(seconds) / max(1, len(seconds)):.2f} CPU seconds a page, peak {peak_mb} MB")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--language", choices=("auto", "own"), default="auto")
    parser.add_argument("--tier", choices=[tier.value for tier in Tier], default=Tier.CPU.value)
    parser.add_argument("--only", default="", help="read only items whose id contains this")
    return parser.parse_args()


def _language(item: dict[str, str], choice: str) -> str:
    language = find_language(item.get("lang", "").replace("cmn_", "zh-")) if choice == "own" else None
    return language.code if language else "auto"


def _predict(path: Path, options: OcrOptions, reader: Reader) -> dict[str, object]:
    document = recognise(path.read_bytes(), options, reader=reader, name=path.name)
    page = document.pages[0] if document.pages else None
    return {
        "text": document.text,
        "language": page and page.language,
        "script": page and page.script,
        "engine": page and page.engine,
        "confidence": document.mean_confidence,
    }


if __name__ == "__main__":
    main()
