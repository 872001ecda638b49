"""Tesseract 5 in process, through tesserocr, with the system's language data.

One opened API object per set of language data ("packs": ``eng``, ``Latin``, ``deu+fra``) stays in memory, the least
recently used goes first. Tesseract's own threads are switched off: a process per core is faster.
"""

import math
import os
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from errors import EngineFailedError, EngineUnavailableError, PageTimeoutError
from pipeline.document import Box, Line, Word
from pipeline.engines.base import EngineInfo, EngineRequest, EngineResult
from pipeline.languages import find_language
from pipeline.page_image import PageImage

Grey = NDArray[np.uint8]

_USUAL_PLACES = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
_INSTALL = "Install Tesseract's language data with: sudo apt-get install tesseract-ocr-all."

# How Tesseract cuts the page up (its own numbers).
PAGE_WITH_COLUMNS = 3
SINGLE_COLUMN = 4
SINGLE_COLUMN_OF_LETTERS = 5  # read downwards, with data for that
SINGLE_BLOCK = 6
SINGLE_LINE = 7
SINGLE_WORD = 8
SPARSE_TEXT = 11

_SETTINGS = (
    ("textord_noise_rejrows", "0"),  # else whole lines of scripts with many marks are dropped as noise
)

# Scripts in which Tesseract's own word breaks can't be trusted, and from which gap on (in ems) a space is meant.
_UNTRUSTED_BREAKS = (
    ("\u1100", "\u11ff", 0.4),  # Hangul
    ("\uac00", "\ud7af", 0.4),
    ("\u0e00", "\u0eff", 0.5),  # Thai, Lao
    ("\u1000", "\u109f", 0.5),  # Myanmar
    ("\u1780", "\u17ff", 0.5),  # Khmer
    ("\u3000", "\u30ff", 0.8),  # CJK punctuation (whose glyphs are half empty) and kana
    ("\u3400", "\u9fff", 0.8),  # ideographs
    ("\uff00", "\uffef", 0.8),  # full width forms
)

# 15-60 MB each. One for the script, one for the language, and a neighbour's.
_KEPT_OPEN = 6


class TesseractEngine:
    """Reads any printed script for which the system has language data."""

    def __init__(self, tessdata: Path, tesserocr: Any) -> None:
        self._tessdata = tessdata
        self._tesserocr = tesserocr
        self._opened: OrderedDict[str, Any] = OrderedDict()
        self.packs = frozenset(path.stem for path in tessdata.glob("*.traineddata"))
        version = tesserocr.tesseract_version().split()[1]
        self.info = EngineInfo(name="tesseract", version=version, licence="Apache-2.0")

    @classmethod
    def open(cls, tessdata: Path | None = None) -> Self:
        """``tessdata`` is the folder of ``*.traineddata`` files; by default the usual places are searched.

        Raises EngineUnavailableError naming what to install.
        """
        # Read by Tesseract's OpenMP runtime when its library is loaded.
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")
        try:
            import tesserocr
        except ImportError as error:
            raise EngineUnavailableError(
                "The Python package tesserocr is not installed.", remedy="Install it with: pip install tesserocr."
            ) from error
        return cls(tessdata or find_tessdata(), tesserocr)

    def close(self) -> None:
        for api in self._opened.values():
            api.End()
        self._opened.clear()

    def read_page(self, image: PageImage, request: EngineRequest) -> EngineResult:
        """Raises EngineUnavailableError when a language's pack is missing, ReadingError when reading fails."""
        packs = [language.tesseract for code in request.languages if (language := find_language(code))]
        grey = cv2.cvtColor(image.pixels, cv2.COLOR_RGB2GRAY)
        lines = self.read(np.asarray(grey, np.uint8), packs or ["eng"], dpi=image.dpi, timeout_s=request.timeout_s)
        return EngineResult(lines=lines)

    def read(
        self,
        grey: Grey,
        packs: Sequence[str],
        *,
        layout: int = PAGE_WITH_COLUMNS,
        dpi: float = 300,
        timeout_s: float | None = None,
    ) -> tuple[Line, ...]:
        """The lines of an upright grey image (height, width), in Tesseract's order, boxes in its pixels.

        ``packs`` are names of language data, most likely first; ``layout`` one of the constants of this module.
        Raises EngineUnavailableError (pack missing), PageTimeoutError, EngineFailedError.
        """
        api = self._open_packs("+".join(packs))
        # These settings are global in Tesseract, whatever API object they are set on, hence each time anew.
        vertical = any(pack.endswith("_vert") for pack in packs)
        api.SetVariable("textord_tabfind_vertical_text", "1" if vertical else "0")
        for name, value in _SETTINGS:
            api.SetVariable(name, value)
        api.SetPageSegMode(layout)
        height, width = grey.shape
        try:
            api.SetImageBytes(np.ascontiguousarray(grey).tobytes(), width, height, 1, width)
            api.SetSourceResolution(int(min(max(dpi, 70), 600)))
            if not api.Recognize(round(1000 * timeout_s) if timeout_s else 0):
                raise PageTimeoutError if timeout_s else EngineFailedError
            return tuple(_lines(api.GetTSVText(0)))
        except RuntimeError as error:
            raise EngineFailedError(f"Tesseract failed: {error}") from error
        finally:
            api.Clear()

    def _open_packs(self, packs: str) -> Any:
        if packs in self._opened:
            self._opened.move_to_end(packs)
            return self._opened[packs]
        missing = [pack for pack in packs.split("+") if pack not in self.packs]
        if missing:
            raise EngineUnavailableError(
                f"Tesseract has no language data '{missing[0]}' in {self._tessdata}.", remedy=_INSTALL
            )
        while len(self._opened) >= _KEPT_OPEN:
            _, oldest = self._opened.popitem(last=False)
            oldest.End()
        oem = self._tesserocr.OEM.LSTM_ONLY
        try:
            api = self._tesserocr.PyTessBaseAPI(path=f"{self._tessdata}/", lang=packs, oem=oem)
        except RuntimeError as error:
            raise EngineUnavailableError(f"Tesseract can't load '{packs}': {error}", remedy=_INSTALL) from error
        self._opened[packs] = api
        return api


