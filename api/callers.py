"""Who is calling: the token, the account behind it, the address, and whether the minute's requests are used up."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.rate_limit import count_request
from errors import ConflictingTokensError, InvalidTokenError, MissingTokenError
from service.callers import Account, Caller
from service.client_addresses import resolve_client
from service.wiring import Services

BEARER = "bearer"


def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def read_token(request: Request) -> str | None:
    """The token of the header or of ``?api_token=``. Raises when they differ or the header is of another kind."""
    query = request.query_params.get("api_token", "").strip() or None
    header = request.headers.get("authorization", "").strip()
    if not header:
        return query
    scheme, _, credentials = header.partition(" ")
    token = credentials.strip()
    if scheme.lower() != BEARER or not token:
        raise InvalidTokenError("The Authorization header is not of the form 'Bearer TOKEN'.")
    if query is not None and query != token:
        raise ConflictingTokensError()
    return token


def client_address(request: Request) -> str:
    peer = request.client.host if request.client else "0.0.0.0"  # noqa: S104 - a label, nothing is bound
    return resolve_client(peer, request.headers.getlist("x-forwarded-for"), request.app.state.trusted_proxies)


async def get_caller(request: Request, services: Annotated[Services, Depends(get_services)]) -> Caller:
    """The caller of an ``/ocr/`` route: an account, or anonymous where the server allows it.

    Counts the request; a caller over the limit gets a 429. Raises the errors of the 401 row.
    """
    token = read_token(request)
    address = client_address(request)
    account = None
    if token is not None:
        try:
            account = await run_in_threadpool(services.accounts.authenticate, token)
        except InvalidTokenError:
            # Trying tokens out is counted too.
            await count_request(request, services, Caller(account=None, address=address))
            raise
    elif not services.settings.plans.allow_anonymous:
        raise MissingTokenError()
    caller = Caller(account=account, address=address)
    await count_request(request, services, caller)
    return caller


async def get_account(caller: Annotated[Caller, Depends(get_caller)]) -> Account:
    """The account of a route that needs one. Raises MissingTokenError without a token."""
    if caller.account is None:
        raise MissingTokenError()
    return caller.account


ServicesDep = Annotated[Services, Depends(get_services)]
CallerDep = Annotated[Caller, Depends(get_caller)]
AccountDep = Annotated[Account, Depends(get_account)]
