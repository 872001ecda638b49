"""A browser for a file's tests; it ends with the file, because Playwright holds the thread's event loop meanwhile."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.browsing import WAIT_MS, Visitor, launch, visit
from tests.server import RunningServer

expect.set_options(timeout=WAIT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A real browser on a busy machine sometimes loses its page: such a test has a second try, shown as ``R``."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = launch(playwright)
        yield opened
        opened.close()


@pytest.fixture
def visitor(browser: Browser, server: RunningServer) -> Iterator[Visitor]:
    """Nothing may go wrong unnoticed: the test fails on a console error, a failed request or one to another host."""
    with visit(browser, server.url) as someone:
        yield someone
        assert someone.troubles == []
