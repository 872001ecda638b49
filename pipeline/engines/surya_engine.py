"""Surya 2 through the surya-ocr package, which lives in an environment of its own (``make surya``).

The package wants other versions of several libraries than everything else here, so it is never imported: a small
program (:mod:`pipeline.engines.surya_program`) is run by that environment's interpreter and spoken to through pipes. It
attaches to the server of ``SURYA_INFERENCE_URL``; what leaves this machine goes there and nowhere else.
"""

import base64
import io
import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from errors import EngineFailedError, EngineUnavailableError, PageTimeoutError
from pipeline.engines.base import EngineInfo, EngineRequest, EngineResult
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig
from pipeline.vlm.parsing import VlmOutput, parse_page
from pipeline.vlm.profiles import PROFILES

PROGRAM = Path(__file__).with_name("surya_program.py")
LICENCE_NOTICE = "Read by Surya 2, whose weights are licensed under {licence}."
_START_TIMEOUT_S = 120.0
_SCALE = 1000
_REMEDY = "Run `make surya`, start the server of SURYA_INFERENCE_URL, and see docs/engines.md."


class SuryaEngine:
    """One running program; it ends with :meth:`close` and with the process that started it."""

    def __init__(self, config: VlmConfig) -> None:
        self._config = config
        self.profile = PROFILES["surya"]
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()
        self.info = EngineInfo("surya", "2", self.profile.licence)

    @classmethod
    def open(cls, config: VlmConfig) -> Self:
        """Raises EngineUnavailableError when the environment is not there or its program can't reach the server."""
        engine = cls(config)
        engine._start()
        return engine

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def read_page(
        self,
        image: PageImage,
        request: EngineRequest,
        on_text: Callable[[str], None] | None = None,  # noqa: ARG002
    ) -> EngineResult:
        """Blocks in pixels of ``image``; ``on_text`` is never called: the package gives whole pages.

        Raises EngineFailedError, PageTimeoutError or EngineUnavailableError."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        answer = self._ask({"image": _to_png(image)}, request.timeout_s or self._config.page_budget_s)
        blocks = answer["blocks"]
        parsed = parse_page(
            self.profile,
            VlmOutput(_to_divs(blocks, image)),
            page_number=image.number,
            width_px=image.width_px,
            height_px=image.height_px,
        )
        # The package has one probability for the whole page, and says 1.0 where the server gave it none.
        confidence = min((block["confidence"] for block in blocks), default=None)
        known = confidence if confidence is not None and confidence < 1.0 else None
        notice = LICENCE_NOTICE.format(licence=self.profile.licence)
        return EngineResult(
            blocks=tuple(replace(block, confidence=known) for block in parsed.blocks),
            notices=(*parsed.notices, notice),
        )

    def _start(self) -> None:
        self.close()
        if not Path(self._config.program).exists():
            raise EngineUnavailableError("Surya's environment is not there.", remedy=_REMEDY)
        self._lines = queue.Queue()
        self._process = subprocess.Popen(
            [self._config.program, "-P", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(self._config),
        )
        threading.Thread(target=_pass_on, args=(self._process, self._lines), daemon=True).start()
        try:
            self._receive(_START_TIMEOUT_S)
        except (EngineFailedError, PageTimeoutError) as error:
            self.close()
            raise EngineUnavailableError(
                f"Surya can't be used: {error.message.rstrip('.')}.", remedy=_REMEDY
            ) from error

    def _ask(self, question: dict[str, str], timeout_s: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            self.close()
            raise EngineFailedError("Surya's program ended.") from error
        try:
            return self._receive(timeout_s)
        except PageTimeoutError:
            # Its answer would be taken for that of the next page.
            self.close()
            raise

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise PageTimeoutError("Surya took too long.") from None
        if not line:
            raise EngineFailedError("Surya's program ended.")
        answer = dict(json.loads(line))
        if "error" in answer:
            raise EngineFailedError(f"Surya failed: {str(answer['error'])[:200]}")
        return answer


def _pass_on(process: subprocess.Popen[bytes], lines: "queue.Queue[bytes]") -> None:
    """What the program writes, line by line; an empty line at its end."""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except ValueError:
        # The pipe was closed while we waited.
        pass
    lines.put(b"")


def _environment(config: VlmConfig) -> dict[str, str]:
    """The package reads its settings from the environment. It must not fetch anything, and use no proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {
        "SURYA_INFERENCE_URL": config.url,
        "SURYA_MODEL_CHECKPOINT": config.model,
        "SURYA_INFERENCE_TIMEOUT_SECONDS": str(config.page_budget_s),
        "SURYA_INFERENCE_AUTOSTART": "false",
        "HF_HUB_OFFLINE": "1",
        "DISABLE_TQDM": "true",
        "NO_PROXY": urlsplit(config.url).hostname or "",
    }


def _to_png(image: PageImage) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image.pixels).save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode()


def _to_divs(blocks: list[dict[str, Any]], image: PageImage) -> str:
    """The blocks in the model's own form, so that one parser reads both ways to Surya."""
    divs = []
    for block in blocks:
        left, top, right, bottom = block["bbox"]
        corners = (
            left / image.width_px * _SCALE,
            top / image.height_px * _SCALE,
            right / image.width_px * _SCALE,
            bottom / image.height_px * _SCALE,
        )
        box = " ".join(str(round(corner)) for corner in corners)
        divs.append(f'<div data-label="{escape(block["label"])}" data-bbox="{box}">{block["html"]}</div>')
    return "\n".join(divs)
