"""What the browser's page adds to a job over REST, and what opening it transfers: ``python -m bench ui_overhead``.

A born-digital page is read, so that hardly anything but the doors is measured. REST: from the POST to the finished
job. Page: from the click on Read until the words, the text and the downloads are drawn.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import requests
from fpdf import FPDF
from playwright.sync_api import Page, Response, sync_playwright

from tests.e2e.browsing import launch, visit
from tests.server import RunningServer, start_server

# Waits in the page, so that the driver's own polling is not measured.
_CLICK_AND_WAIT = """
(word) => new Promise((resolve) => {
  const started = performance.now();
  const isThere = () => document.querySelector('#downloads a')
    && document.querySelector('#viewer-lines')?.textContent.includes(word)
    && document.querySelector('#text textarea')?.value.includes(word);
  const look = () => (isThere() ? resolve(performance.now() - started) : requestAnimationFrame(look));
  document.querySelector('#read-button').click();
  look();
})
"""


def draw_page(word: str) -> bytes:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    pdf.add_page()
    pdf.multi_cell(0, 7, f"{word}. " + "A brown fox reads this page aloud to a lazy dog. " * 20)
    return bytes(pdf.output())


def measure_rest(server: RunningServer, word: str) -> float:
    started = time.perf_counter()
    answer = requests.post(server.ocr, files={"file": ("page.pdf", draw_page(word))}, timeout=120)
    elapsed = time.perf_counter() - started
    assert word in answer.json()["text"]
    return elapsed * 1000


def measure_page(page: Page, word: str) -> float:
    page.set_input_files(
        "#file-input", {"name": f"{word}.pdf", "mimeType": "application/pdf", "buffer": draw_page(word)}
    )
    page.wait_for_selector(f".dz-title:has-text('{word}')")
    elapsed: float = page.evaluate(_CLICK_AND_WAIT, word)
    page.wait_for_selector("#read-button:enabled")
    return elapsed


def is_ours(response: Response, url: str) -> bool:
    """Not Gradio's own scripts, styles and fonts."""
    path = response.url.removeprefix(url)
    return not path.startswith(("/assets/", "/static/", "/gradio_api/", "/svelte/"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server(Path(folder) / "data") as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        with visit(browser, server.url, reduced_motion="reduce") as visitor:
            answers: list[Response] = []
            visitor.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it marks what it gets
            visitor.open()
            visitor.page.wait_for_timeout(1000)
            sizes = {one.url: len(one.body()) for one in answers if one.status == 200 and is_ours(one, server.url)}
            everything = sum(len(one.body()) for one in answers if one.status == 200)
            rest, shown = [], []
            for number in range(rounds + 1):
                rest.append(measure_rest(server, f"Rest{number}x"))
                shown.append(measure_page(visitor.page, f"Page{number}x"))
        browser.close()
    # The first round loads what the later ones find loaded.
    for name, figures in (("REST", rest[1:]), ("page", shown[1:])):
        print(f"{name}: median {statistics.median(figures):.0f} ms, {min(figures):.0f} to {max(figures):.0f}")
    added = [page - alone for page, alone in zip(shown[1:], rest[1:], strict=True)]
    print(f"the page adds: median {statistics.median(added):.0f} ms")
    print(f"opening transfers {sum(sizes.values()) / 1000:.0f} kB of ours in {len(sizes)} files, uncompressed,")
    print(f"and {(everything - sum(sizes.values())) / 1e6:.1f} MB of Gradio's")


if __name__ == "__main__":
    main()
