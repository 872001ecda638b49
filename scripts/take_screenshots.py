"""Takes the README's pictures from the real app: ``python -m scripts.take_screenshots [folder]``.

A server of its own is started on a free port with an empty data folder; nothing of this machine's documents shows.
"""

import io
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browsing import Visitor, launch, visit
from tests.server import ROOT, start_server

FOLDER = ROOT / "docs" / "pictures"
SAMPLES = ROOT / "samples"
MAX_BYTES = 250_000
WIDE = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
QUESTIONS = ("To which account do I pay?", "What is the total due?")
THUMBNAILS_ARE_THERE = "[...document.querySelectorAll('.dz-sample img')].slice(0, 7).every(image => image.complete)"


def take_all(url: str, browser: Browser, folder: Path) -> None:
    """Write every picture into ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    scenes: dict[str, tuple[Callable[[Visitor], None], dict[str, object]]] = {
        "start": (lambda visitor: _open(visitor, "/"), {}),
        "receipt": (lambda visitor: _show_viewer(visitor, "/", "receipt.png"), {}),
        "dark": (lambda visitor: _show_viewer(visitor, "/?__theme=dark", "two-columns.png"), {"color_scheme": "dark"}),
        "arabic": (lambda visitor: _show_viewer(visitor, "/?lang=ar", "arabic.png"), {"locale": "ar"}),
        "chat": (_show_chat, {}),
        "correcting": (_show_correcting, {}),
        "account": (lambda visitor: _show_tab(visitor, "account", "[data-act='sign-out']"), {}),
        "documents": (lambda visitor: _show_tab(visitor, "documents", ".dl-table"), {}),
        "api": (lambda visitor: _show_tab(visitor, "api", "#api pre"), {}),
        "phone": (
            lambda visitor: _show_viewer(visitor, "/", "receipt.png"),
            {"viewport": PHONE, "device_scale_factor": 1.5, "is_mobile": True, "has_touch": True},
        ),
    }
    for name, (play, settings) in scenes.items():
        with visit(browser, url, **{"viewport": WIDE, "reduced_motion": "reduce"} | settings) as visitor:
            play(visitor)
            visitor.page.mouse.move(1, 1)
            visitor.page.wait_for_timeout(600)
            _save(visitor.page.screenshot(), folder / f"{name}.png")


def _open(visitor: Visitor, path: str) -> None:
    visitor.open(path)
    visitor.page.wait_for_function(
        "[...document.querySelectorAll('.dz-sample img')].slice(0, 7).every(i => i.complete)"
    )


def _show_viewer(visitor: Visitor, path: str, sample: str) -> None:
    visitor.open(path)
    visitor.sign_up(f"{uuid.uuid4().hex}@example.com")
    visitor.read(SAMPLES / sample)
    visitor.page.click("#viewer-doubt")
    _wait_for_picture(visitor)


def _show_chat(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.sign_up("you@example.com")
    visitor.read(SAMPLES / "invoice.pdf")
    page = visitor.page
    for number, question in enumerate(QUESTIONS, start=1):
        page.locator("#chat-input:enabled").fill(question)
        page.keyboard.press("Enter")
        page.locator(".ch-assistant .ch-citation").nth(number - 1).wait_for()
    page.locator(".ch-citation").first.click()
    page.locator(".ov-cited").first.wait_for(state="attached")
    _wait_for_picture(visitor)


def _show_correcting(visitor: Visitor) -> None:
    """A word already corrected, and the next one in work."""
    _show_viewer(visitor, "/", "receipt.png")
    page = visitor.page
    page.locator(".ov-word", has_text="Butter").dblclick()
    page.locator(".ov-field").fill("Margarine")
    page.keyboard.press("Enter")
    page.wait_for_selector("#version")
    page.wait_for_selector(".ov-said", state="hidden")
    _wait_for_picture(visitor)
    page.locator(".ov-word", has_text="Apples").dblclick()
    page.wait_for_selector(".ov-field")


def _show_tab(visitor: Visitor, name: str, sign: str) -> None:
    visitor.open("/")
    visitor.sign_up(f"{name}@example.com")
    visitor.read(SAMPLES / "report-3-pages.pdf")
    visitor.page.click(f"#tab-{name}-button")
    visitor.page.locator(sign).first.wait_for()


def _wait_for_picture(visitor: Visitor) -> None:
    visitor.page.wait_for_function("document.querySelector('.ov-picture').complete")
    visitor.page.evaluate("document.querySelector('.viewer-shell').scrollIntoView()")


def _save(png: bytes, path: Path) -> None:
    """With all its colours where that is small enough, else with fewer."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colors in (None, 256, 128, 64, 32):
        target = io.BytesIO()
        flat = picture if colors is None else picture.quantize(colors, Image.Quantize.MAXCOVERAGE, kmeans=1)
        flat.save(target, "PNG", optimize=True)
        if target.tell() < MAX_BYTES:
            break
    path.write_bytes(target.getvalue())
    print(f"{path}: {target.tell() / 1000:.0f} kB")


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else FOLDER
    with (
        tempfile.TemporaryDirectory() as data,
        start_server(Path(data) / "data", SIGN_UPS_PER_HOUR="100", ANONYMOUS_PAGES_PER_DAY="10") as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        take_all(server.url, browser, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
