"""The chat of a running server on an evaluation folder: documents are laid out as PDFs and uploaded.

The layout is plain (one column, Noto fonts where Debian has them); a page of the folder becomes one page of the PDF, so
that page numbers stay comparable. Snippets then come from what the server read.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

_FONT_FOLDERS = (Path("/usr/share/fonts/truetype/noto"), Path("/usr/share/fonts/opentype/noto"))
_FALLBACKS = (
    "NotoSansArabic-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
)
_POLL_S = 0.5
_MARGIN_PT = 40.0
_LEADING = 1.3
_SIZES_PT = (11, 9, 7, 6, 5, 4)


class ChatServer:
    """A client with an account's token."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=600, trust_env=False
        )

    def upload(self, entry: Mapping[str, Any]) -> str:
        """The id of the finished job. Raises httpx.HTTPStatusError, RuntimeError when the job fails."""
        files = {"file": (f"{entry['id']}.pdf", to_pdf(entry["pages"]))}
        job = self._client.post("/api/v1/ocr/", files=files).raise_for_status().json()
        while job["status"] not in ("done", "failed"):
            time.sleep(_POLL_S)
            job = self._client.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
        if job["status"] == "failed":
            raise RuntimeError(f"{entry['id']}: {job.get('error')}")
        return str(job["uuid"])

    def ask(self, job_id: str, question: str) -> dict[str, Any]:
        """The assistant's message. The conversation is forgotten first: questions of a folder stand alone."""
        self._client.delete(f"/api/v1/chat/{job_id}/").raise_for_status()
        reply = self._client.post(f"/api/v1/chat/{job_id}/", json={"message": question}).raise_for_status()
        return dict(reply.json()["message"])


def to_pdf(pages: list[str]) -> bytes:
    """One PDF page for each text, as small as it takes to fit. Raises FileNotFoundError without Noto Sans."""
    from fpdf import FPDF

    body = _find_font("NotoSans-Regular.ttf")
    if body is None:
        raise FileNotFoundError("Noto Sans is missing; install Debian's fonts-noto-core")
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(_MARGIN_PT)
    pdf.add_font("body", fname=body)
    fallbacks = {name: path for name in _FALLBACKS if (path := _find_font(name)) is not None}
    for name, path in fallbacks.items():
        pdf.add_font(name, fname=path)
    pdf.set_fallback_fonts(list(fallbacks), exact_match=False)
    pdf.set_text_shaping(True)
    for text in pages:
        pdf.add_page()
        size = next((size for size in _SIZES_PT if _fits(pdf, text, size)), _SIZES_PT[-1])
        pdf.set_font("body", size=size)
        pdf.multi_cell(0, size * _LEADING, text)
    return bytes(pdf.output())


def _fits(pdf: Any, text: str, size: int) -> bool:
    pdf.set_font("body", size=size)
    height = pdf.multi_cell(0, size * _LEADING, text, dry_run=True, output="HEIGHT")
    return bool(height < pdf.h - 2 * _MARGIN_PT)


def _find_font(name: str) -> Path | None:
    return next((folder / name for folder in _FONT_FOLDERS if (folder / name).exists()), None)
