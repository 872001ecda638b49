"""The one error shape of the API and the one place where an error becomes an HTTP status.

Every error body is ``{"error": sentence, "code": snake_case, ...}`` with the members of RFC 9457 beside them
(``type``, ``title``, ``status``, ``detail``, ``instance``) and the error's own details at the top level.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.rate_limit import to_rate_headers
from errors import (
    AuthenticationError,
    ConflictError,
    FileTooLargeError,
    InvalidFieldError,
    InvalidInputError,
    NotFoundError,
    OcrChatError,
    QuotaExceededError,
    RateLimitedError,
    UnavailableError,
)
from service.logs import ALREADY_LOGGED
from service.outages import DATABASE_OUTAGES

STATUSES: Mapping[type[OcrChatError], HTTPStatus] = {
    InvalidInputError: HTTPStatus.BAD_REQUEST,
    AuthenticationError: HTTPStatus.UNAUTHORIZED,
    QuotaExceededError: HTTPStatus.PAYMENT_REQUIRED,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
PROBLEM_TYPE = "urn:ocr-chat:error:"
_OUTAGE_RETRY_S = 5

_log = structlog.get_logger(__name__)


def status_of(error: OcrChatError) -> HTTPStatus:
    """The status of the error's branch; 500 for one that no door should ever see."""
    for branch, status in STATUSES.items():
        if isinstance(error, branch):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def to_body(error: OcrChatError, status: HTTPStatus, instance: str) -> dict[str, Any]:
    sentence = str(error)
    own = {name: value for name, value in error.details.items() if name != "retry_after_s"}
    problem = {
        "error": sentence,
        "code": error.code,
        "type": PROBLEM_TYPE + error.code,
        "title": status.phrase,
        "status": int(status),
        "detail": sentence,
        "instance": instance,
    }
    return {**jsonable_encoder(own, custom_encoder={datetime: datetime.isoformat}), **problem}


def to_headers(error: OcrChatError, status: HTTPStatus) -> dict[str, str]:
    headers = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    retry_after_s = error.details.get("retry_after_s")
    if retry_after_s is None and status is HTTPStatus.SERVICE_UNAVAILABLE and error.code == "queue_full":
        retry_after_s = 5
    if retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    if isinstance(error, RateLimitedError) and "limit" in error.details:
        told = error.details
        headers |= to_rate_headers(told["limit"], told["window_s"], 0, math.ceil(told["retry_after_s"]))
    return headers


def to_response(error: OcrChatError, instance: str) -> JSONResponse:
    status = status_of(error)
    return JSONResponse(to_body(error, status, instance), status_code=status, headers=to_headers(error, status))


def install(application: FastAPI) -> None:
    """Let every error that a route raises leave in the one shape."""
    application.add_exception_handler(OcrChatError, _on_known_error)
    application.add_exception_handler(RequestValidationError, _on_invalid_field)
    application.add_exception_handler(HTTPException, _on_http_error)
    for kind in DATABASE_OUTAGES:
        application.add_exception_handler(kind, _on_outage)
    application.add_exception_handler(Exception, _on_unknown_error)


async def _on_known_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OcrChatError)
    return to_response(error, request.url.path)


async def _on_invalid_field(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return to_response(to_field_error(error), request.url.path)


def to_field_error(error: RequestValidationError) -> InvalidFieldError:
    """One sentence about the first wrong field, never echoing its value."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    if first["type"] == "json_invalid":
        return InvalidFieldError("The body is not valid JSON.")
    if not place:
        return InvalidFieldError("The body must be a JSON object.", details={"field": "body"})
    field = ".".join(place)
    return InvalidFieldError(
        f"Field '{field}': {first['msg'].removeprefix('Value error, ')}.", details={"field": field}
    )


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return to_response(FileTooLargeError(), request.url.path)
    if status is HTTPStatus.NOT_FOUND:
        return to_response(NotFoundError(), request.url.path)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers.get("allow") or headers.get("Allow", "")
        known = OcrChatError(f"This address does not take {request.method}.", remedy=allowed and f"It takes {allowed}.")
    else:
        known = OcrChatError(str(error.detail))
    body = to_body(known, status, request.url.path)
    body["code"] = status.name.lower()
    body["type"] = PROBLEM_TYPE + body["code"]
    return JSONResponse(body, status_code=status, headers=headers)


async def _on_outage(request: Request, error: Exception) -> JSONResponse:
    return to_response(note_outage(error, request.url.path), request.url.path)


def note_outage(error: Exception, path: str) -> UnavailableError:
    """What the caller learns of one of ``DATABASE_OUTAGES``; the rest goes to the log."""
    _log.error("database_unavailable", path=path, error_type=type(error).__name__, exc_info=error)
    return UnavailableError(details={"retry_after_s": _OUTAGE_RETRY_S})


async def _on_unknown_error(request: Request, error: Exception) -> JSONResponse:
    # The traceback goes to the log; the caller learns nothing about our insides.
    _log.error("request_failed", path=request.url.path, error_type=type(error).__name__, exc_info=error)
    error.add_note(ALREADY_LOGGED)  # Starlette hands it on to uvicorn
    return to_response(OcrChatError(), request.url.path)
