"""The OpenAPI document, made to say what really happens: our 400 where FastAPI writes its 422, and how to sign in."""

from typing import Any

from fastapi import FastAPI

from api.reference_schemas import ERRORS
from service.reference import list_formats

_METHODS = ("get", "post", "put", "patch", "delete")
_UNUSED_SCHEMAS = ("HTTPValidationError", "ValidationError")
_ZIP = "application/zip"
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API token of your account page."},
    "query": {"type": "apiKey", "in": "query", "name": "api_token", "description": "The same token in the address."},
}
# Without a token the caller is anonymous, which is enough below /ocr/ unless ALLOW_ANONYMOUS=false.
_SECURITY: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"query": []}]


def install(application: FastAPI) -> None:
    """Replace the application's own document by the corrected one."""
    make = application.openapi

    def openapi() -> dict[str, Any]:
        if application.openapi_schema is None:
            application.openapi_schema = _correct(make())
        return application.openapi_schema

    application.openapi = openapi  # type: ignore[method-assign]


def _correct(document: dict[str, Any]) -> dict[str, Any]:
    for path, operations in document["paths"].items():
        for operation in (operations[method] for method in _METHODS if method in operations):
            _correct_responses(operation["responses"])
            if path.startswith("/api/"):
                operation["security"] = _SECURITY
    download = document["paths"]["/api/v1/ocr/{uuid}/download/"]["get"]["responses"]["200"]
    types = {entry["media_type"].split(";")[0] for entry in list_formats()} | {_ZIP}
    download["content"] = {name: {} for name in sorted(types)}
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SECURITY_SCHEMES
    for name in _UNUSED_SCHEMAS:
        components.get("schemas", {}).pop(name, None)
    return document


def _correct_responses(responses: dict[str, Any]) -> None:
    """A field that can't be is a 400 in the one shape, never a 422."""
    if responses.pop("422", None) is None or "400" in responses:
        return
    described = ERRORS(400)[400]
    content = {"schema": {"$ref": "#/components/schemas/ErrorWire"}, **described["content"]["application/json"]}
    responses["400"] = {"description": described["description"], "content": {"application/json": content}}
