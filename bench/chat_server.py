"""The chat of a running server on an evaluation folder: documents are printed as PDFs by Chromium and uploaded.

The layout is plain (one column); a page of the folder becomes one page of the PDF, so that page numbers stay
comparable. Snippets then come from what the server read.
"""

import hashlib
import html
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

_POLL_S = 0.2
_AHEAD = 3
_PRINT = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
_HTML = """<!doctype html><meta charset="utf-8"><style>@page {{ size: A4; margin: 40pt }} body {{ margin: 0 }}
div {{ font: 11pt/1.35 'Noto Sans', sans-serif; white-space: pre-wrap; unicode-bidi: plaintext; width: 514pt }}
div + div {{ break-before: page }}</style>{body}<script>for (const page of document.querySelectorAll("div"))
  for (let size = 10; page.offsetHeight > 1000 && size > 3; size--) page.style.fontSize = size + "pt"</script>"""
"""Each page's letters are made smaller until it fits on a sheet (1016 CSS pixels without its margins)."""


class ChatServer:
    """A client with an account's token."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=600, trust_env=False
        )

    def upload(self, name: str, data: bytes) -> str:
        """The id of the finished job. Raises httpx.HTTPStatusError, RuntimeError when the job fails."""
        files = {"file": (name, data)}
        job = self._client.post("/api/v1/ocr/", files=files).raise_for_status().json()
        while job["status"] not in ("done", "failed"):
            time.sleep(_POLL_S)
            job = self._client.get(f"/api/v1/ocr/{job['uuid']}/").raise_for_status().json()
        if job["status"] == "failed":
            raise RuntimeError(f"{name}: {job.get('error')}")
        return str(job["uuid"])

    def ask(self, job_id: str, question: str) -> dict[str, Any]:
        """The assistant's message. The conversation is forgotten first: questions of a folder stand alone."""
        self._client.delete(f"/api/v1/chat/{job_id}/").raise_for_status()
        reply = self._client.post(f"/api/v1/chat/{job_id}/", json={"message": question}).raise_for_status()
        return dict(reply.json()["message"])


class PrintedPapers:
    """Documents of a folder as PDFs; ``folder`` keeps them, so that each is printed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, pages: list[str]) -> bytes:
        """Raises as :func:`to_pdf`."""
        kept = self._folder / f"{hashlib.sha256(json.dumps([_HTML, pages]).encode()).hexdigest()[:24]}.pdf"
        if not kept.exists():
            kept.write_bytes(to_pdf(pages))
        return kept.read_bytes()


def upload_ahead(
    server: ChatServer, papers: PrintedPapers, entries: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each document with the id of its job, in order; the next ones are printed and read meanwhile."""

    def upload(entry: Mapping[str, Any]) -> str:
        return server.upload(f"{entry['id']}.pdf", papers.get(entry["pages"]))

    with ThreadPoolExecutor(_AHEAD) as pool:
        waiting: list[tuple[Mapping[str, Any], Future[str]]] = []
        left = iter(entries)
        try:
            while True:
                while len(waiting) < _AHEAD and (entry := next(left, None)) is not None:
                    waiting.append((entry, pool.submit(upload, entry)))
                if not waiting:
                    return
                entry, job = waiting.pop(0)
                yield entry, job.result()
        finally:
            for _, job in waiting:
                job.cancel()


def to_pdf(pages: list[str]) -> bytes:
    """One PDF page for each text, as small as it takes to fit, printed by Chromium.

    Raises FileNotFoundError without Chromium, RuntimeError when a text does not fit on a page at any size.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise FileNotFoundError("Chromium is missing; install Debian's chromium")
    printed = _print(program, pages)
    if _count_pages(printed) != len(pages):
        raise RuntimeError("a text does not fit on a page")
    return printed


def _print(program: str, pages: list[str]) -> bytes:
    body = "".join(f"<div>{html.escape(text)}</div>" for text in pages)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "pages.html", Path(folder) / "pages.pdf"
        source.write_text(_HTML.format(body=body), encoding="utf-8")
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
