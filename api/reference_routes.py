"""What this server can do: tools, languages, formats, engines, translators."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.callers import ServicesDep
from api.slash_router import SlashRouter
from errors import NotFoundError
from service.reference import list_formats, list_languages, list_tools

router = SlashRouter(prefix="/api/v1", tags=["reference"])


@router.get("/tools/", summary="The tools")
async def tools() -> JSONResponse:
    """Every `tool` slug with what it sets and a sample call."""
    return _cached(list_tools())


@router.get("/languages/", summary="The languages")
async def languages() -> JSONResponse:
    """Every language code, its names and the aliases that are accepted."""
    return _cached(list_languages())


@router.get("/formats/", summary="The download formats")
async def formats() -> JSONResponse:
    return _cached(list_formats())


@router.get("/engines/", summary="The engines")
async def engines(services: ServicesDep) -> JSONResponse:
    """What reads the pages of each tier here, its licence, and what stands in for it."""
    return JSONResponse(services.abilities.list_engines())


@router.get("/translations/", summary="The translators")
async def translations(services: ServicesDep) -> JSONResponse:
    """Which languages `translate_to` may name here, and who translates; empty where nobody does."""
    return JSONResponse(await run_in_threadpool(services.abilities.list_translators))


unknown_router = APIRouter(include_in_schema=False)


@unknown_router.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def unknown(path: str) -> None:  # noqa: ARG001 - whatever it is
    """What no route takes would fall to the app at ``/``, whose errors have another shape."""
    raise NotFoundError


def _cached(body: Any) -> JSONResponse:
    return JSONResponse(body, headers={"Cache-Control": "public, max-age=3600"})
