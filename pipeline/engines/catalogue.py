"""The engines by name. Nothing of an engine is imported before it is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import cast

from errors import EngineUnavailableError
from pipeline.engines.base import OcrEngine


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """``target`` is ``module:Class``; the class opens itself with ``open()``."""

    name: str
    target: str
    sentence: str


_ALL = (
    EngineEntry(
        "tesseract",
        "pipeline.engines.tesseract_engine:TesseractEngine",
        "Tesseract 5 with the system's language data: printed text in more than a hundred languages.",
    ),
    EngineEntry(
        "rapidocr",
        "pipeline.engines.rapidocr_engine:RapidOcrEngine",
        "PP-OCRv6 on OpenVINO: Chinese, Japanese, and Latin letters on receipts, photos and poor scans.",
    ),
)

ENGINES: Mapping[str, EngineEntry] = MappingProxyType({entry.name: entry for entry in _ALL})
"""Embedded engines by name."""


def open_engine(name: str) -> OcrEngine:
    """An opened engine. Raises EngineUnavailableError when the name is unknown or the engine can't run here."""
    entry = ENGINES.get(name)
    if entry is None:
        raise EngineUnavailableError(
            f"There is no engine '{name}'.", remedy=f"The engines are: {', '.join(sorted(ENGINES))}."
        )
    module, _, class_name = entry.target.partition(":")
    engine_class = cast(type[OcrEngine], getattr(import_module(module), class_name))
    return engine_class.open()


def find_problem(name: str) -> str | None:
    """Why the engine can't run here, with what to do about it; None when it can. Opens and closes it."""
    try:
        open_engine(name).close()
    except EngineUnavailableError as error:
        return str(error)
    return None
