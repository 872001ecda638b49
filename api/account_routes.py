"""Accounts: sign up, sign in, tokens, use; and the call by which a payment system grants credits."""

from typing import Annotated

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.account_schemas import (
    AccountWire,
    CredentialsWire,
    DayUseWire,
    GrantWire,
    PasswordChangeWire,
    PaymentWire,
    SignedUpWire,
    TokenNameWire,
    TokenWire,
)
from api.callers import AccountDep, CallerDep, ServicesDep, client_address, read_token
from api.reference_schemas import ERRORS
from api.slash_router import SlashRouter
from errors import MissingTokenError
from service.account_pages import SignedUp
from service.callers import Account, Caller
from service.wiring import Services

router = SlashRouter(prefix="/api/v1", tags=["accounts"])


@router.post("/accounts/", status_code=201, responses=ERRORS(400, 409, 429, 503), summary="Make a free account")
async def sign_up(request: Request, body: CredentialsWire, services: ServicesDep) -> SignedUpWire:
    """The account and its first token. The account page shows the token again."""
    address = client_address(request)

    def create() -> SignedUp:
        return services.accounts.sign_up(body.email, body.password, address=address)

    return SignedUpWire.of(await run_in_threadpool(create))


@router.post("/accounts/sign-in/", responses=ERRORS(400, 401, 429), summary="The account of an email and password")
async def sign_in(request: Request, body: CredentialsWire, services: ServicesDep) -> AccountWire:
    """The account with its tokens."""
    address = client_address(request)

    def check() -> Account:
        return services.accounts.sign_in(body.email, body.password, address=address)

    account = await run_in_threadpool(check)
    return await run_in_threadpool(_describe, services, account, address)


@router.get("/account/", responses=ERRORS(401, 429), summary="Your account")
async def show_account(account: AccountDep, caller: CallerDep, services: ServicesDep) -> AccountWire:
    """Plan, prices, what is used and left, and the tokens."""
    return await run_in_threadpool(_describe, services, account, caller.address)


@router.post("/account/password/", status_code=204, responses=ERRORS(400, 401, 429), summary="Change the password")
async def change_password(body: PasswordChangeWire, account: AccountDep, services: ServicesDep) -> Response:
    """Browser sessions end; tokens stay."""
    await run_in_threadpool(services.accounts.change_password, account, body.old_password, body.new_password)
    return Response(status_code=204)


@router.get("/account/usage/", responses=ERRORS(400, 401, 429), summary="Your use by day")
async def show_usage(
    account: AccountDep, services: ServicesDep, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> list[DayUseWire]:
    """Oldest first, today (UTC) last."""
    return [DayUseWire.of(use) for use in await run_in_threadpool(services.accounts.usage_by_day, account, days)]


@router.get("/account/tokens/", responses=ERRORS(401, 429), summary="Your tokens")
async def list_tokens(account: AccountDep, services: ServicesDep) -> list[TokenWire]:
    return [TokenWire.of(token) for token in await run_in_threadpool(services.accounts.list_tokens, account)]


@router.post("/account/tokens/", status_code=201, responses=ERRORS(400, 401, 409, 429), summary="One more token")
async def create_token(body: TokenNameWire, account: AccountDep, services: ServicesDep) -> TokenWire:
    return TokenWire.of(await run_in_threadpool(services.accounts.create_token, account, body.name))


@router.post("/account/tokens/{token_id}/rotate/", responses=ERRORS(401, 404, 429), summary="A new value for a token")
async def rotate_token(token_id: str, account: AccountDep, services: ServicesDep) -> TokenWire:
    """The old value is invalid at once."""
    return TokenWire.of(await run_in_threadpool(services.accounts.rotate_token, account, token_id))


@router.delete(
    "/account/tokens/{token_id}/", status_code=204, responses=ERRORS(401, 404, 429), summary="Revoke a token"
)
async def revoke_token(token_id: str, account: AccountDep, services: ServicesDep) -> Response:
    await run_in_threadpool(services.accounts.revoke_token, account, token_id)
    return Response(status_code=204)


@router.post("/payments/", responses=ERRORS(400, 401, 404, 409), summary="A payment arrived")
async def grant_credits(request: Request, body: PaymentWire, services: ServicesDep) -> GrantWire:
    """For your payment system: `Authorization: Bearer PAYMENTS_KEY`. The same `payment_id` counts once."""
    key = read_token(request)
    if key is None:
        raise MissingTokenError("This call needs the payments key.", remedy="It is PAYMENTS_KEY in the settings.")
    services.accounts.check_payments_key(key)
    return GrantWire.of(
        await run_in_threadpool(services.accounts.grant_credits, body.email, body.credits, body.payment_id)
    )


def _describe(services: Services, account: Account, address: str) -> AccountWire:
    plan = services.accounts.plan_info(Caller(account, address))
    return AccountWire.of(account, plan, services.accounts.list_tokens(account))
