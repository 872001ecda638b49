"""What the page shows of a result."""

from dataclasses import replace

import pytest

from pipeline.document import Translation
from service.job_record import JobState
from tests.ui.views import make_view
from ui.results import (
    CORRECTED,
    MAX_SHOWN_CHARS,
    PAGES_SHOWN,
    Shown,
    hide_contents,
    hide_results,
    keep_results,
    shorten,
    to_content_updates,
    to_result_updates,
)
from ui.texts import get_texts

TEXTS = get_texts("en")


def show(state=JobState.DONE, **fields) -> Shown:
    return Shown(make_view(state, **fields), 1)


@pytest.mark.parametrize(
    ("tool", "tab"),
    [
        (None, "text"),
        ("searchable-pdf", "text"),
        ("invoice-to-text", "formatted"),
        ("extract-tables", "tables"),
        ("translate", "text"),
    ],
)
def test_the_view_that_the_tool_is_for_stands_in_front(tool, tab):
    updates = to_result_updates(show(text="Some text", tool=tool), TEXTS, "")
    assert updates[1]["selected"] == tab, "a translation that there is not is not shown"


def test_the_format_that_the_tool_is_for_comes_first():
    downloads = to_content_updates(show(text="Some text", tool="searchable-pdf"), TEXTS, "../")[0]
    first = downloads.index("data-format=")
    assert downloads[first:].startswith('data-format="pdf"')
    assert 'href="../app/jobs/' in downloads


def test_a_job_without_result_leaves_nothing_on_the_page():
    updates = to_result_updates(show(JobState.FAILED), TEXTS, "")
    assert updates[0]["visible"] is False
    assert not any(isinstance(update, str) and update for update in updates)


def test_all_ways_to_change_the_panel_have_as_many_parts():
    updates = to_result_updates(show(text="Some text"), TEXTS, "")
    assert len(updates) == len(hide_results()) == len(keep_results())
    assert len(to_content_updates(show(text="Some text"), TEXTS, "")) == len(hide_contents())


def test_a_book_is_shown_some_pages_at_a_time():
    shown = Shown(make_view(JobState.DONE, pages=300, text="Page text"), 291)
    assert shown.page_range == "291-300"
    assert [page.number for page in shown.document.pages] == list(range(291, 301))
    offered = to_content_updates(shown, TEXTS, "")[2]
    assert offered["visible"]
    assert offered["value"] == 291
    assert [first for _, first in offered["choices"]] == list(range(1, 301, PAGES_SHOWN))
    assert offered["choices"][-1][0] == "Pages 291–300"
    assert Shown(make_view(JobState.DONE, pages=10, text="x"), 1).page_range is None


def test_the_version_on_show_is_the_one_to_take_away():
    view = make_view(JobState.DONE, text="Some text")
    downloads, version = to_content_updates(Shown(view, 1, CORRECTED, has_corrections=True), TEXTS, "")[:2]
    assert "version=corrected" in downloads
    assert (version["visible"], version["value"]) == (True, CORRECTED)
    downloads, version = to_content_updates(Shown(view, 1), TEXTS, "")[:2]
    assert "version=" not in downloads
    assert version["visible"] is False


def test_a_translation_stands_beside_its_text():
    view = make_view(JobState.DONE, text="Guten <Tag>")
    document = view.document
    assert document
    block = replace(document.pages[0].blocks[0], text="Good <day>")
    translation = Translation("en", (replace(document.pages[0], blocks=(block,)),))
    shown = Shown(replace(view, document=replace(document, translation=translation)), 1)
    *_, tab, drawn = to_content_updates(shown, TEXTS, "")
    assert tab["visible"]
    assert '<div dir="auto">Guten &lt;Tag&gt;</div><div dir="auto" lang="en">Good &lt;day&gt;</div>' in drawn
    assert "format=docx&amp;translation=true" in drawn


def test_megabytes_are_shortened_and_it_is_said():
    shown = shorten("x" * (MAX_SHOWN_CHARS + 1), TEXTS)
    assert len(shown) < MAX_SHOWN_CHARS + 200
    assert "download has everything" in shown
