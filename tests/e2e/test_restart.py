"""The server is started again while somebody has the app open."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import visit
from tests.e2e.test_browser import make_long_scan
from tests.server import start_again, start_server

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_an_open_page_goes_on_when_the_server_is_back(browser: Browser, samples: Path, tmp_path: Path) -> None:
    scan = make_long_scan(samples / "letter.png", tmp_path / "scan.pdf", pages=4)
    with start_server(tmp_path / "data") as first, visit(browser, first.url) as someone:
        page = someone.open()
        page.set_input_files("#file-input", scan)
        page.click("#read-button")
        expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "4")
        with start_again(first) as second:
            expect(page.locator("#status")).to_contain_text("Read 4 pages")
            expect(page.locator(".ov-word").first).to_be_visible()
            with start_again(second):
                # Which document is on show is not the server's to remember.
                page.get_by_role("tab", name="JSON").click()
                expect(page.locator("#json")).to_contain_text('"blocks"')
