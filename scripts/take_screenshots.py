"""Takes the pictures of docs/pictures from the real app: ``python -m scripts.take_screenshots [folder [name ...]]``.

A server of its own is started on a free port with an empty data folder; nothing of this machine's documents shows.
Every tab is taken in four looks (light, dark, phone, Arabic), and then what the README shows.
"""

import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import requests
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, StorageState, StorageStateCookie, sync_playwright

from tests.e2e.browsing import PASSWORD, Visitor, launch, visit
from tests.server import ROOT, start_server

FOLDER = ROOT / "docs" / "pictures"
SAMPLES = ROOT / "samples"
EMAIL = "you@example.com"
MAX_BYTES = 190_000
WAIT_S = 240
WIDE = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
CALM = {"viewport": WIDE, "reduced_motion": "reduce"}
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "light": ("/?__theme=light", {}),
    "dark": ("/?__theme=dark", {"color_scheme": "dark"}),
    "phone": (
        "/?__theme=light",
        {"viewport": PHONE, "device_scale_factor": 1.5, "is_mobile": True, "has_touch": True},
    ),
    "arabic": ("/ar/?__theme=light", {"locale": "ar"}),
}
READ_IN = {"arabic": "arabic.png", "phone": "receipt.png"}
IN_THE_LIST = ("letter.png", "two-columns.png", "arabic.png", "table.png", "report-3-pages.pdf", "book-12-pages.pdf")
QUESTIONS = ("To which account do I pay?", "What is the total due?")
THUMBNAILS_ARE_THERE = "[...document.querySelectorAll('.dz-sample img')].slice(0, 6).every((image) => image.complete)"

Play = Callable[[Visitor], None]
Scene = tuple[str, str, dict[str, Any], Play]
"""The picture's name, the page's path, the browser's settings, and what is done there."""


def list_scenes() -> Iterator[Scene]:
    light = LOOKS["light"][0]
    yield "receipt", light, {}, lambda visitor: _read(visitor, "receipt.png", doubt=True)
    yield "chat", light, {}, _chat
    yield "correcting", light, {}, _correct
    for look, (path, settings) in LOOKS.items():
        yield f"{look}-start", path, settings, _see_start
        yield f"{look}-read", path, settings, partial(_read, sample=READ_IN.get(look, "two-columns.png"))
        yield f"{look}-results", path, settings, _see_results
        yield f"{look}-documents", path, settings, lambda visitor: _open_tab(visitor, "documents", ".dl-table")
        yield f"{look}-account", path, settings, lambda visitor: _open_tab(visitor, "account", ".acc-tokens")
        yield f"{look}-api", path, settings, lambda visitor: _open_tab(visitor, "api", "#api pre")


def take(browser: Browser, url: str, scene: Scene, folder: Path, session: StorageState) -> None:
    name, path, settings, play = scene
    with visit(browser, url, **CALM | settings, storage_state=session) as visitor:
        visitor.open(path)
        visitor.page.wait_for_function(THUMBNAILS_ARE_THERE)
        play(visitor)
        visitor.page.mouse.move(1, 1)
        visitor.page.wait_for_timeout(500)
        _save(visitor.page.screenshot(clip=_to_clip(visitor.page)), folder / f"{name}.png")
        if visitor.troubles:
            raise SystemExit(f"{name}: {visitor.troubles}")


def fill_account(url: str) -> StorageState:
    """An account with a few documents, as somebody's is who has used the app; what a browser needs to be signed in."""
    with requests.Session() as session:
        made = session.post(f"{url}/app/sign-up", json={"email": EMAIL, "password": PASSWORD}, timeout=60)
        made.raise_for_status()
        for name in IN_THE_LIST:
            with (SAMPLES / name).open("rb") as file:
                session.post(f"{url}/app/jobs", files={"file": file}, timeout=60).raise_for_status()
        deadline = time.monotonic() + WAIT_S
        while any(job["state"] != "done" for job in session.get(f"{url}/app/jobs", timeout=60).json()["jobs"]):
            assert time.monotonic() < deadline, "the samples were not read in time"
            time.sleep(1)
        return {"cookies": [_to_cookie(one.name, one.value or "") for one in session.cookies], "origins": []}


