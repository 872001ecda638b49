"""The app in a real browser on a real server: what people do with it, and what must never happen meanwhile."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Response, expect

from tests.e2e.browsing import Visitor, find_barriers, new_address, press_tab_until, visit
from tests.server import RunningServer, start_server

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

PHONE = {"width": 390, "height": 844}


def test_a_file_is_read_and_its_boxes_and_words_belong_together(visitor: Visitor, samples: Path) -> None:
    page = visitor.open()
    expect(page.locator("#results")).to_have_count(0)
    visitor.read(samples / "receipt.png")
    expect(page.locator("#text textarea")).to_have_value(re.compile("LINDENHOF"))
    page.locator(".ov-box").nth(2).click()
    first = page.locator(".ov-word.ov-selected").text_content()
    assert first
    page.locator(".ov-word", has_text="Butter").click()
    expect(page.locator(".ov-box.ov-selected")).to_have_count(1)
    expect(page.locator(".ov-word.ov-selected")).to_have_text("Butter")
    page.get_by_role("tab", name="JSON").click()
    expect(page.locator("#json")).to_contain_text("LINDENHOF")


@pytest.mark.parametrize("event", ["paste", "drop"])
def test_a_picture_can_be_pasted_and_dropped(visitor: Visitor, event: str) -> None:
    page = visitor.open()
    page.evaluate(
        """(event) => {
            const data = new DataTransfer();
            data.items.add(new File(['x'], `${'very-long-name-'.repeat(12)}.png`, { type: 'image/png' }));
            const zone = document.querySelector('#drop-zone');
            if (event === 'drop') zone.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
            else document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
        }""",
        event,
    )
    expect(page.locator(".dz-title")).to_contain_text("very-long-name")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_file_that_cannot_be_read_is_refused_in_the_readers_language(
    browser: Browser, server: RunningServer, tmp_path: Path
) -> None:
    words = tmp_path / "scan.pdf"
    words.write_text("only words", encoding="utf-8")
    for path, sentence in (("/", "no picture or PDF that can be read"), ("/es/", "No es una imagen ni un PDF")):
        with visit(browser, server.url) as someone:
            page = someone.open(path)
            page.set_input_files("#file-input", words)
            page.click("#read-button")
            expect(page.locator("#status .app-error")).to_contain_text(sentence)
            expect(page.locator("#read-button")).to_be_enabled()
            assert {trouble.split(":")[0] for trouble in someone.troubles} == {"400", "console"}


def test_what_is_to_be_known_of_a_reading_is_said_in_the_readers_language(visitor: Visitor, samples: Path) -> None:
    page = visitor.open("/es/")
    page.locator("#tier input[value=vlm]").check()
    visitor.read(samples / "receipt.png")
    expect(page.locator("#status .app-notice")).to_contain_text("los motores integrados leen cada página dos veces")


def test_opening_the_app_transfers_little(visitor: Visitor) -> None:
    """What is ours, before compression: the page, our scripts and styles, the samples' pictures."""
    answers: list[Response] = []
    visitor.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it marks what it gets
    page = visitor.open()
    page.wait_for_function(
        "[...document.querySelectorAll('.dz-sample img')].slice(0, 5).every(image => image.complete)"
    )
    gradios = ("/assets/", "/static/", "/gradio_api/", "/svelte/")
    ours = [one for one in answers if one.status == 200 and not one.url.removeprefix(visitor.url).startswith(gradios)]
    assert len(ours) > 5
    assert sum(len(one.body()) for one in ours) < 2_000_000


def test_every_format_can_be_taken_away(visitor: Visitor, samples: Path, tmp_path: Path) -> None:
    page = visitor.open()
    page.locator(".tool", has_text="Extract tables").click()
    visitor.read(samples / "table.png")
    expect(page.locator("#tables table")).to_be_visible()
    links = page.locator("#downloads a")
    formats = [link.get_attribute("data-format") for link in links.all()]
    assert formats[0] == "csv", "what the tool is for comes first"
    for name in formats:
        with page.expect_download() as download:
            page.click(f"#downloads a[data-format='{name}']")
        target = tmp_path / download.value.suggested_filename
        download.value.save_as(target)
        assert target.stem == "table"
        assert target.stat().st_size > 0


