"""What the form of the Read tab can ask for: a picture from the camera, a translation, named fields, a place in the
queue."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.e2e.browsing import CHROMIUM, FLAGS, WAIT_MS, find_barriers, new_address, visit
from tests.e2e.test_browser import make_long_scan
from tests.model_server import Body, serve_model
from tests.server import RunningServer, start_server

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
FOUND = {"invoice number": "2026-0317", "total": "5,637.03", "tax id": None, "owner": "Nobody Inc."}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as opened:
        yield opened


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *FAKE_CAMERA])
    yield opened
    opened.close()


def test_a_photo_is_taken_and_read(browser: Browser, server: RunningServer) -> None:
    with visit(browser, server.url, permissions=["camera"]) as someone:
        page = someone.open()
        page.click("#camera-button")
        page.locator("#camera-take:enabled").wait_for()
        assert find_barriers(page) == []
        page.keyboard.press("Escape")
        expect(page.locator(".dz-camera")).to_have_count(0)
        expect(page.locator(".dz-title")).to_have_text("Drop a picture or PDF here")
        page.click("#camera-button")
        page.locator("#camera-take:enabled").wait_for()
        page.keyboard.press("Enter")
        expect(page.locator(".dz-title")).to_have_text("photo.jpg")
        page.click("#read-button")
        expect(page.locator("#status")).to_contain_text("Read 1 page")
        assert someone.troubles == []


def test_a_camera_that_is_not_there_is_said_so(playwright: Playwright, server: RunningServer) -> None:
    plain = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    with visit(plain, server.url) as someone:
        page = someone.open()
        page.click("#camera-button")
        expect(page.locator(".dz-camera")).to_contain_text("The camera can't be used")
        page.click("#camera-close")
        expect(page.locator(".dz-camera")).to_have_count(0)
        assert someone.troubles == []
    plain.close()


def reply(body: Body) -> str:
    """The scripted model fills in whatever fields it is asked for, if it knows them."""
    asked = json.dumps(body)
    return json.dumps({name: value for name, value in FOUND.items() if f'"{name}' in asked.replace("\\", "")})


def choose(page: Page, selector: str, wanted: str) -> None:
    field = page.locator(f"{selector} input")
    field.fill(wanted)
    page.get_by_role("option", name=re.compile(wanted)).first.click()


def test_named_fields_are_found_and_shown_in_their_place(browser: Browser, tmp_path: Path, samples: Path) -> None:
    with (
        serve_model(reply) as model,
        start_server(tmp_path / "fields", CHAT_URL=model.url) as server,
        visit(browser, server.url) as someone,
    ):
        page = someone.open()
        page.locator("#more-options > button").click()
        page.locator("#wanted-fields :is(input, textarea)").fill(", ".join(FOUND))
        page.set_input_files("#file-input", samples / "invoice.pdf")
        page.click("#read-button")
        rows = page.locator("#fields tbody tr")
        expect(rows).to_have_count(len(FOUND))
        expect(rows.nth(1)).to_contain_text("5,637.03")
        expect(rows.nth(2)).to_contain_text("not in the document")
        expect(rows.nth(3)).to_contain_text("not in the document")
        expect(page.locator("#fields [data-place]")).to_have_count(2)
        page.locator("#fields [data-place]").nth(1).click()
        place = page.locator(".ov-cited")
        expect(place).to_have_count(1)
        expect(place).to_be_in_viewport()
        assert find_barriers(page) == []
        page.set_input_files("#file-input", samples / "receipt.png")
        page.locator("#wanted-fields :is(input, textarea)").fill("")
        page.click("#read-button")
        expect(page.locator("#text textarea")).to_have_value(re.compile("LINDENHOF"))
        expect(page.get_by_role("tab", name="Fields")).to_have_count(0)
        assert someone.troubles == []


def test_who_has_no_model_is_asked_for_no_fields(browser: Browser, server: RunningServer) -> None:
    with visit(browser, server.url) as someone:
        page = someone.open()
        page.locator("#more-options > button").click()
        expect(page.locator("#page-range")).to_be_visible()
        expect(page.locator("#wanted-fields")).to_have_count(0)


def test_a_translation_stands_beside_the_text(
    browser: Browser, server: RunningServer, samples: Path, tmp_path: Path
) -> None:
    with visit(browser, server.url) as someone:
        page = someone.open()
        page.locator(".tool", has_text="Translate").click()
        page.locator("#translate-to input").click()
        offered = page.get_by_role("listbox").get_by_role("option")
        expect(offered.first).to_be_visible()
        for name in ("Español · Spanish", "Català · Catalan"):
            expect(offered.filter(has_text=name)).to_be_visible()
        assert offered.count() < 20, "only what Apertium can write here"
        choose(page, "#translate-to", "Spanish")
        page.set_input_files("#file-input", samples / "letter.png")
        page.click("#read-button")
        pairs = page.locator("#translation .tr-pair")
        expect(pairs.filter(has_text="volumes").first).to_contain_text("volúmenes")
        assert find_barriers(page) == []
        with page.expect_download() as download:
            page.click("#translation a[data-translation='txt']")
        target = tmp_path / "translated.txt"
        download.value.save_as(target)
        assert "volúmenes" in target.read_text(encoding="utf-8")
        assert someone.troubles == []


def test_who_comes_second_sees_the_queue_and_may_leave_it(browser: Browser, tmp_path: Path, samples: Path) -> None:
    """One process reads, so the second job has to wait for the first one's pages."""
    scan = make_long_scan(samples / "letter.png", tmp_path / "scan.pdf", pages=60)
    with (
        start_server(tmp_path / "queue", PAGE_PROCESSES="1") as server,
        visit(browser, server.url) as first,
        visit(browser, server.url) as second,
    ):
        for someone in (first, second):
            someone.open()
            someone.sign_up(new_address())
        first.page.set_input_files("#file-input", scan)
        first.page.click("#read-button")
        expect(first.page.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "60")
        second.page.set_input_files("#file-input", scan)
        second.page.click("#read-button")
        expect(second.page.get_by_role("progressbar")).to_be_visible()
        expect(second.page.locator("#status")).to_contain_text("Waiting, place 1 in the queue.")
        second.page.click("#tab-documents-button")
        expect(second.page.locator(".dl-state")).to_have_text(re.compile("waiting|being read"))
        second.page.click("#tab-read-button")
        second.page.click("#cancel-button")
        expect(second.page.locator("#status")).to_contain_text("Cancelled")
        expect(first.page.get_by_role("progressbar")).to_be_visible(timeout=WAIT_MS)
        first.page.click("#cancel-button")
        expect(first.page.locator("#status")).to_contain_text("Cancelled")
        assert first.troubles == second.troubles == []