def _to_cookie(name: str, value: str) -> StorageStateCookie:
    return {
        "name": name,
        "value": value,
        "domain": "127.0.0.1",
        "path": "/",
        "expires": -1,
        "httpOnly": True,
        "secure": False,
        "sameSite": "Lax",
    }


def _see_start(visitor: Visitor) -> None:
    visitor.page.wait_for_selector("#price p")


def _read(visitor: Visitor, sample: str, *, doubt: bool = False) -> None:
    visitor.read(SAMPLES / sample)
    if doubt:
        visitor.page.click("#viewer-doubt")
    _wait_for_picture(visitor)


def _see_results(visitor: Visitor) -> None:
    visitor.page.check("[value='extract-tables']", force=True)
    visitor.read(SAMPLES / "table.png")
    visitor.page.locator("#tables table").wait_for()
    _wait_for_picture(visitor)
    visitor.page.locator("#results").scroll_into_view_if_needed()
    visitor.page.evaluate("document.querySelector('#results').scrollIntoView({ block: 'end' })")


def _chat(visitor: Visitor) -> None:
    _read(visitor, "invoice.pdf")
    page = visitor.page
    for number, question in enumerate(QUESTIONS, start=1):
        page.locator("#chat-input:enabled").fill(question)
        page.keyboard.press("Enter")
        page.locator(".ch-assistant .ch-citation").nth(number - 1).wait_for()
    page.locator(".ch-citation").first.click()
    page.locator(".ov-cited").first.wait_for(state="attached")
    _wait_for_picture(visitor)


def _correct(visitor: Visitor) -> None:
    """A word already corrected, and the next one in work."""
    _read(visitor, "receipt.png")
    page = visitor.page
    page.locator(".ov-word", has_text="Butter").dblclick()
    page.locator(".ov-field").fill("Margarine")
    page.keyboard.press("Enter")
    page.wait_for_selector("#version")
    page.wait_for_selector(".ov-said", state="hidden")
    _wait_for_picture(visitor)
    page.locator(".ov-word", has_text="Apples").dblclick()
    page.wait_for_selector(".ov-field")


def _open_tab(visitor: Visitor, name: str, sign: str) -> None:
    visitor.page.click(f"#tab-{name}-button")
    visitor.page.locator(sign).first.wait_for()


def _wait_for_picture(visitor: Visitor) -> None:
    page = visitor.page
    page.wait_for_function("(({ complete, src }) => complete && src)(document.querySelector('.ov-picture'))")
    page.evaluate("document.querySelector('.viewer-shell').scrollIntoView()")


def _to_clip(page: Page) -> FloatRect:
    """The window; without the beginning of what does not fit under the document on a wide one."""
    size = page.viewport_size or WIDE
    tabs = page.locator("#result-tabs")
    box = tabs.bounding_box() if tabs.count() else None
    is_cut = box is not None and size["width"] > PHONE["width"] and size["height"] - 150 < box["y"] < size["height"]
    height = box["y"] if box is not None and is_cut else size["height"]
    return {"x": 0, "y": 0, "width": size["width"], "height": height}


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
    print(f"{path}: {target.tell() / 1000:.0f} kB", flush=True)


def main(arguments: list[str]) -> int:
    """``arguments``: the folder, and the names of the pictures to take; without names, all."""
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    scenes = [scene for scene in list_scenes() if scene[0] in arguments[1:] or not arguments[1:]]
    with (
        tempfile.TemporaryDirectory() as data,
        start_server(Path(data) / "data", ANONYMOUS_PAGES_PER_DAY="10") as server,
        sync_playwright() as playwright,
    ):
        session = fill_account(server.url)
        browser = launch(playwright)
        for scene in scenes:
            take(browser, server.url, scene, folder, session)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
