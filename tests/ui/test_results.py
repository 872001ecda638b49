"""What the page shows of a result."""

import pytest

from service.job_record import JobState
from tests.ui.views import make_view
from ui.results import MAX_SHOWN_CHARS, hide_results, keep_results, shorten, to_result_updates
from ui.texts import get_texts

TEXTS = get_texts("en")


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
    updates = to_result_updates(make_view(JobState.DONE, text="Some text", tool=tool), TEXTS, "")
    assert updates[2]["selected"] == tab, "a translation that there is not is not shown"


def test_the_format_that_the_tool_is_for_comes_first():
    downloads = to_result_updates(make_view(JobState.DONE, text="Some text", tool="searchable-pdf"), TEXTS, "../")[1]
    first = downloads.index("data-format=")
    assert downloads[first:].startswith('data-format="pdf"')
    assert 'href="../app/jobs/' in downloads


def test_a_job_without_result_leaves_nothing_on_the_page():
    updates = to_result_updates(make_view(JobState.FAILED), TEXTS, "")
    assert updates[0]["visible"] is False
    assert not any(isinstance(update, str) and update for update in updates)


def test_all_ways_to_change_the_panel_have_as_many_parts():
    shown = to_result_updates(make_view(JobState.DONE, text="Some text"), TEXTS, "")
    assert len(shown) == len(hide_results()) == len(keep_results())


def test_megabytes_are_shortened_and_it_is_said():
    shown = shorten("x" * (MAX_SHOWN_CHARS + 1), TEXTS)
    assert len(shown) < MAX_SHOWN_CHARS + 200
    assert "download has everything" in shown
