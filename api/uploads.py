"""Reading the multipart form of ``POST /api/v1/ocr/``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

from errors import InvalidFieldError, InvalidInputError, NoFileError
from pipeline.options import OcrOptions
from pipeline.requested_options import parse_options

MAX_FIELDS = 30
UNTITLED = "document"


@dataclass(frozen=True, slots=True)
class UploadForm:
    """``content`` is open only inside :func:`open_upload_form`; ``retain`` is false when nothing may be kept."""

    content: BinaryIO
    file_name: str
    options: OcrOptions
    retain: bool


# Written by hand because the form is read by hand: that keeps every error in our own words.
FORM_SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "The image or PDF: PNG, JPG, WEBP, GIF, BMP, TIFF or PDF.",
                        },
                        "tier": {
                            "type": "string",
                            "enum": ["cpu", "vlm"],
                            "default": "cpu",
                            "description": "`cpu`: fast, printed. `vlm`: handwriting, layout, math, translation.",
                        },
                        "language": {
                            "type": "string",
                            "default": "auto",
                            "description": "`auto` or a code of `GET /api/v1/languages/` (en, ch, ja, ar, ...).",
                            "examples": ["auto", "en", "ch"],
                        },
                        "tool": {
                            "type": "string",
                            "description": "A preset of `GET /api/v1/tools/`.",
                            "examples": ["extract-tables"],
                        },
                        "translate_to": {
                            "type": "string",
                            "description": "Target language; alone it means `tool=translate`.",
                            "examples": ["es"],
                        },
                        "pages": {
                            "type": "string",
                            "description": "Only these pages, counted from 1: `3` or `2-5`.",
                            "examples": ["2-5"],
                        },
                        "schema": {
                            "type": "string",
                            "description": "JSON schema, an object with properties: the values come back as `fields`.",
                            "examples": ['{"type": "object", "properties": {"total": {"type": "number"}}}'],
                        },
                        "retain": {
                            "type": "boolean",
                            "default": True,
                            "description": "`false`: the result is deleted as soon as it has been delivered.",
                        },
                    },
                }
            }
        },
    }
}


@asynccontextmanager
async def open_upload_form(request: Request) -> AsyncIterator[UploadForm]:
    """The checked form. Raises NoFileError or another InvalidInputError; the file's own check comes later."""
    form = await _parse(request)
    try:
        yield _to_upload_form(form)
    finally:
        await form.close()


async def _parse(request: Request) -> FormData:
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        raise NoFileError()
    try:
        return await request.form(max_files=5, max_fields=MAX_FIELDS)
    except ClientDisconnect:
        raise InvalidInputError("The upload broke off.") from None
    except MultiPartException as error:
        raise InvalidInputError(f"The form can't be read: {error.message.rstrip('.')}.") from None


def _to_upload_form(form: FormData) -> UploadForm:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise NoFileError()
    fields = {name: _read_text(form, name) for name in ("tier", "language", "tool", "translate_to", "pages", "schema")}
    return UploadForm(
        content=file.file,
        file_name=file.filename or UNTITLED,
        options=parse_options(**fields),
        retain=_read_flag(form, "retain", default=True),
    )


def _read_text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidFieldError(f"Field '{name}' must be text, not a file.", details={"field": name})


def _read_flag(form: FormData, name: str, *, default: bool) -> bool:
    value = (_read_text(form, name) or "").strip().lower()
    if not value:
        return default
    if value in ("true", "1", "yes", "on"):
        return True
    if value in ("false", "0", "no", "off"):
        return False
    raise InvalidFieldError(f"Field '{name}' must be true or false.", details={"field": name})
