"""The REST door: one FastAPI application over the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import (
    account_routes,
    chat_routes,
    correction_routes,
    errors,
    health_routes,
    ocr_routes,
    openapi_document,
    reference_routes,
)
from api.body_limit import BodyLimit
from api.mcp_endpoint import McpEndpoint
from api.rate_limit import RateLimitHeaders
from api.request_log import RequestLog
from service.client_addresses import parse_networks
from service.wiring import Services

VERSION = "0.1.0"
# Room for the other form fields and the multipart boundaries around the file.
FORM_OVERHEAD_BYTES = 1_000_000
DESCRIPTION = """
One HTTP request turns an image or PDF into clean text, Markdown, tables and JSON, in 100+ languages, metered by page.

Send `Authorization: Bearer YOUR_API_TOKEN` (or `?api_token=`). Without a token you are anonymous, with a daily
allowance; chat needs a token. Every error is `{"error": "one short sentence", "code": "snake_case", ...}`.
"""


def create_api(services: Services) -> FastAPI:
    """The application; it starts the services when it starts and stops them when it stops."""

    mcp = McpEndpoint(services, VERSION)

    @asynccontextmanager
    async def run_services(_: FastAPI) -> AsyncIterator[None]:
        services.start()
        try:
            async with mcp.run():
                yield
        finally:
            services.stop()

    application = FastAPI(
        title="ocr-chat",
        version=VERSION,
        summary="Self-hosted OCR and chat with documents",
        description=DESCRIPTION,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        lifespan=run_services,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        # Nothing is measured for anybody else: Prometheus metrics at /metrics are all there is.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    application.state.services = services
    application.state.trusted_proxies = parse_networks(services.settings.server.trusted_proxies)
    errors.install(application)
    for router in (
        ocr_routes.router,
        ocr_routes.estimate_router,
        correction_routes.router,
        chat_routes.router,
        account_routes.router,
        reference_routes.router,
        health_routes.router,
        # The last: it takes whatever is left below /api/.
        reference_routes.unknown_router,
    ):
        application.include_router(router)
    openapi_document.install(application)
    mcp.install(application)
    max_bytes = int(services.settings.limits.max_upload_mb * 1_000_000) + FORM_OVERHEAD_BYTES
    application.add_middleware(BodyLimit, max_bytes=max_bytes)
    application.add_middleware(RateLimitHeaders)
    application.add_middleware(RequestLog, seconds=services.metrics.request_seconds)
    return application
