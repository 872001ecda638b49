"""Routes that work with and without the slash at their end."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter


class SlashRouter(APIRouter):
    """Registers the canonical path (ending in a slash) and, outside the OpenAPI document, the same without.

    A redirect would not do: an app mounted at ``/`` swallows it, and clients turn a redirected POST into a GET.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().add_api_route(path, endpoint, **options)
        bare = path.rstrip("/")
        if path.endswith("/") and bare:
            super().add_api_route(bare, endpoint, **{**options, "include_in_schema": False})
