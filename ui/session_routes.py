"""Signing up, in and out from the browser: small JSON routes, because only a response can set a cookie."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from service.callers import Account
from service.wiring import Services
from ui.sessions import COOKIE, client_address, require_same_origin, set_cookie


class Credentials(BaseModel):
    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)


def build_session_routes(services: Services, *, in_frame: bool) -> APIRouter:
    """``/app/sign-up``, ``/app/sign-in`` and ``/app/sign-out``. Errors leave in the API's shape."""
    router = APIRouter(prefix="/app", include_in_schema=False)

    def with_session(request: Request, account: Account) -> Response:
        response = JSONResponse({"email": account.email, "plan": account.plan.value})
        session = services.accounts.open_session(account)
        set_cookie(response, session, is_https=request.url.scheme == "https", in_frame=in_frame)
        return response

    @router.post("/sign-up")
    async def sign_up(request: Request, body: Credentials) -> Response:
        require_same_origin(request)

        def create() -> Response:
            address = client_address(services, request)
            return with_session(request, services.accounts.sign_up(body.email, body.password, address=address).account)

        return await run_in_threadpool(create)

    @router.post("/sign-in")
    async def sign_in(request: Request, body: Credentials) -> Response:
        require_same_origin(request)

        def check() -> Response:
            address = client_address(services, request)
            return with_session(request, services.accounts.sign_in(body.email, body.password, address=address))

        return await run_in_threadpool(check)

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        require_same_origin(request)
        session = request.cookies.get(COOKIE)
        if session:
            await run_in_threadpool(services.accounts.close_session, session)
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path="/")
        return response

    return router
