"""The Account and API pages in a real browser: from signing up to a curl with the token that stands there."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.server import RunningServer, start_server

PASSWORD = "korrekt pferd batterie"

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.ocr]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with start_server(tmp_path_factory.mktemp("account-page"), SIGN_UPS_PER_HOUR="0") as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    yield opened
    opened.close()


def open_tab(context: BrowserContext, url: str, name: str) -> Page:
    page = context.new_page()
    page.goto(url)
    page.get_by_role("tab", name=name, exact=True).click()
    return page


def fill(page: Page, form: str, **fields: str) -> None:
    place = page.locator(f"form[data-form={form}]")
    for name, value in fields.items():
        place.locator(f"[name={name}]").fill(value)
    place.locator("button").click()


def sign_up(context: BrowserContext, site: RunningServer, email: str) -> tuple[Page, str]:
    page = open_tab(context, f"{site.url}/", "Account")
    fill(page, "sign-up", email=email, password=PASSWORD)
    expect(page.locator(".acc-tokens li")).to_have_count(1)
    return page, page.locator(".acc-tokens code").inner_text()


def test_sign_up_then_curl_with_the_token(site: RunningServer, context: BrowserContext, samples: Path) -> None:
    page, token = sign_up(context, site, "first@example.com")
    tab = page.get_by_role("tab", name="API", exact=True)
    tab.click()
    sample = page.locator("#api pre", has_text="curl -X POST").first
    expect(sample).to_contain_text(token)
    command = sample.inner_text().replace("invoice.pdf", str(samples / "invoice.pdf"))
    finished = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=120)
    job = json.loads(finished.stdout)
    assert job["status"] == "done"
    assert job["usage"]["cap"] == 500
    page.get_by_role("tab", name="Account", exact=True).click()
    expect(page.locator(".acc-card").first).to_contain_text(f"{job['usage']['used']} of 500")
    expect(page.locator(".acc-chart")).to_have_attribute("aria-label", re.compile("30 days"))


def test_tokens_are_made_replaced_and_revoked(site: RunningServer, context: BrowserContext) -> None:
    page, token = sign_up(context, site, "second@example.com")
    page.on("dialog", lambda dialog: dialog.accept())
    fill(page, "create-token", name="<img src=x onerror=alert(1)>")
    items = page.locator(".acc-tokens li")
    expect(items).to_have_count(2)
    expect(items.nth(1)).to_contain_text("<img src=x onerror=alert(1)>")
    items.nth(1).get_by_role("button", name="Revoke").click()
    expect(items).to_have_count(1)
    items.first.get_by_role("button", name="Replace").click()
    expect(page.locator(".acc-tokens code")).not_to_have_text(token)
    new = page.locator(".acc-tokens code").inner_text()
    account = f"{site.url}/api/v1/account/"
    assert requests.get(account, headers={"Authorization": f"Bearer {token}"}, timeout=60).status_code == 401
    assert requests.get(account, headers={"Authorization": f"Bearer {new}"}, timeout=60).ok


def test_token_is_copied(site: RunningServer, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, token = sign_up(context, site, "copy@example.com")
    page.locator("[data-act=copy]").first.click()
    expect(page.locator("[data-act=copy]").first).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == token


def test_password_and_signing_out_and_in(site: RunningServer, context: BrowserContext) -> None:
    page, _ = sign_up(context, site, "third@example.com")
    page.locator(".acc-password summary").click()
    fill(page, "change-password", old_password="not the one", new_password="another long password")
    expect(page.locator(".acc-said .app-error")).to_have_text("The email or the password is wrong.")
    fill(page, "change-password", old_password=PASSWORD, new_password="another long password")
    expect(page.locator(".acc-toast")).to_contain_text("Other browsers are signed out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("form[data-form=sign-in]")).to_be_visible()
    fill(page, "sign-in", email="third@example.com", password=PASSWORD)
    expect(page.locator("#account .app-error")).to_be_visible()
    fill(page, "sign-in", email="third@example.com", password="another long password")
    expect(page.locator(".acc-head")).to_contain_text("third@example.com")


def test_two_visitors_never_see_each_other(site: RunningServer, browser: Browser, context: BrowserContext) -> None:
    mine, token = sign_up(context, site, "mine@example.com")
    other_context = browser.new_context(locale="en-US")
    other, other_token = sign_up(other_context, site, "other@example.com")
    mine.reload()
    mine.get_by_role("tab", name="Account", exact=True).click()
    expect(mine.locator(".acc-tokens code")).to_have_text(token)
    assert other_token not in mine.content()
    assert token not in other.content()
    other_context.close()


def test_nothing_is_asked_of_anybody_else(site: RunningServer, context: BrowserContext) -> None:
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page = open_tab(context, f"{site.url}/", "Account")
    page.get_by_role("tab", name="API", exact=True).click()
    expect(page.locator("#api pre").first).to_be_visible()
    foreign = [url for url in asked if not url.startswith((site.url, "data:", "blob:"))]
    assert foreign == []
    assert said == []


@pytest.mark.parametrize("tab", ["Account", "API"])
def test_phone_needs_no_sideways_scrolling(site: RunningServer, context: BrowserContext, tab: str) -> None:
    page = open_tab(context, f"{site.url}/", tab)
    expect(page.locator(".acc-shell form, .api pre").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_other_sites_and_strangers_change_nothing(site: RunningServer) -> None:
    made = requests.post(
        f"{site.url}/app/sign-up", json={"email": "cross@example.com", "password": PASSWORD}, timeout=60
    )
    cookies = {"ocr_chat_session": made.cookies["ocr_chat_session"]}
    url, body = f"{site.url}/app/account/tokens", {"name": "stolen"}
    foreign = requests.post(url, json=body, cookies=cookies, headers={"Sec-Fetch-Site": "cross-site"}, timeout=60)
    assert (foreign.status_code, foreign.json()["code"]) == (401, "invalid_token")
    stranger = requests.post(url, json=body, timeout=60)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "missing_token")
    page = requests.get(f"{site.url}/app/account", cookies=cookies, timeout=60)
    assert "stolen" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
