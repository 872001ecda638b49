"""Apertium: rule-based translation between some pairs of languages by separate programs from Debian (GPL).

They are found by the files that describe their pairs, and spoken to through pipes; nothing of them is part of this
program. Install ``apertium`` and a pair, e.g. ``apertium-eng-spa``, and the pair is offered.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from errors import EngineFailedError, EngineUnavailableError, PageTimeoutError
from pipeline.languages import find_language

MODES_FOLDER = "/usr/share/apertium/modes"
_MODE_FILE = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")
# An empty line ends a sentence for Apertium, so texts don't run into each other.
_BETWEEN = "\n\n"
_SPACE_BEFORE = re.compile(r"\s+([.,;:!?%)\]}])")
# Mail and web addresses are no words of any language.
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)\S*[\w/]")
_MASK = re.compile(r"qzxk(\d+)kxzq", re.IGNORECASE)
_DETACHED = re.compile(r"(?<=\w)\s+([.,;:!?])(?=\s|$)")


def find_pairs(modes_folder: str) -> dict[tuple[str, str], str]:
    """(source, target) in codes of :mod:`pipeline.languages` → Apertium's own name of the pair.

    Of several varieties of a pair the plain one is taken. A pair whose programs are not all there (some want ``cg3``)
    is left out. Empty where Apertium is not installed.
    """
    folder = Path(modes_folder)
    if not folder.is_dir() or shutil.which("apertium") is None:
        return {}
    pairs: dict[tuple[str, str], str] = {}
    for file in sorted(folder.glob("*.mode")):
        match = _MODE_FILE.fullmatch(file.stem)
        if match is None:
            continue
        source, target = find_language(match[1]), find_language(match[2])
        if source is not None and target is not None and _has_its_programs(file):
            pairs.setdefault((source.code, target.code), file.stem)
    return pairs


def _has_its_programs(mode: Path) -> bool:
    """Apertium itself says nothing where one is missing, and translates into nothing."""
    steps = mode.read_text(encoding="utf-8", errors="replace").split("|")
    programs = {step.split()[0] for step in steps if step.split()}
    return all(shutil.which(program) for program in programs)


class Apertium:
    name = "Apertium"

    def __init__(self, modes_folder: str = MODES_FOLDER) -> None:
        self._pairs: Mapping[tuple[str, str], str] = find_pairs(modes_folder)
        # The programs look for pairs beside the folder with the modes.
        self._data_folder = str(Path(modes_folder).parent)

    def close(self) -> None:
        """Nothing is held between calls."""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._pairs))

    def can_translate(self, source: str | None, target: str) -> bool:
        return any(target == known and source in (None, start) for start, known in self._pairs)

    def translate(self, texts: Sequence[str], source: str | None, target: str, *, budget_s: float) -> list[str]:
        """See :class:`pipeline.translators.base.Translator`; the source has to be known."""
        mode = self._pairs.get((source or "", target))
        if mode is None:
            raise EngineUnavailableError(f"Apertium has no pair from {source or 'an unknown language'} to {target}.")
        deadline = time.monotonic() + budget_s
        kept: list[str] = []
        masked = [_ADDRESS.sub(lambda match: _mask(kept, match[0]), text) for text in texts]
        found = self._run(mode, _BETWEEN.join(masked), deadline).strip("\n").split(_BETWEEN)
        if len(found) != len(texts):
            found = [self._run(mode, text, deadline) for text in masked]
        return [_unmask(kept, _tidy(after, before)) for before, after in zip(texts, found, strict=True)]

    def _run(self, mode: str, text: str, deadline: float) -> str:
        try:
            finished = subprocess.run(
                ["apertium", "-u", "-d", self._data_folder, mode],
                input=text.encode("utf-8", "replace"),
                capture_output=True,
                timeout=max(0.1, deadline - time.monotonic()),
                check=True,
            )
        except subprocess.TimeoutExpired as error:
            raise PageTimeoutError("Translating this page took too long.") from error
        except (subprocess.CalledProcessError, OSError) as error:
            raise EngineFailedError("Apertium failed on this page.") from error
        found = finished.stdout.decode("utf-8", "replace")
        if not found.strip():
            raise EngineFailedError("Apertium gave no translation of this page.")
        return found


def _mask(kept: list[str], address: str) -> str:
    """A word that no dictionary has goes through Apertium as it is."""
    kept.append(address)
    return f"qzxk{len(kept) - 1}kxzq"


def _unmask(kept: list[str], text: str) -> str:
    return _MASK.sub(lambda match: kept[int(match[1])], text)


def _tidy(text: str, original: str) -> str:
    """Apertium sets punctuation marks apart where the original doesn't."""
    tidy = text.strip()
    return tidy if _SPACE_BEFORE.search(original) else _DETACHED.sub(r"\1", tidy)
