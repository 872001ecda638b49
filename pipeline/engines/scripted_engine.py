"""An engine that says what it was told to say and fails as it was told to fail.

Tests of everything above an engine (executors, jobs, quota, doors) run against it: faults come from its script, never
from the files it is given. It reads nothing, so it also serves as the null engine.
"""

import ctypes
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from errors import EngineFailedError
from pipeline.document import Box, Line, Word
from pipeline.engines.base import EngineInfo, EngineRequest, EngineResult
from pipeline.page_image import PageImage

_LINE_HEIGHT_PX = 20.0
_LINE_PITCH_PX = 30.0
_CHARACTER_WIDTH_PX = 10.0
_MARGIN_PX = 10.0


class Fault(StrEnum):
    """What goes wrong on a page; ``CRASH`` is a segmentation fault of the process."""

    NONE = "none"
    RAISE = "raise"
    HANG = "hang"
    CRASH = "crash"
    EAT_MEMORY = "eat_memory"


@dataclass(frozen=True, slots=True)
class ScriptedPage:
    """``text`` is given back line by line; ``seconds`` is how long that takes."""

    text: str = ""
    fault: Fault = Fault.NONE
    seconds: float = 0.0
    confidence: float | None = 1.0


@dataclass(frozen=True, slots=True)
class EngineScript:
    """What happens on each page, by number (from 1); ``otherwise`` on every other. Plain data, so it can be pickled."""

    pages: dict[int, ScriptedPage] = field(default_factory=dict)
    otherwise: ScriptedPage = ScriptedPage("Scripted text")


class ScriptedEngine:
    """Follows an :class:`EngineScript`."""

    info = EngineInfo(name="scripted", version="1", licence="Apache-2.0")

    def __init__(self, script: EngineScript) -> None:
        self._script = script

    @classmethod
    def open(cls) -> Self:
        return cls(EngineScript())

    def close(self) -> None:
        """Nothing is held."""

    def read_page(self, image: PageImage, request: EngineRequest) -> EngineResult:  # noqa: ARG002
        page = self._script.pages.get(image.number, self._script.otherwise)
        if page.seconds:
            time.sleep(page.seconds)
        _fail(page.fault)
        texts = [text for text in page.text.splitlines() if text.strip()]
        return EngineResult(lines=tuple(_line(text, index, page.confidence) for index, text in enumerate(texts)))


def _fail(fault: Fault) -> None:
    match fault:
        case Fault.RAISE:
            raise EngineFailedError("The engine failed because its script says so.")
        case Fault.HANG:
            while True:
                time.sleep(3600)
        case Fault.CRASH:
            ctypes.string_at(0)
        case Fault.EAT_MEMORY:
            hoard = []
            while True:
                hoard.append(bytearray(64 * 1024 * 1024))
        case Fault.NONE:
            return


def _line(text: str, index: int, confidence: float | None) -> Line:
    top = _MARGIN_PX + index * _LINE_PITCH_PX
    words, left = [], _MARGIN_PX
    for part in text.split():
        right = left + _CHARACTER_WIDTH_PX * len(part)
        words.append(Word(part, Box(left, top, right, top + _LINE_HEIGHT_PX), confidence))
        left = right + _CHARACTER_WIDTH_PX
    return Line(" ".join(text.split()), Box.around(word.box for word in words), confidence, tuple(words))
