"""What every translator offers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.vlm.config import VlmConfig


@dataclass(frozen=True, slots=True)
class TranslatorConfig:
    """Plain values, so that a worker process can be given one; nothing set means that nothing is translated.

    ``instruct`` is a model that follows instructions. ``model`` is the id or folder of a transformers model of the
    M2M100 kind, ``cache_folder`` where its files are (None: huggingface-hub's own), ``offline`` forbids downloads.
    ``apertium_modes`` is the folder in which Apertium's pairs are installed.
    """

    instruct: VlmConfig = field(default_factory=VlmConfig)
    model: str = ""
    cache_folder: str | None = None
    offline: bool = True
    threads: int = 0
    apertium_modes: str = ""


class Translator(Protocol):
    """Belongs to one process and one thread. ``name`` is told to the user in the notices."""

    name: str

    def can_translate(self, source: str | None, target: str) -> bool:
        """Whether this pair (codes of :mod:`pipeline.languages`) is known; ``source`` None: any source at all.

        Answers without loading a model.
        """
        ...

    def translate(self, texts: Sequence[str], source: str | None, target: str, *, budget_s: float) -> list[str]:
        """As many texts as were given, in their order; none of them is empty or has line breaks.

        Raises ReadingError (a PageTimeoutError after ``budget_s``), or EngineUnavailableError when it can't run.
        """
        ...

    def close(self) -> None: ...
