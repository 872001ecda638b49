"""What the account page asks and sends: HTML that carries secrets, so it comes through routes that check the session.

Each route finds the account by the browser's cookie; what the page says about itself is never believed.
"""

from collections.abc import Callable
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from errors import InvalidTokenError, MissingTokenError
from pipeline.options import OcrOptions, Tier
from service.account_pages import PlanInfo
from service.callers import Account
from service.wiring import Services
from ui.account_page import AccountState, draw_account, draw_visitor
from ui.sessions import find_account, get_caller, is_same_origin, set_cookie
from ui.texts import choose_language, get_texts

SECRET = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
CHART_DAYS = 30


class TokenName(BaseModel):
    name: str = Field(max_length=200)


class PasswordChange(BaseModel):
    old_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)


def build_account_routes(services: Services, *, in_frame: bool) -> APIRouter:
    """``/app/account`` (the page) and what its buttons do. Errors leave in the API's shape."""
    router = APIRouter(prefix="/app/account", include_in_schema=False)
    accounts = services.accounts

    async def do(request: Request, act: Callable[[Account], object]) -> Response:
        """Let the signed-in account do something, if its own page asks for it."""

        def check_and_act() -> None:
            act(require_account(services, request))

        await run_in_threadpool(check_and_act)
        return Response(status_code=204, headers=SECRET)

    @router.get("")
    async def page(request: Request, lang: str = "") -> Response:
        return await run_in_threadpool(_draw, services, request, lang)

    @router.post("/tokens")
    async def create(request: Request, body: TokenName) -> Response:
        return await do(request, lambda account: accounts.create_token(account, body.name))

    @router.post("/tokens/{token_id}/rotate")
    async def rotate(request: Request, token_id: str) -> Response:
        return await do(request, lambda account: accounts.rotate_token(account, token_id))

    @router.post("/tokens/{token_id}/revoke")
    async def revoke(request: Request, token_id: str) -> Response:
        return await do(request, lambda account: accounts.revoke_token(account, token_id))

    @router.post("/password")
    async def change_password(request: Request, body: PasswordChange) -> Response:
        """All sessions end with it; this browser gets a new one."""

        def change() -> Response:
            account = require_account(services, request)
            accounts.change_password(account, body.old_password, body.new_password)
            response = Response(status_code=204, headers=SECRET)
            session = accounts.open_session(account)
            set_cookie(response, session, is_https=request.url.scheme == "https", in_frame=in_frame)
            return response

        return await run_in_threadpool(change)

    return router


def require_account(services: Services, request: Request) -> Account:
    """The account of the browser's session, for an act of its owner.

    Raises InvalidTokenError for another site's request, MissingTokenError without a session.
    """
    if not is_same_origin(request.headers):
        raise InvalidTokenError("This request came from another site.", remedy="Use the app's own page.")
    account = find_account(services, request)
    if account is None:
        raise MissingTokenError("You are not signed in.", remedy="Sign in on the Account page.")
    return account


def _draw(services: Services, request: Request, language: str) -> Response:
    texts = get_texts(choose_language(language, ""))
    caller = get_caller(services, request)
    plan = _to_expected(services, services.accounts.plan_info(caller))
    account = caller.account
    if account is None:
        page = draw_visitor(plan, texts, is_open=services.settings.security.open_sign_up)
    else:
        tokens = services.accounts.list_tokens(account)
        page = draw_account(
            AccountState(account, plan, tokens, services.accounts.usage_by_day(account, CHART_DAYS)), texts
        )
    return HTMLResponse(page, headers=SECRET)


def _to_expected(services: Services, plan: PlanInfo) -> PlanInfo:
    """The plan with what a careful page costs here: without a model it is read, and paid, as a fast one."""
    tier = services.abilities.priced_tier(OcrOptions(tier=Tier.VLM))
    return replace(plan, page_credits={**plan.page_credits, Tier.VLM: plan.page_credits[tier]})
