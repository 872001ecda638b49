"""Every error that ocr-chat raises on purpose.

An error has a ``code`` (stable, snake_case, part of the API), a ``message`` (one short sentence for the person who
meets it) and a ``remedy`` (what to do next, may be empty). ``details`` holds further machine-readable members, such
as ``used`` and ``cap``. Doors turn the *branch* into an HTTP status or a toast; nothing inside knows about HTTP.

OcrChatError
├── InvalidInputError            the request can't be right, whoever sends it              (400)
│   ├── NoFileError
│   ├── EmptyFileError
│   ├── UnsupportedTypeError
│   ├── FileTooLargeError
│   ├── BrokenFileError
│   ├── EncryptedFileError
│   ├── PageTooLargeError
│   ├── TooManyPagesError
│   ├── UnknownTierError
│   ├── UnknownLanguageError
│   ├── UnknownToolError
│   ├── UnknownFormatError
│   └── InvalidFieldError
├── AuthenticationError          who are you?                                              (401)
│   ├── MissingTokenError
│   ├── InvalidTokenError
│   ├── ConflictingTokensError
│   └── WrongPasswordError
├── QuotaExceededError           out of pages or credits                                   (402)
├── NotFoundError                no such thing, or not yours                               (404)
│   ├── JobNotFoundError
│   └── PageNotFoundError
├── ConflictError                not now                                                   (409)
│   ├── JobNotFinishedError
│   ├── JobFailedError
│   ├── JobCancelledError
│   ├── SourceNotKeptError
│   ├── EmailTakenError
│   └── IdempotencyConflictError
├── RateLimitedError             too many requests a minute                                (429)
├── UnavailableError             this server can't do it, or not at the moment             (503)
│   ├── QueueFullError
│   ├── EngineUnavailableError
│   └── TranslationUnavailableError
└── ReadingError                 one page could not be read; becomes a page error, never a response
    ├── EngineFailedError
    ├── PageTimeoutError
    └── PageCrashedError
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class OcrChatError(Exception):
    """Base of the tree. ``str(error)`` is the message followed by the remedy."""

    code: ClassVar[str] = "internal_error"
    default_message: ClassVar[str] = "Something went wrong on the server."
    default_remedy: ClassVar[str] = ""

    def __init__(
        self,
        message: str | None = None,
        *,
        remedy: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.remedy = self.default_remedy if remedy is None else remedy
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders (page workers); Exception's own pickling drops keyword arguments.
        return _rebuild_error, (type(self), self.message, self.remedy, self.details)


def _rebuild_error(kind: type[OcrChatError], message: str, remedy: str, details: dict[str, Any]) -> OcrChatError:
    return kind(message, remedy=remedy, details=details)


class InvalidInputError(OcrChatError):
    code = "invalid_input"
    default_message = "The request is not valid."


class NoFileError(InvalidInputError):
    code = "no_file"
    default_message = "No file was sent."
    default_remedy = "Send it as the multipart form field 'file'."


class EmptyFileError(InvalidInputError):
    code = "empty_file"
    default_message = "The file is empty (0 bytes)."


class UnsupportedTypeError(InvalidInputError):
    code = "unsupported_type"
    default_message = "This file type is not supported."
    default_remedy = "Send a PNG, JPG, WEBP, GIF, BMP, TIFF or PDF."


class FileTooLargeError(InvalidInputError):
    code = "file_too_large"
    default_message = "The file is too large."


class BrokenFileError(InvalidInputError):
    code = "broken_file"
    default_message = "The file is damaged and can't be opened."
    default_remedy = "Open it on your computer, save it again and retry."


class EncryptedFileError(InvalidInputError):
    code = "encrypted_file"
    default_message = "The PDF is protected with a password."
    default_remedy = "Remove the password and send it again."


class PageTooLargeError(InvalidInputError):
    code = "page_too_large"
    default_message = "A page of the file is too large to be read."


class TooManyPagesError(InvalidInputError):
    code = "too_many_pages"
    default_message = "The file has more pages than your plan allows."


class UnknownTierError(InvalidInputError):
    code = "unknown_tier"
    default_message = "Unknown tier."
    default_remedy = "Use 'cpu' or 'vlm'."


class UnknownLanguageError(InvalidInputError):
    code = "unknown_language"
    default_message = "Unknown language."
    default_remedy = "Use 'auto' or a code from GET /api/v1/languages/."


class UnknownToolError(InvalidInputError):
    code = "unknown_tool"
    default_message = "Unknown tool."
    default_remedy = "GET /api/v1/tools/ lists the tools."


class UnknownFormatError(InvalidInputError):
    code = "unknown_format"
    default_message = "Unknown download format."


class InvalidFieldError(InvalidInputError):
    code = "invalid_field"
    default_message = "A field has a value that is not allowed."


class AuthenticationError(OcrChatError):
    code = "unauthorized"
    default_message = "This needs a valid API token."


class MissingTokenError(AuthenticationError):
    code = "missing_token"
    default_message = "This needs an API token."
    default_remedy = "Send it as 'Authorization: Bearer YOUR_API_TOKEN'; your account page shows it."


class InvalidTokenError(AuthenticationError):
    code = "invalid_token"
    default_message = "The API token is not valid."
    default_remedy = "Copy it again from your account page."


class ConflictingTokensError(AuthenticationError):
    code = "conflicting_tokens"
    default_message = "The header and the query parameter carry two different tokens."
    default_remedy = "Send one of them."


class WrongPasswordError(AuthenticationError):
    code = "wrong_password"
    default_message = "Email or password is wrong."


class QuotaExceededError(OcrChatError):
    """``details`` always has ``used``, ``cap``, ``scope``, ``required``; ``resets_at`` is a UTC time or None."""

    code = "quota_exceeded"
    default_message = "You have no pages left."


class NotFoundError(OcrChatError):
    code = "not_found"
    default_message = "There is nothing here."


class JobNotFoundError(NotFoundError):
    code = "job_not_found"
    default_message = "There is no such job."
    default_remedy = "Check the id; results are deleted when their time is over."


class PageNotFoundError(NotFoundError):
    code = "page_not_found"
    default_message = "The document has no such page."


class ConflictError(OcrChatError):
    code = "conflict"
    default_message = "This can't be done in the present state."


class JobNotFinishedError(ConflictError):
    code = "job_not_finished"
    default_message = "The job has not finished yet."
    default_remedy = "Poll the job until its status is 'done'."


class JobFailedError(ConflictError):
    code = "job_failed"
    default_message = "The job failed, so there is no result."


class JobCancelledError(ConflictError):
    code = "job_cancelled"
    default_message = "The job was cancelled, so there is no result."


class SourceNotKeptError(ConflictError):
    code = "source_not_kept"
    default_message = "The original pages of this job were not kept, so it has no searchable PDF."
    default_remedy = "Download another format, or send the file again and let its result be kept."


class EmailTakenError(ConflictError):
    code = "email_taken"
    default_message = "There is an account with this email address already."
    default_remedy = "Sign in instead."


class IdempotencyConflictError(ConflictError):
    code = "idempotency_conflict"
    default_message = "This Idempotency-Key was used for a different request."


class RateLimitedError(OcrChatError):
    """``details`` has ``retry_after_s`` (whole seconds)."""

    code = "rate_limited"
    default_message = "Too many requests."
    default_remedy = "Wait a moment and try again."


class UnavailableError(OcrChatError):
    """``details`` may have ``retry_after_s`` (whole seconds)."""

    code = "unavailable"
    default_message = "The server can't do this at the moment."


class QueueFullError(UnavailableError):
    code = "queue_full"
    default_message = "The server has more work than it can hold."
    default_remedy = "Try again in a moment; nothing was charged."


class StorageUnavailableError(UnavailableError, OSError):
    code = "storage_unavailable"
    default_message = "The storage of files can't be reached."
    default_remedy = "Try again in a moment; nothing was charged."


class EngineUnavailableError(UnavailableError):
    code = "engine_unavailable"
    default_message = "The engine asked for can't run on this server."


class TranslationUnavailableError(UnavailableError):
    code = "translation_unavailable"
    default_message = "This server has no translator for this pair of languages."


class ChatUnavailableError(UnavailableError):
    code = "chat_unavailable"
    default_message = "Questions can't be answered at the moment."


class ReadingError(OcrChatError):
    code = "page_failed"
    default_message = "The page could not be read."


class EngineFailedError(ReadingError):
    code = "engine_failed"
    default_message = "The engine failed on this page."


class PageTimeoutError(ReadingError):
    code = "page_timeout"
    default_message = "Reading this page took too long."


class PageCrashedError(ReadingError):
    code = "page_crashed"
    default_message = "The process that read this page died."