def find_tessdata() -> Path:
    """The folder of Tesseract's language data, in the usual places of Debian and of builds from source.

    Raises EngineUnavailableError naming the Debian package when there is none.
    """
    for place in _USUAL_PLACES:
        for folder in (Path(place), Path(place) / "tessdata"):
            if next(folder.glob("*.traineddata"), None):
                return folder
    raise EngineUnavailableError("Tesseract's language data is not installed.", remedy=_INSTALL)


def _lines(tsv: str) -> Iterator[Line]:
    """Tesseract's table of words as lines. (Its iterator, as tesserocr offers it, reverses right-to-left words.)

    Columns: level, page, block, paragraph, line, word, left, top, width, height, confidence in per cent, text.
    """
    rows = (row.split("\t") for row in tsv.splitlines())
    words = (row for row in rows if len(row) == 12 and row[0] == "5" and row[11].strip())
    for _, group in groupby(words, key=lambda row: (row[2], row[3], row[4])):
        yield to_line([_word(row) for row in group])


def _word(row: list[str]) -> Word:
    left, top, width, height = (float(value) for value in row[6:10])
    confidence = min(max(float(row[10]) / 100, 0.0), 1.0)
    return Word(unicodedata.normalize("NFC", row[11].strip()), Box(left, top, left + width, top + height), confidence)


def to_line(words: Sequence[Word]) -> Line:
    """A line of one word or more, in logical order; its confidence is the mean over characters."""
    box = Box.around(word.box for word in words)
    parts = [words[0].text]
    em_px = median(word.box.width / len(word.text) for word in words)
    for before, after in pairwise(words):
        parts += [" " if _spaced(before, after, em_px) else "", after.text]
    letters = sum(len(word.text) for word in words)
    confidence = sum((word.confidence or 0.0) * len(word.text) for word in words) / letters
    return Line("".join(parts), box, confidence, tuple(words))


def _spaced(before: Word, after: Word, em_px: float) -> bool:
    """Whether a space stands between two words of a line; ``em_px`` is the usual width of its characters.

    Thai, Khmer or Chinese have no spaces between words, Korean has, but Tesseract breaks all of them where it likes:
    there only a wide gap is a real space.
    """
    gap = max(after.box.left - before.box.right, before.box.left - after.box.right)
    return gap > min(_wide_gap(before.text[-1]), _wide_gap(after.text[0])) * em_px


def _wide_gap(character: str) -> float:
    return next((gap for first, last, gap in _UNTRUSTED_BREAKS if first <= character <= last), -math.inf)
