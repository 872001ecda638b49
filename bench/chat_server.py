"""The chat of a running server on an evaluation folder: documents are printed as PDFs by Chromium and uploaded.

The layout is plain (one column); a page of the folder becomes one page of the PDF, so that page numbers stay
comparable. Snippets then come from what the server read.
"""

import html
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

_POLL_S = 0.5
_SIZES_PT = (11, 9, 7, 6, 5, 4)
_PRINT = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
_HTML = """<!doctype html><meta charset="utf-8"><style>@page {{ size: A4; margin: 40pt }} body {{ margin: 0 }}
div {{ font: {size}pt/1.35 'Noto Sans', sans-serif; white-space: pre-wrap; unicode-bidi: plaintext }}
div + div {{ break-before: page }}</style>{body}"""


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
    """One PDF page for each text, as small as it takes to fit, printed by Chromium.

    Raises FileNotFoundError without Chromium, RuntimeError when a text does not fit on a page at any size.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise FileNotFoundError("Chromium is missing; install Debian's chromium")
    for size in _SIZES_PT:
        printed = _print(program, pages, size)
        if _count_pages(printed) == len(pages):
            return printed
    raise RuntimeError("a text does not fit on a page")


def _print(program: str, pages: list[str], size: int) -> bytes:
    body = "".join(f"<div>{html.escape(text)}</div>" for text in pages)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "pages.html", Path(folder) / "pages.pdf"
        source.write_text(_HTML.format(size=size, body=body), encoding="utf-8")
        arguments = [*_PRINT, f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()]
        subprocess.run([program, *arguments], check=True, capture_output=True, timeout=120)
        return target.read_bytes()


def _count_pages(data: bytes) -> int:
    from pypdfium2 import PdfDocument

    document = PdfDocument(data)
    try:
        return len(document)
    finally:
        document.close()
