"""The program that speaks to the surya-ocr package, run by the interpreter of Surya's own environment.

It imports nothing of ocr-chat. It reads lines of JSON from its standard input, ``{"image": PNG in base64}``, and
answers each with one: ``{"blocks": [{"label", "bbox", "html", "confidence"}]}``, bbox in pixels of the image, or
``{"error": why}``. The first line that it writes says that it is ready, or why it can't be. It ends with its input.
"""

import base64
import io
import json
import os
import signal
import sys
from typing import Any, TextIO

from openai import OpenAIError

# What the package and its client raise for a page or a server. Anything else ends the program; its parent notices.
_FAILURES = (OpenAIError, OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError)


def main() -> None:
    # Ctrl-C reaches the whole group of processes; pages in work may still finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Libraries may print; only answers go to the pipe.
    os.dup2(2, 1)
    try:
        from surya.inference import SuryaInferenceManager
        from surya.recognition import RecognitionPredictor

        # "llamacpp" is the way in which the package attaches to any server that is already there.
        manager = SuryaInferenceManager(method="llamacpp")
        manager.start()
    except (ImportError, *_FAILURES) as error:
        _say(answers, {"error": f"{type(error).__name__}: {error}"})
        return
    _say(answers, {"ready": True})
    predictor = RecognitionPredictor(manager)
    for line in sys.stdin:
        try:
            _say(answers, {"blocks": _read(predictor, line)})
        except _FAILURES as error:
            _say(answers, {"error": f"{type(error).__name__}: {error}"})


def _read(predictor: Any, line: str) -> list[dict[str, Any]]:
    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(json.loads(line)["image"]))).convert("RGB")
    page = predictor([image])[0]
    if page.blocks and all(block.error for block in page.blocks):
        raise RuntimeError("no block could be read")
    return [
        {
            "label": block.raw_label or block.label,
            "bbox": list(block.bbox),
            "html": block.html,
            "confidence": block.confidence,
        }
        for block in sorted(page.blocks, key=lambda block: block.reading_order)
        if not block.error
    ]


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    print(json.dumps(message), file=answers, flush=True)


if __name__ == "__main__":
    main()