def test_an_answer_shows_its_place_and_is_there_after_a_reload(visitor: Visitor, samples: Path) -> None:
    page = visitor.open()
    visitor.read(samples / "invoice.pdf")
    expect(page.locator("#chat-input")).to_be_disabled()
    expect(page.locator(".ch-hint")).to_contain_text("Sign in")
    visitor.sign_up(new_address())
    page.locator(".ch-suggestions button").first.wait_for()
    page.fill("#chat-input", "What is the total due?")
    page.keyboard.press("Enter")
    place = page.locator(".ch-citation").first
    expect(place).to_contain_text("Page 1")
    place.click()
    expect(page.locator(".ov-cited").first).to_be_attached()
    page.fill("#chat-input", "Who won the football championship of Brazil?")
    page.click("#chat-send")
    expect(page.locator(".ch-refused")).to_contain_text("Not in this document")
    visitor.reload()
    expect(page.locator(".ch-user")).to_have_count(2)
    expect(page.locator(".ch-citation").first).to_be_visible()


def test_who_has_used_up_the_day_is_told_what_helps(browser: Browser, samples: Path, tmp_path: Path) -> None:
    with (
        start_server(tmp_path / "small", ANONYMOUS_PAGES_PER_DAY="1") as server,
        visit(browser, server.url) as someone,
    ):
        page = someone.open()
        someone.read(samples / "receipt.png")
        page.set_input_files("#file-input", samples / "letter.png")
        page.click("#read-button")
        error = page.locator("#status .app-error")
        expect(error).to_contain_text("1 of 1 used")
        expect(error).to_contain_text("Account")
        assert {trouble.split(":")[0] for trouble in someone.troubles} == {"402", "console"}


def test_arabic_runs_from_right_to_left(visitor: Visitor, samples: Path) -> None:
    visitor.open()
    visitor.read(samples / "arabic.png")
    assert visitor.style(".ov-line", "direction") == "rtl"
    assert visitor.style("#text textarea", "unicodeBidi") == "plaintext"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out(visitor: Visitor, samples: Path, theme: str) -> None:
    page = visitor.open(f"/?__theme={theme}")
    is_dark = page.evaluate("document.body.classList.contains('dark')")
    assert is_dark == (theme == "dark")
    visitor.read(samples / "receipt.png")
    assert find_barriers(page) == []


def test_a_phone_shows_everything_without_sideways_scrolling(browser: Browser, server: RunningServer, samples: Path):
    with visit(browser, server.url, viewport=PHONE, has_touch=True, is_mobile=True) as someone:
        page = someone.open()
        someone.read(samples / "receipt.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for selector in ("#viewer-doubt", "#viewer-turn", "#chat-input", "#downloads a"):
            box = page.locator(selector).first.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        assert find_barriers(page) == []
        assert someone.troubles == []


def test_the_keyboard_is_enough(visitor: Visitor) -> None:
    page = visitor.open()
    press_tab_until(page, "[data-sample='receipt.png']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".dz-title:has-text('receipt.png')")
    press_tab_until(page, "[name=tool]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=tool]:checked")).to_have_value("receipt-to-text")
    press_tab_until(page, "#read-button")
    page.keyboard.press("Enter")
    visitor.wait_for_result()
    press_tab_until(page, "#viewer-stage")
    page.keyboard.press("n")
    expect(page.locator(".ov-box.ov-selected")).to_have_count(1)
    press_tab_until(page, "#viewer-lines")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".ov-word.ov-selected")).to_have_count(1)
    page.keyboard.press("e")
    page.keyboard.type("Zauberwort")
    page.keyboard.press("Enter")
    expect(page.locator(".ov-word.corrected")).to_have_text("Zauberwort")
    expect(page.locator("#text textarea")).to_have_value(re.compile("Zauberwort"))


def test_two_people_never_see_each_others_documents(browser: Browser, server: RunningServer, samples: Path) -> None:
    with visit(browser, server.url) as anna, visit(browser, server.url) as boris:
        for someone in (anna, boris):
            someone.open()
            someone.sign_up(new_address())
        anna.read(samples / "receipt.png")
        job = anna.job
        assert anna.fetch(f"/app/jobs/{job}/pages/1/blocks") == 200
        for path in ("pages/1", "pages/1/blocks", "download?format=txt", "chat"):
            assert boris.fetch(f"/app/jobs/{job}/{path}") == 404
        boris.page.click("#tab-documents-button")
        expect(boris.page.locator("#documents")).to_contain_text("Nothing here yet")
        anna.page.click("#tab-documents-button")
        anna.page.locator(f"[data-open='{job}']").wait_for()
        assert anna.troubles == boris.troubles == []


