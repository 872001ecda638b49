"""A visitor with Debian's chromium who notices everything that should not happen."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Response

WAIT_MS = 120_000
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
CLOSED_STREAM = re.compile("console: .*(AbortError|Connection errored out)")
JOB = "ocr-chat:job"
PASSWORD = "correct horse battery"


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))


@dataclass
class Visitor:
    """One browser session. ``troubles`` collects console errors, failed answers and requests to anywhere else."""

    context: BrowserContext
    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.url + path)
        self.page.wait_for_selector("#drop-zone")
        self.page.wait_for_selector("#price p")
        return self.page

    def read(self, file: Path) -> None:
        """Upload a file and wait for its result."""
        before = self.job
        self.page.set_input_files("#file-input", file)
        self.page.click("#read-button")
        self.wait_for_result(before)

    def wait_for_result(self, before: str | None = None) -> None:
        """``before`` is the job that was on show when the file was sent: its result may stand there a while yet."""
        self.page.wait_for_function(f"before => ![null, before].includes(sessionStorage.getItem('{JOB}'))", arg=before)
        self.page.wait_for_selector(f"#downloads a[href*='{self.job}']")
        self.page.wait_for_selector(".ov-word")

    @property
    def job(self) -> str | None:
        """The id of the job that this browser tab remembers, if any."""
        return self.page.evaluate(f"sessionStorage.getItem('{JOB}')")  # type: ignore[no-any-return]

    def sign_up(self, email: str) -> None:
        self.page.click("#tab-account-button")
        form = self.page.locator("[data-form='sign-up']")
        form.locator("[name=email]").fill(email)
        form.locator("[name=password]").fill(PASSWORD)
        form.locator("button").click()
        self.page.wait_for_selector("[data-act='sign-out']")
        self.page.click("#tab-read-button")

    def reload(self) -> None:
        """Gradio's client complains of its own streams when the page goes; that, and only that, is no trouble."""
        before = len(self.troubles)
        self.page.reload()
        self.troubles[before:] = [one for one in self.troubles[before:] if not CLOSED_STREAM.match(one)]

    def fetch(self, path: str) -> int:
        """The status that this visitor's browser gets for a path."""
        return self.context.request.get(self.url + path).status

    def style(self, selector: str, name: str) -> Any:
        return self.page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")

    def _watch(self) -> None:
        self.page.on("console", lambda said: self._note(said.type == "error", f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self._note(True, f"script: {error}"))
        self.page.on("response", self._check_response)
        self.page.on("request", lambda request: self._note(self._is_foreign(request.url), f"foreign: {request.url}"))

    def _check_response(self, response: Response) -> None:
        self._note(response.status >= 400, f"{response.status}: {response.url}")

    def _is_foreign(self, address: str) -> bool:
        return not address.startswith((self.url, "data:", "blob:"))

    def _note(self, is_trouble: bool, trouble: str) -> None:
        if is_trouble:
            self.troubles.append(trouble)


@contextmanager
def visit(browser: Browser, url: str, **settings: Any) -> Iterator[Visitor]:
    """A session of its own; ``settings`` are those of a browser context, as ``viewport``."""
    context = browser.new_context(**{"viewport": {"width": 1360, "height": 900}, "locale": "en-GB"} | settings)
    context.set_default_timeout(WAIT_MS)
    visitor = Visitor(context, context.new_page(), url)
    visitor._watch()
    try:
        yield visitor
    finally:
        context.close()


def new_address() -> str:
    return f"visitor-{uuid.uuid4().hex[:10]}@example.com"


def find_barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the first place of each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def press_tab_until(page: Page, selector: str, at_most: int = 60) -> None:
    for _ in range(at_most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector}")
