"""axe-core on every tab: light, dark, on a phone, and from right to left."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import find_barriers, new_address, visit
from tests.server import RunningServer

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "light": ("/?__theme=light", {}),
    "dark": ("/?__theme=dark", {}),
    "phone": ("/?__theme=light", {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}),
    "arabic": ("/ar/?__theme=dark", {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_tab_keeps_anybody_out(browser: Browser, server: RunningServer, samples: Path, way: str) -> None:
    path, settings = WAYS[way]
    barriers = {}
    with visit(browser, server.url, **settings) as someone:
        page = someone.open(path)
        barriers["start"] = find_barriers(page)
        page.click("#tab-account-button")
        page.wait_for_selector("[data-form='sign-up']")
        barriers["visitor"] = find_barriers(page)
        someone.sign_up(new_address())
        someone.read(samples / "table.png")
        page.locator(".ov-word").first.dblclick()
        page.locator(".ov-field").fill("Corrected")
        page.keyboard.press("Enter")
        expect(page.locator("#version")).to_be_visible()
        barriers["read"] = find_barriers(page)
        for tab, sign in (("documents", ".dl-table"), ("account", "[data-act='sign-out']"), ("api", "#api pre")):
            page.click(f"#tab-{tab}-button")
            page.locator(sign).first.wait_for()
            barriers[tab] = find_barriers(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{tab} scrolls sideways"
        assert someone.troubles == []
    assert {place: found for place, found in barriers.items() if found} == {}
