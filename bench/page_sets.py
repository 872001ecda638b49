"""Folders of pages with references: what they hold, and how far a text is from its reference."""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import Levenshtein

_UNIFIED = str.maketrans("’‘“”„–—‐‑−\u00a0", '\'\'"""----- ', "\u00ad\u200b\u200c\u200d\u200e\u200f\ufeff")
_WITHOUT_SPACES = frozenset({"HanS", "HanT", "Japanese", "Thai", "Lao", "Khmer", "Myanmar"})


@dataclass(frozen=True, slots=True)
class PageItem:
    """``language`` is ISO 639-3 as the set names it, ``reference`` None where nobody typed the page."""

    id: str
    file: Path
    kind: str
    script: str
    language: str
    is_rendered: bool
    reference: str | None

    def error_rate(self, text: str) -> float:
        """Character edits over the reference's length, at most 1.5; white space and quotes unified."""
        expected, got = self._unify(self.reference or ""), self._unify(text)
        return min(Levenshtein.distance(expected, got) / max(1, len(expected)), 1.5)

    def _unify(self, text: str) -> str:
        plain = " ".join(unicodedata.normalize("NFC", text).translate(_UNIFIED).split())
        if self.script in _WITHOUT_SPACES:
            plain = re.sub(" ", "", unicodedata.normalize("NFKC", plain))
        return plain.lower() if self.kind == "receipt" else plain


def load_pages(folder: Path) -> list[PageItem]:
    """The items of ``manifest.json`` in its order. Raises FileNotFoundError without one."""
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return [
        PageItem(
            id=row["id"],
            file=folder / row["file"],
            kind=row["kind"],
            script=row.get("script", ""),
            language=row.get("lang", ""),
            is_rendered=row.get("source") == "rendered",
            reference=(folder / row["gt_file"]).read_text(encoding="utf-8") if "gt_file" in row else None,
        )
        for row in rows
    ]
