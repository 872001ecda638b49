"""The viewer in a real browser: correcting words, walking the doubtful ones, and a book of 300 pages."""

import re
import threading
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import Visitor, find_barriers, new_address, visit
from tests.model_server import LONG_TEXT, dribble, serve_model
from tests.server import RunningServer, start_server

BOOK_PAGES = 300

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def replace_word(page: Page, old: str, new: str) -> None:
    page.locator(".ov-word", has_text=old).first.dblclick()
    field = page.locator(".ov-field")
    expect(field).to_have_value(re.compile(old))
    field.fill(new)
    field.press("Enter")
    expect(page.locator(".ov-word.corrected", has_text=new)).to_be_visible()


def read_download(page: Page, name: str, folder: Path) -> str:
    with page.expect_download() as download:
        page.click(f"#downloads a[data-format='{name}']")
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target.read_text(encoding="utf-8")


def test_a_word_is_corrected_taken_away_and_taken_back(visitor: Visitor, samples: Path, tmp_path: Path) -> None:
    page = visitor.open()
    visitor.read(samples / "receipt.png")
    expect(page.locator("#version")).to_have_count(0)
    page.locator(".ov-word", has_text="Butter").dblclick()
    page.locator(".ov-field").fill("Schmalz")
    page.keyboard.press("Escape")
    expect(page.locator(".ov-word", has_text="Butter")).to_be_visible()
    replace_word(page, "Butter", "Margarine")
    expect(page.locator("#text textarea")).to_have_value(re.compile("Margarine"))
    expect(page.locator("#downloads a[data-format=txt]")).to_have_attribute("href", re.compile("version=corrected"))
    assert "Margarine" in read_download(page, "txt", tmp_path)
    replace_word(page, "Apples", "Pears")
    expect(page.locator("#text textarea")).to_have_value(re.compile("Pears"))
    assert "Pears" in read_download(page, "txt", tmp_path), "no older file is given out again"
    page.get_by_role("radio", name="As it was read").check()
    expect(page.locator("#text textarea")).to_have_value(re.compile("Butter"))
    expect(page.locator("#downloads a[data-format=txt]")).not_to_have_attribute("href", re.compile("version="))
    assert "Butter" in read_download(page, "txt", tmp_path)
    visitor.reload()
    expect(page.locator(".ov-word.corrected")).to_have_text(["Margarine", "Pears"])
    for word in ("Margarine", "Pears"):
        page.locator(".ov-word.corrected", has_text=word).click()
        page.click("#viewer-restore")
        expect(page.locator(".ov-word.corrected", has_text=word)).to_have_count(0)
    expect(page.locator("#version")).to_have_count(0)
    expect(page.locator("#text textarea")).to_have_value(re.compile("Butter"))


