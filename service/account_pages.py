"""Everything that an account's owner, the payment system and an administrator can do with accounts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from database.connect import reading, transaction, utc_now
from errors import InvalidFieldError, InvalidTokenError, NotFoundError, UnavailableError, WrongPasswordError
from quota import accounts, passwords, sessions, tokens
from quota.accounts import Account
from quota.addresses import hash_address
from quota.buckets import Level
from quota.daily_use import DayUse, read_daily_use
from quota.plans import Plan, PlanName
from quota.request_rate import RequestRate, SqlRequestRate, UnlimitedRequestRate
from quota.tokens import Token
from quota.usage import Usage
from service.callers import Caller
from service.metering import Metering
from service.secrets import Secrets

__all__ = ["AccountPages", "DayUse", "Grant", "Level", "Plan", "PlanInfo", "SignedUp", "Token", "Usage"]

HOUR_S = 3600
SIGN_IN_WINDOW_S = 900
SIGN_INS_PER_EMAIL = 10
"""Attempts an email address and client address in fifteen minutes."""
SIGN_INS_PER_ADDRESS = 100
"""Attempts a client address in fifteen minutes, whoever they are for."""
MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class SignedUp:
    account: Account
    token: Token


@dataclass(frozen=True, slots=True)
class PlanInfo:
    """What a caller may do and what is left. ``levels`` are the buckets in the order in which they pay."""

    plan: Plan
    usage: Usage
    levels: tuple[Level, ...]
    page_credits: Mapping[str, int]
    chat_message_credits: int


@dataclass(frozen=True, slots=True)
class Grant:
    """``is_new`` False: this payment had been counted before, and nothing changed."""

    account: Account
    is_new: bool
    usage: Usage


class AccountPages:
    """Methods open their own transactions: call them without holding a connection, and not on the event loop."""

    def __init__(
        self,
        engine: sa.Engine,
        metering: Metering,
        keys: Secrets,
        *,
        open_sign_up: bool = True,
        sign_ups_per_hour: int = 0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._metering = metering
        self._keys = keys
        self._token_key = keys.derive("tokens")
        self._address_salt = keys.derive("addresses")
        self._open_sign_up = open_sign_up
        self._clock = clock
        self._sign_ups: RequestRate = UnlimitedRequestRate()
        if sign_ups_per_hour:
            self._sign_ups = SqlRequestRate(engine, "sign_up", sign_ups_per_hour, window_s=HOUR_S, clock=clock)
        self._sign_ins = SqlRequestRate(engine, "sign_in", SIGN_INS_PER_EMAIL, window_s=SIGN_IN_WINDOW_S, clock=clock)
        self._address_sign_ins = SqlRequestRate(
            engine, "sign_in_address", SIGN_INS_PER_ADDRESS, window_s=SIGN_IN_WINDOW_S, clock=clock
        )

    # --- signing up and in ------------------------------------------------------------------------------------

    def sign_up(self, email: str, password: str, *, address: str | None = None) -> SignedUp:
        """Make a free account with a first token.

        ``address`` is the client's; without it new accounts aren't counted. Raises UnavailableError when sign-up is
        closed, RateLimitedError, InvalidFieldError, EmailTakenError.
        """
        if not self._open_sign_up:
            raise UnavailableError("Sign-up is closed on this server.", remedy="Ask its administrator for an account.")
        email = accounts.normalise_email(email)
        password_hash = passwords.hash_password(password, email=email)
        if address is not None:
            self._sign_ups.count(hash_address(address, self._address_salt))
        return self._create(email, password_hash, PlanName.FREE)

    def sign_in(self, email: str, password: str, *, address: str | None = None) -> Account:
        """The account, whose session can be opened then.

        Takes as long, and says the same, for an unknown email as for a wrong password. Raises WrongPasswordError, and
        RateLimitedError after ten attempts in fifteen minutes.
        """
        try:
            email = accounts.normalise_email(email)
        except InvalidFieldError as error:
            raise WrongPasswordError from error
        self._count_sign_in(email, address)
        with reading(self._engine) as connection:
            account = accounts.find_account(connection, email=email)
            kept = None if account is None else accounts.find_password_hash(connection, account.id)
        if not passwords.is_password(password, kept) or account is None or account.disabled_at is not None:
            raise WrongPasswordError
        if kept is not None and passwords.is_outdated(kept):
            with transaction(self._engine) as connection:
                accounts.set_password_hash(connection, account.id, passwords.hash_password(password, email=email))
        return account

    def change_password(self, account: Account, old_password: str, new_password: str) -> None:
        """All sessions end. Raises WrongPasswordError and InvalidFieldError."""
        self._count_sign_in(account.email, None)
        with reading(self._engine) as connection:
            kept = accounts.find_password_hash(connection, account.id)
        if not passwords.is_password(old_password, kept):
            raise WrongPasswordError("The present password is wrong.")
        self.set_password(account, new_password)

    def _count_sign_in(self, email: str, address: str | None) -> None:
        origin = "" if address is None else hash_address(address, self._address_salt)
        if address is not None:
            self._address_sign_ins.count(origin)
        self._sign_ins.count(tokens.digest(f"{email}|{origin}"))

    # --- sessions of the browser ------------------------------------------------------------------------------

    def open_session(self, account: Account) -> str:
        """A session's id for the browser to keep; it ends after thirty days."""
        with transaction(self._engine) as connection:
            return sessions.open_session(connection, account.id, now=self._clock())

    def find_session(self, session: str) -> Account | None:
        """Whose session it is; None when it ended, was closed or its account is disabled."""
        with reading(self._engine) as connection:
            return sessions.find_session(connection, session, now=self._clock())

    def close_session(self, session: str) -> None:
        with transaction(self._engine) as connection:
            sessions.close_session(connection, session)

    # --- tokens -----------------------------------------------------------------------------------------------

    def authenticate(self, token: str) -> Account:
        """Raises InvalidTokenError for a token that is unknown, revoked or of a disabled account."""
        now = self._clock()
        with reading(self._engine) as connection:
            owner = tokens.find_owner(connection, token, now=now)
        if owner is None:
            raise InvalidTokenError
        if not owner.is_seen:
            with transaction(self._engine) as connection:
                tokens.mark_seen(connection, owner.token_id, now=now)
        return owner.account

    def list_tokens(self, account: Account) -> tuple[Token, ...]:
        with reading(self._engine) as connection:
            return tokens.list_tokens(connection, account.id, key=self._token_key)

    def create_token(self, account: Account, name: str) -> Token:
        """Raises InvalidFieldError and ConflictError (twenty are enough)."""
        with transaction(self._engine) as connection:
            return tokens.create_token(connection, account.id, name, key=self._token_key, now=self._clock())

    def rotate_token(self, account: Account, token_id: str) -> Token:
        """A new value; the old one is invalid at once. Raises NotFoundError."""
        with transaction(self._engine) as connection:
            return tokens.rotate_token(connection, account.id, token_id, key=self._token_key, now=self._clock())

    def revoke_token(self, account: Account, token_id: str) -> None:
        """Raises NotFoundError."""
        with transaction(self._engine) as connection:
            tokens.revoke_token(connection, account.id, token_id, now=self._clock())

    # --- use and plan -----------------------------------------------------------------------------------------

    def usage_by_day(self, account: Account, days: int = 30) -> tuple[DayUse, ...]:
        """The last days, oldest first, today included. Raises InvalidFieldError outside 1..366."""
        if not 1 <= days <= MAX_DAYS:
            raise InvalidFieldError(f"days must be from 1 to {MAX_DAYS}.", details={"field": "days"})
        with reading(self._engine) as connection:
            return read_daily_use(connection, account.id, now=self._clock(), days=days)

    def plan_info(self, caller: Caller) -> PlanInfo:
        metering = self._metering
        with reading(self._engine) as connection:
            levels = metering.ledger.levels(connection, caller)
            usage = metering.ledger.balance(connection, caller)
        prices = metering.prices
        return PlanInfo(
            metering.plan_of(caller.account), usage, levels, dict(prices.page_credits), prices.chat_message_credits
        )

    # --- payments and administration --------------------------------------------------------------------------

    @property
    def payments_key(self) -> str:
        return self._keys.payments_key

    def check_payments_key(self, key: str) -> None:
        """Raises InvalidTokenError for any other than the key of the payment call."""
        if not self._keys.is_payments_key(key):
            raise InvalidTokenError("The payments key is not valid.", remedy="It is PAYMENTS_KEY in the settings.")

    def grant_credits(self, email: str, credits: int, payment_id: str) -> Grant:
        """A payment arrived: add the credits and make the account a paid one.

        The same payment may be told any number of times and counts once. Raises NotFoundError for an unknown email,
        InvalidFieldError, and IdempotencyConflictError when the payment id belongs to other numbers.
        """
        return self._grant(email, credits, payment_id, plan=PlanName.PAID)

    def add_credits(self, email: str, credits: int, payment_id: str) -> Grant:
        """As :meth:`grant_credits`, but the plan stays: an administrator's gift."""
        return self._grant(email, credits, payment_id, plan=None)

    def create_account(self, email: str, *, plan: str = PlanName.FREE, password: str | None = None) -> SignedUp:
        """An administrator makes an account; without a password it has tokens only. Raises as :meth:`sign_up`."""
        email = accounts.normalise_email(email)
        password_hash = None if password is None else passwords.hash_password(password, email=email)
        return self._create(email, password_hash, plan)

    def get_account(self, email: str) -> Account:
        """Raises NotFoundError."""
        with reading(self._engine) as connection:
            return _get_account(connection, email)

    def list_accounts(self) -> tuple[Account, ...]:
        with reading(self._engine) as connection:
            return accounts.list_accounts(connection)

    def set_plan(self, account: Account, plan: str) -> None:
        with transaction(self._engine) as connection:
            accounts.set_plan(connection, account.id, plan)

    def set_password(self, account: Account, password: str) -> None:
        """All sessions end. Raises InvalidFieldError."""
        password_hash = passwords.hash_password(password, email=account.email)
        with transaction(self._engine) as connection:
            accounts.set_password_hash(connection, account.id, password_hash)
            sessions.close_all_sessions(connection, account.id)

    def disable(self, account: Account) -> None:
        """Tokens and sessions stop working at once; nothing is deleted."""
        with transaction(self._engine) as connection:
            accounts.set_disabled(connection, account.id, self._clock())
            sessions.close_all_sessions(connection, account.id)

    def enable(self, account: Account) -> None:
        with transaction(self._engine) as connection:
            accounts.set_disabled(connection, account.id, None)

    def _create(self, email: str, password_hash: str | None, plan: str) -> SignedUp:
        now = self._clock()
        with transaction(self._engine) as connection:
            account = accounts.create_account(connection, email, password_hash=password_hash, plan=plan, now=now)
            token = tokens.create_token(connection, account.id, "default", key=self._token_key, now=now)
        return SignedUp(account, token)

    def _grant(self, email: str, credits: int, payment_id: str, *, plan: PlanName | None) -> Grant:
        with transaction(self._engine) as connection:
            account = _get_account(connection, email)
            is_new = self._metering.ledger.grant(connection, account.id, credits, payment_id)
            if is_new and plan is not None:
                accounts.set_plan(connection, account.id, plan)
                account = _get_account(connection, email)
            usage = self._metering.ledger.balance(connection, Caller(account, ""))
        return Grant(account, is_new, usage)


def _get_account(connection: sa.Connection, email: str) -> Account:
    account = accounts.find_account(connection, email=email)
    if account is None:
        raise NotFoundError("There is no account with this email address.")
    return account
