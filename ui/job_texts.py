"""Sentences about jobs, prices and errors, in the visitor's language; as HTML, everything escaped."""

import html
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from errors import OcrChatError, QuotaExceededError
from pipeline.document import Document
from service.job_record import JobState
from service.job_views import Estimate, JobView
from service.reference import find_language_name
from ui.sentences import translate_sentence
from ui.texts import Texts


def describe_status(view: JobView, texts: Texts) -> str:
    """What the job does now, with a bar while it works and the notices that the reader should know."""
    record = view.record
    done, total = view.progress
    match record.state:
        case JobState.PENDING:
            return _working(texts("status.pending", position=view.queue_position or 1), done, total)
        case JobState.PROCESSING:
            return _working(texts("status.processing", next=min(done + 1, total), total=total), done, total)
        case JobState.DONE:
            name = f'<p class="app-document" dir="auto">{html.escape(record.source_name)}</p>'
            return f"{name}<p>{html.escape(_describe_result(view, texts))}</p>{_notices(view, texts)}"
        case JobState.CANCELLED:
            return f'<p class="app-notice">{html.escape(texts("status.cancelled"))}</p>'
        case JobState.FAILED:
            message = translate_sentence(record.error_message or "", texts) or texts("error.unexpected")
            sentence = texts("status.failed", message=message)
            return f'<div class="app-error" role="alert">{html.escape(sentence)}</div>'


def describe_price(estimate: Estimate, texts: Texts) -> str:
    """The price of a page and what is left, before anything is pressed."""
    usage = estimate.usage
    if usage.cap is None:
        return _price(texts("price.free"))
    parts = [texts("price.page", credits=estimate.cost)]
    if usage.resets_at is None:
        parts.append(texts("price.left.credits", remaining=usage.remaining, cap=usage.cap))
    else:
        date = describe_time(usage.resets_at)
        parts.append(texts("price.left", remaining=usage.remaining, cap=usage.cap, date=date))
    return _price(" · ".join(parts))


def describe_error(error: OcrChatError, texts: Texts) -> str:
    """One sentence or more for a visitor."""
    if isinstance(error, QuotaExceededError):
        return describe_quota(error.details, texts)
    return translate_sentence(str(error), texts)


def describe_quota(problem: Mapping[str, Any], texts: Texts) -> str:
    """What is used of what, when it comes back, and what helps at once. ``problem``: the 402's members."""
    used, cap = problem["used"], problem["cap"]
    sentences = [
        texts("error.quota.needed", required=problem["required"], remaining=max(0, cap - used)),
        texts("error.quota.used", used=used, cap=cap),
    ]
    resets_at = problem.get("resets_at")
    if resets_at:
        moment = resets_at if isinstance(resets_at, datetime) else datetime.fromisoformat(resets_at)
        sentences.append(texts("error.quota.reset", date=describe_time(moment)))
    return " ".join([*sentences, texts("error.quota.help")])


def describe_time(moment: datetime) -> str:
    """UTC, in the order that every language reads the same way."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _price(text: str) -> str:
    return f'<p class="app-price">{html.escape(text)}</p>'


def _working(sentence: str, done: int, total: int) -> str:
    percent = 100 * done // max(1, total)
    bar = (
        f'<div class="app-progress" role="progressbar" aria-label="{html.escape(sentence)}" '
        f'aria-valuenow="{done}" aria-valuemin="0" aria-valuemax="{total}">'
        f'<div style="width:{percent}%"></div></div>'
    )
    return f'<p aria-live="polite">{html.escape(sentence)}</p>{bar}'


def _describe_result(view: JobView, texts: Texts) -> str:
    document = view.document
    if document is None:
        return ""
    engines = ", ".join(dict.fromkeys(page.engine for page in document.pages))
    key = "status.done.one" if len(document.pages) == 1 else "status.done"
    sentences = [texts(key, total=len(document.pages), engine=engines), *_findings(document, texts)]
    if view.record.expires_at:
        sentences.append(texts("status.expires", date=describe_time(view.record.expires_at)))
    return " ".join(sentences)


def _findings(document: Document, texts: Texts) -> list[str]:
    found = []
    if document.detected_language:
        found.append(texts("status.language", language=find_language_name(document.detected_language)))
    if document.mean_confidence is not None:
        found.append(texts("status.confidence", percent=round(100 * document.mean_confidence)))
    return found


def _notices(view: JobView, texts: Texts) -> str:
    notices = (translate_sentence(notice, texts) for notice in view.notices)
    return "".join(f'<p class="app-notice" dir="auto">{html.escape(notice)}</p>' for notice in notices)