def blur(picture: Path, target: Path) -> Path:
    """As a bad copy of a page looks: most of it can be read, not all with confidence."""
    with Image.open(picture) as opened:
        width, height = opened.size
        small = opened.convert("L").resize((width * 28 // 100, height * 28 // 100))
    small.filter(ImageFilter.GaussianBlur(0.8)).resize((width, height)).save(target)
    return target


def test_doubtful_words_are_accepted_or_corrected_one_after_the_other(
    visitor: Visitor, samples: Path, tmp_path: Path
) -> None:
    page = visitor.open()
    visitor.read(blur(samples / "letter.png", tmp_path / "copy.png"))
    total = page.locator(".ov-word.low").count()
    assert total >= 2
    label = page.locator(".ov-doubt-label")
    expect(label).to_have_text(f"Doubtful: {total}")
    page.locator("#viewer-lines").focus()
    page.keyboard.press("n")
    first = page.locator(".ov-word.ov-selected").get_attribute("data-key")
    page.keyboard.press("a")
    expect(label).to_have_text(f"Doubtful: {total - 1}")
    expect(page.locator(".ov-word.ov-selected")).not_to_have_attribute("data-key", str(first))
    page.keyboard.press("Enter")
    page.locator(".ov-field").fill("corrected")
    page.keyboard.press("Enter")
    expect(page.locator(".ov-word.corrected")).to_have_text("corrected")
    expect(label).to_have_text(f"Doubtful: {total - 2}" if total > 2 else "No doubtful words")


def test_another_tabs_corrections_are_not_lost(browser: Browser, server: RunningServer, samples: Path) -> None:
    with visit(browser, server.url) as someone:
        page = someone.open()
        someone.sign_up(new_address())
        someone.read(samples / "receipt.png")
        job = someone.job
        other = someone.context.new_page()
        other.goto(someone.url)
        other.evaluate("job => sessionStorage.setItem('ocr-chat:job', job)", job)
        other.reload()
        other.locator(".ov-word", has_text="Apples").wait_for()
        replace_word(page, "Butter", "Margarine")
        replace_word(other, "Apples", "Pears")
        expect(other.locator(".ov-word.corrected")).to_have_text(["Margarine", "Pears"])
        expect(other.locator("#text textarea")).to_have_value(re.compile("Margarine[^$]*Pears"))
        assert someone.troubles == []


def test_a_strangers_correction_is_refused(browser: Browser, server: RunningServer, samples: Path) -> None:
    with visit(browser, server.url) as owner, visit(browser, server.url) as stranger:
        owner.open()
        owner.sign_up(new_address())
        owner.read(samples / "receipt.png")
        job = owner.job
        place = f"{server.url}/app/jobs/{job}/corrections"
        word = {"block": "p1-b1", "piece": 0, "text": "x"}
        assert stranger.context.request.patch(place, data=word).status == 404
        assert stranger.fetch(f"/app/jobs/{job}/doubts") == 404
        foreign = owner.context.request.patch(place, data=word, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status == 401
        assert owner.context.request.patch(place, data=word).status == 200


def make_book(target: Path) -> Path:
    """Pages of text, so that reading them costs next to nothing."""
    pdf = FPDF()
    pdf.set_font("helvetica", size=11)
    for number in range(1, BOOK_PAGES + 1):
        pdf.add_page()
        pdf.multi_cell(0, 6, f"Chapter {number}. " + f"A brown fox reads page {number} aloud to a lazy dog. " * 30)
    pdf.output(str(target))
    return target


def test_a_book_of_300_pages_holds_one_page_at_a_time(browser: Browser, tmp_path: Path) -> None:
    with (
        start_server(tmp_path / "book", ANONYMOUS_MAX_PAGES="300") as server,
        visit(browser, server.url) as someone,
    ):
        page = someone.open()
        page.set_default_timeout(240_000)
        page.set_input_files("#file-input", make_book(tmp_path / "book.pdf"))
        page.click("#read-button")
        page.wait_for_selector("#downloads a")
        expect(page.locator(".ov-thumb")).to_have_count(BOOK_PAGES)
        lines = page.locator("#viewer-lines")
        for number in (150, 299, 7):
            page.locator(f".ov-thumb[data-page='{number}']").evaluate("thumb => thumb.click()")
            expect(lines).to_contain_text(f"Chapter {number}.")
            expect(page.locator(f".ov-thumb[data-page='{number}']")).to_be_in_viewport()
        lines.focus()
        page.keyboard.press("PageDown")
        expect(lines).to_contain_text("Chapter 8.")
        assert page.evaluate("document.querySelectorAll('*').length") < 6000
        loaded = page.evaluate("[...document.querySelectorAll('.ov-thumb img')].filter(image => image.src).length")
        assert loaded < BOOK_PAGES / 3, "pictures of pages that nobody sees are not fetched"
        shown = page.locator("#text textarea")
        expect(shown).to_have_value(re.compile("Chapter 10\\."))
        assert "Chapter 11." not in shown.input_value()
        page.locator("#first-page input").click()
        page.get_by_role("option", name="Pages 291–300").click()
        expect(shown).to_have_value(re.compile("Chapter 300\\."))
        assert someone.troubles == []


def test_a_page_s_text_appears_while_a_model_reads_it(browser: Browser, samples: Path, tmp_path: Path) -> None:
    hurry = threading.Event()
    with (
        serve_model(lambda _: dribble(LONG_TEXT, hurry)) as model,
        start_server(tmp_path / "vlm", VLM_URL=model.url, VLM_PROFILE="instruct", VLM_PAGE_S="300") as server,
        visit(browser, server.url) as someone,
    ):
        page = someone.open()
        page.locator("#tier").get_by_role("radio").nth(1).check()
        page.set_input_files("#file-input", samples / "receipt.png")
        page.click("#read-button")
        draft = page.locator("#viewer-lines .ov-draft")
        expect(draft).to_contain_text(LONG_TEXT[:20])
        first = draft.inner_text()
        expect(draft).to_contain_text(LONG_TEXT[: len(first) + 1])
        assert find_barriers(page) == []
        hurry.set()
        expect(page.locator("#text textarea")).to_have_value(LONG_TEXT)
        expect(page.locator("#viewer-lines .ov-word").first).to_be_visible()
        expect(draft).to_have_count(0)
        assert someone.troubles == []
