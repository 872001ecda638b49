"""Sentences that a visitor reads; everything from outside is escaped."""

from dataclasses import replace
from datetime import UTC, datetime

from errors import BrokenFileError, QuotaExceededError
from service.job_record import JobState
from tests.ui.views import make_view
from ui.job_texts import describe_error, describe_status
from ui.texts import get_texts

TEXTS = get_texts("en")


def test_a_limit_says_what_is_used_of_what_and_when_there_is_more():
    error = QuotaExceededError(
        "This needs 2 credits; you have 1 of 10 left today.",
        details={"used": 9, "cap": 10, "required": 2, "resets_at": datetime(2026, 3, 1, tzinfo=UTC)},
    )
    said = describe_error(error, TEXTS)
    assert "9 of 10" in said
    assert "2026-03-01 00:00 UTC" in said
    assert "Account" in said


def test_credits_that_never_come_back_have_no_date():
    error = QuotaExceededError("No credits.", details={"used": 5, "cap": 5, "required": 1, "resets_at": None})
    assert "None" not in describe_error(error, TEXTS)


def test_any_other_error_is_its_own_sentence():
    error = BrokenFileError()
    assert describe_error(error, TEXTS) == str(error)


def test_a_waiting_job_says_its_place():
    view = replace(make_view(JobState.PENDING), queue_position=4)
    assert "place 4" in describe_status(view, TEXTS)


def test_a_working_job_says_which_page_and_shows_a_bar():
    shown = describe_status(make_view(JobState.PROCESSING, pages=5, pages_done=2), TEXTS)
    assert "page 3 of 5" in shown
    assert 'aria-valuenow="2"' in shown
    assert "width:40%" in shown


def test_what_a_failure_says_cannot_be_markup():
    shown = describe_status(make_view(JobState.FAILED, error_message="<script>alert(1)</script>"), TEXTS)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