def test_documents_are_opened_again_and_deleted(visitor: Visitor, samples: Path) -> None:
    page = visitor.open()
    visitor.sign_up(new_address())
    visitor.read(samples / "receipt.png")
    receipt = visitor.job
    visitor.read(samples / "letter.png")
    page.click("#tab-documents-button")
    row = page.locator(".dl-table tbody tr", has_text="receipt.png")
    row.locator("[data-open]").click()
    page.wait_for_function("id => sessionStorage.getItem('ocr-chat:job') === id", arg=receipt)
    expect(page.locator("#viewer-lines")).to_contain_text("LINDENHOF")
    page.click("#tab-documents-button")
    page.on("dialog", lambda dialog: dialog.accept())
    row.locator("[data-delete]").click()
    expect(page.locator(".dl-table tbody tr")).to_have_count(1)
    page.click("#tab-read-button")
    expect(page.locator("#viewer-lines")).to_have_count(0)


def test_a_reload_in_the_middle_picks_the_job_up(visitor: Visitor, samples: Path) -> None:
    page = visitor.open()
    page.set_input_files("#file-input", samples / "book-12-pages.pdf")
    page.click("#read-button")
    page.wait_for_function("sessionStorage.getItem('ocr-chat:job')")
    visitor.reload()
    page.wait_for_selector("#downloads a")
    expect(page.locator(".ov-thumb")).to_have_count(12)
    page.locator(".ov-thumb").nth(4).click()
    expect(page.locator(".ov-page-label")).to_have_text("5 / 12")
    expect(page.locator(".ov-word").first).to_be_visible()


def test_signing_out_takes_the_document_off_the_screen(visitor: Visitor, samples: Path) -> None:
    page = visitor.open()
    visitor.sign_up(new_address())
    visitor.read(samples / "receipt.png")
    page.click("#tab-account-button")
    page.click("[data-act='sign-out']")
    page.click("#tab-read-button")
    expect(page.locator("#viewer-lines")).to_have_count(0)
    expect(page.locator("#results")).to_have_count(0)


def test_pages_appear_while_others_are_read_and_the_rest_can_be_cancelled(
    visitor: Visitor, samples: Path, tmp_path: Path
) -> None:
    page = visitor.open()
    page.set_input_files("#file-input", make_long_scan(samples / "letter.png", tmp_path / "scan.pdf", pages=20))
    page.click("#read-button")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "20")
    expect(page.locator(".ov-word").first).to_be_visible()
    expect(page.locator("#results")).to_have_count(0)
    page.click("#cancel-button")
    expect(page.locator("#status")).to_contain_text("Cancelled")
    expect(page.locator("#viewer-lines")).to_have_count(0)
    expect(page.locator("#read-button")).to_be_enabled()


def make_long_scan(picture: Path, target: Path, *, pages: int) -> Path:
    with Image.open(picture) as opened:
        page = opened.convert("L")
    page.save(target, "PDF", save_all=True, append_images=[page] * (pages - 1))
    return target


def test_the_interface_speaks_arabic_from_right_to_left(visitor: Visitor, samples: Path) -> None:
    page = visitor.open("/?lang=ar")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    drop = page.locator("#drop-zone").bounding_box()
    tools = page.locator("#tool").bounding_box()
    assert drop is not None
    assert tools is not None
    assert drop["x"] > tools["x"], "what comes first stands on the right"
    page.click("#more-options button")
    arrow = page.locator("#language .icon-wrap").bounding_box()
    choice = page.locator("#language input").bounding_box()
    assert arrow is not None
    assert choice is not None
    assert arrow["x"] < choice["x"] + choice["width"] / 2, "the arrow does not stand on the words"
    visitor.read(samples / "receipt.png")
    assert visitor.style("#price", "direction") == "rtl"
    assert visitor.style(".ov-line", "direction") == "ltr"
    assert find_barriers(page) == []


def test_the_browser_refuses_to_fetch_from_anywhere_else(browser: Browser, server: RunningServer) -> None:
    with visit(browser, server.url) as someone:
        page = someone.open()
        refused = page.evaluate(
            """() => new Promise((resolve) => {
                document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
                new Image().src = 'http://127.0.0.2:9/pixel.png';
            })"""
        )
        assert refused == "img-src"
