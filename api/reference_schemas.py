"""The error body in the OpenAPI document, with an example a status."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from api.errors import status_of, to_body
from errors import (
    InvalidTokenError,
    JobNotFinishedError,
    JobNotFoundError,
    OcrChatError,
    QueueFullError,
    QuotaExceededError,
    RateLimitedError,
    UnsupportedTypeError,
)


class ErrorWire(BaseModel):
    """Every error of the API. ``used`` and ``cap`` stand at the top level of a 402."""

    model_config = ConfigDict(extra="allow")

    error: str
    code: str
    type: str
    title: str
    status: int
    detail: str
    instance: str


_EXAMPLES: dict[int, OcrChatError] = {
    400: UnsupportedTypeError(),
    401: InvalidTokenError(),
    402: QuotaExceededError(
        "You have used all pages of today.",
        details={
            "used": 50,
            "cap": 50,
            "scope": "anonymous_day",
            "required": 1,
            "resets_at": datetime(2026, 1, 2, tzinfo=UTC),
        },
    ),
    404: JobNotFoundError(),
    409: JobNotFinishedError(),
    429: RateLimitedError(details={"retry_after_s": 12}),
    503: QueueFullError(details={"retry_after_s": 5}),
}


def ERRORS(*statuses: int) -> dict[int | str, dict[str, Any]]:  # noqa: N802 - reads as the table that it is
    """OpenAPI ``responses`` for these statuses."""
    return {status: _describe(_EXAMPLES[status]) for status in statuses}


def _describe(error: OcrChatError) -> dict[str, Any]:
    status = status_of(error)
    example = to_body(error, status, "/api/v1/ocr/")
    return {
        "model": ErrorWire,
        "description": status.phrase,
        "content": {"application/json": {"example": example}},
    }
