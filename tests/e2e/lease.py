"""The lease of the chat's tests as a job that a real server has read."""

import requests
from fpdf import FPDF

from tests.retrieval.papers import LEASE
from tests.server import RunningServer


def open_lease_chat(server: RunningServer, headers: dict[str, str]) -> str:
    """The address of the job's chat; ``headers`` carry the token of its owner."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_font("helvetica", size=12)
    for page in LEASE:
        pdf.add_page()
        pdf.multi_cell(0, 16, page)
    files = {"file": ("lease.pdf", bytes(pdf.output()))}
    job = requests.post(server.ocr, files=files, headers=headers, timeout=300).json()
    assert job["status"] == "done"
    return f"{server.url}/api/v1/chat/{job['uuid']}/"
