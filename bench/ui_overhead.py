"""What the browser's page adds to a job over REST, and what opening it transfers: ``python -m bench ui_overhead``.

A born-digital page is read, so that hardly anything but the doors is measured. REST: from the POST to the finished
job. Page: from the click on Read until the words, the text and the downloads are drawn; with the way there.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from fpdf import FPDF
from playwright.sync_api import Page, sync_playwright

from tests.e2e.browsing import launch, visit
from tests.server import RunningServer, start_server

GRADIOS = ("/assets/", "/static/", "/gradio_api/", "/svelte/", "/theme.css", "/config")
STEPS = ("uploaded", "words", "text", "downloads", "all")
LONGEST_MS = 60_000

# Waits in the page, so that the driver's own polling is not measured. The page itself is not in a hurry: a browser
# draws 60 times a second, and what is not drawn nobody sees.
_CLICK_AND_WAIT = """
([word, longest]) => new Promise((resolve, reject) => {
  const signs = {
    words: () => document.querySelector('#viewer-lines')?.textContent.includes(word),
    text: () => document.querySelector('#text textarea')?.value.includes(word),
    downloads: () => address() && address() !== before,
  };
  const address = () => document.querySelector('#downloads a')?.getAttribute('href');
  const before = address();
  const seen = {};
  const started = performance.now();
  const look = () => {
    const now = performance.now() - started;
    for (const [name, isThere] of Object.entries(signs)) if (!(name in seen) && isThere()) seen[name] = now;
    if (Object.keys(signs).every((name) => name in seen)) {
      const sent = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/app/jobs')).at(-1);
      resolve({ ...seen, all: Math.max(...Object.values(seen)), uploaded: sent.responseEnd - started });
    } else if (now > longest) reject(new Error(`not seen, but: ${JSON.stringify(seen)}`));
    else requestAnimationFrame(look);
  };
  performance.clearResourceTimings();
  document.querySelector('#read-button').click();
  requestAnimationFrame(look);
})
"""


@dataclass
class Traffic:
    """Bytes over the wire by address, as the browser counts them. A stream that stays open has no size yet."""

    sizes: dict[str, float] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)

    def watch(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._begin)
        session.on("Network.loadingFinished", self._end)
        session.send("Network.enable")

    def _begin(self, event: dict[str, Any]) -> None:
        self._addresses[event["requestId"]] = event["response"]["url"]

    def _end(self, event: dict[str, Any]) -> None:
        address = self._addresses.get(event["requestId"])
        if address is not None and address.startswith("http"):
            self.sizes[address] = self.sizes.get(address, 0) + event["encodedDataLength"]


def draw_page(word: str) -> bytes:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    pdf.add_page()
    pdf.multi_cell(0, 7, f"{word}. " + "A brown fox reads this page aloud to a lazy dog. " * 20)
    return bytes(pdf.output())


def measure_rest(server: RunningServer, word: str) -> float:
    content = draw_page(word)
    started = time.perf_counter()
    answer = requests.post(server.ocr, files={"file": ("page.pdf", content)}, timeout=120)
    elapsed = time.perf_counter() - started
    assert word in answer.json()["text"]
    return elapsed * 1000


def measure_page(page: Page, word: str) -> dict[str, float]:
    """Milliseconds from the click to each of `STEPS`."""
    page.set_input_files(
        "#file-input", {"name": f"{word}.pdf", "mimeType": "application/pdf", "buffer": draw_page(word)}
    )
    page.wait_for_selector(f".dz-title:has-text('{word}')")
    times: dict[str, float] = page.evaluate(_CLICK_AND_WAIT, [word, LONGEST_MS])
    page.wait_for_selector("#read-button:enabled")
    return times


def measure(server: RunningServer, rounds: int) -> tuple[Traffic, list[float], list[dict[str, float]]]:
    """The traffic of opening the page, then times over REST and in the page, one after the other in turns."""
    traffic = Traffic()
    rest: list[float] = []
    shown: list[dict[str, float]] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with visit(browser, server.url, reduced_motion="reduce") as visitor:
            traffic.watch(visitor.page)
            visitor.open()
            visitor.page.wait_for_timeout(2000)
            traffic = Traffic(dict(traffic.sizes))
            # The first round loads what the later ones find loaded.
            for number in range(rounds + 1):
                rest.append(measure_rest(server, f"Rest{number}x"))
                shown.append(measure_page(visitor.page, f"Page{number}x"))
        browser.close()
    return traffic, rest[1:], shown[1:]


def is_ours(address: str, url: str) -> bool:
    """Not Gradio's own scripts, styles and fonts. The page itself counts as ours: its styles and texts are in it."""
    return not address.removeprefix(url).startswith(GRADIOS)


def report(figures: list[float], name: str) -> None:
    print(f"{name}: median {statistics.median(figures):.0f} ms, {min(figures):.0f} to {max(figures):.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, start_server(Path(folder) / "data") as server:
        traffic, rest, shown = measure(server, rounds)
        url = server.url
    report(rest, "REST")
    for step in STEPS:
        report([one[step] for one in shown], f"page, {step}")
    report([page["all"] - alone for page, alone in zip(shown, rest, strict=True)], "the page adds")
    ours = {address: size for address, size in traffic.sizes.items() if is_ours(address, url)}
    print(f"opening transfers {sum(ours.values()) / 1000:.0f} kB of ours in {len(ours)} files")
    for address, size in sorted(ours.items(), key=lambda one: -one[1])[:5]:
        print(f"  {size / 1000:.0f} kB {address.removeprefix(url)}")
    print(f"and {(sum(traffic.sizes.values()) - sum(ours.values())) / 1e6:.2f} MB of Gradio's")


if __name__ == "__main__":
    main()
