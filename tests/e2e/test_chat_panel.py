"""The conversation beside the page, when things go wrong and when two directions of writing meet."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import new_address, visit
from tests.server import RunningServer

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_why_there_is_no_answer_is_said_in_the_readers_language(
    browser: Browser, server: RunningServer, samples: Path
) -> None:
    with visit(browser, server.url) as someone:
        page = someone.open("/de/")
        someone.sign_up(new_address())
        someone.read(samples / "invoice.pdf")
        page.locator(".ch-suggestions button").first.wait_for()
        page.fill("#chat-input", "?!")
        page.click("#chat-send")
        expect(page.locator(".ch-user")).to_have_count(0)
        forget = "async job => (await fetch(`../app/jobs/${job}`, { method: 'DELETE' })).status"
        status = page.evaluate(forget, someone.job)
        assert status < 300
        page.fill("#chat-input", "Wie hoch ist der Betrag?")
        page.click("#chat-send")
        expect(page.locator(".ch-error")).to_contain_text("Das Dokument von vorhin ist nicht mehr da")
        expect(page.locator("#chat-input")).to_have_value("Wie hoch ist der Betrag?")


def test_an_answer_that_breaks_off_is_no_answer(browser: Browser, server: RunningServer, samples: Path) -> None:
    with visit(browser, server.url) as someone:
        page = someone.open()
        someone.sign_up(new_address())
        someone.read(samples / "invoice.pdf")
        page.locator(".ch-suggestions button").first.wait_for()
        line = '{"sentence": "“Total” (p. 1)"}\n'
        page.route("**/chat?lang=*", lambda route: route.fulfill(body=line, content_type="application/x-ndjson"))
        page.fill("#chat-input", "What is the total due?")
        page.click("#chat-send")
        expect(page.locator(".ch-error")).to_contain_text("The answer did not arrive")


def test_a_quote_keeps_its_marks_where_the_page_runs_the_other_way(
    browser: Browser, server: RunningServer, samples: Path
) -> None:
    with visit(browser, server.url) as someone:
        page = someone.open("/ar/")
        someone.sign_up(new_address())
        someone.read(samples / "invoice.pdf")
        page.locator(".ch-suggestions button").first.wait_for()
        page.fill("#chat-input", "What is the total due?")
        page.click("#chat-send")
        quote = page.locator(".ch-assistant bdi").first
        expect(quote).to_have_text(re.compile("^“.*”$", re.DOTALL))
        assert someone.troubles == []
