"""For those who run the server: alive, ready, metrics."""

import hmac

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from api.callers import ServicesDep
from errors import InvalidTokenError

router = APIRouter(tags=["operations"])


# Load balancers and monitors often ask with HEAD.
@router.head("/livez", include_in_schema=False)
@router.get("/livez", summary="Is the process all right?")
async def livez(services: ServicesDep) -> JSONResponse:
    """503 when the loop that works on jobs has died: time to restart the process."""
    alive = services.is_alive()
    return JSONResponse({"status": "ok" if alive else "dead"}, status_code=200 if alive else 503)


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Can it take work?")
async def readyz(services: ServicesDep) -> JSONResponse:
    """503 while the database or the storage can't be reached; each check is named."""
    checks = await run_in_threadpool(services.check_readiness)
    ready = all(problem is None for problem in checks.values())
    return JSONResponse(
        {
            "status": "ready" if ready else "not ready",
            "checks": {name: problem or "ok" for name, problem in checks.items()},
        },
        status_code=200 if ready else 503,
    )


@router.get("/metrics", response_class=PlainTextResponse, summary="Prometheus metrics")
async def metrics(request: Request, services: ServicesDep) -> Response:
    """Open unless `METRICS_TOKEN` is set."""
    wanted = services.settings.server.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if wanted and not hmac.compare_digest(given.encode(), wanted.encode()):
        raise InvalidTokenError("The metrics need the token of METRICS_TOKEN.")
    body, media_type = await run_in_threadpool(services.render_metrics)
    return Response(body, media_type=media_type)
