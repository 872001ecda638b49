"""Document <-> versioned JSON, the one form in which a result is stored."""

import json

from pydantic import TypeAdapter, ValidationError

from pipeline.document import Document, Page

SCHEMA_VERSION = 1

_DOCUMENT = TypeAdapter(Document)
_PAGE = TypeAdapter(Page)


class DocumentVersionError(ValueError):
    """The JSON was written by a newer program than this one, or is not a document at all."""


def to_json(document: Document) -> bytes:
    """UTF-8 JSON. ``from_json(to_json(d)) == d`` for every document without lone surrogates."""
    return _DOCUMENT.dump_json(document)


def from_json(data: bytes) -> Document:
    """Raises DocumentVersionError when the schema version is unknown or the content does not fit it."""
    try:
        document = _DOCUMENT.validate_json(data)
    except ValidationError as error:
        raise _explain(data) from error
    if document.schema_version != SCHEMA_VERSION:
        raise _explain(data)
    return document


def _explain(data: bytes) -> DocumentVersionError:
    """Why this is no document; only here the JSON is parsed a second time."""
    try:
        version = json.loads(data).get("schema_version")
    except (ValueError, AttributeError):
        return DocumentVersionError("not a document")
    if version == SCHEMA_VERSION:
        return DocumentVersionError("not a document")
    return DocumentVersionError(f"schema version {version}, this program reads {SCHEMA_VERSION}")


def page_to_json(page: Page) -> bytes:
    return _PAGE.dump_json(page)


def page_from_json(data: bytes) -> Page:
    """Raises DocumentVersionError when the content is not a page."""
    try:
        return _PAGE.validate_json(data)
    except ValidationError as error:
        raise DocumentVersionError("not a page") from error
