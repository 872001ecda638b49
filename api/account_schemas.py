"""Accounts, tokens and use as they stand on the wire."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from service.account_pages import DayUse, Grant, PlanInfo, SignedUp, Token, Usage
from service.callers import Account


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True)


class CredentialsWire(_Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "you@example.com", "password": "correct horse battery"}]}
    )

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)


class PasswordChangeWire(_Wire):
    old_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)


class TokenNameWire(_Wire):
    name: str = Field("default", max_length=200, description="For yourself, to tell tokens apart.")


class PaymentWire(_Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "you@example.com", "credits": 1000, "payment_id": "pay_2026_0001"}]}
    )

    email: str = Field(max_length=320)
    credits: int = Field(ge=1)
    payment_id: str = Field(min_length=1, max_length=200, description="The same id counts once.")


class TokenWire(_Wire):
    id: str
    name: str
    token: str | None = Field(description="null when the server's key has changed since; rotate it then.")
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: Token) -> "TokenWire":
        return cls(
            id=token.id,
            name=token.name,
            token=token.value,
            created_at=token.created_at,
            last_used_at=token.last_used_at,
        )


class BalanceWire(_Wire):
    used: int
    cap: int | None = Field(description="null: not metered on this server.")
    remaining: int | None
    scope: str
    resets_at: datetime | None

    @classmethod
    def of(cls, usage: Usage) -> "BalanceWire":
        return cls(
            used=usage.used,
            cap=usage.cap,
            remaining=usage.remaining,
            scope=usage.scope.value,
            resets_at=usage.resets_at,
        )


class AccountWire(_Wire):
    id: str
    email: str
    plan: str
    created_at: datetime
    usage: BalanceWire
    max_pages_per_file: int
    page_credits: dict[str, int] = Field(description="Credits a page, by tier.")
    tokens: list[TokenWire]

    @classmethod
    def of(cls, account: Account, plan: PlanInfo, tokens: tuple[Token, ...]) -> "AccountWire":
        return cls(
            id=account.id,
            email=account.email,
            plan=account.plan.value,
            created_at=account.created_at,
            usage=BalanceWire.of(plan.usage),
            max_pages_per_file=plan.plan.max_pages,
            page_credits={str(tier): price for tier, price in plan.page_credits.items()},
            tokens=[TokenWire.of(token) for token in tokens],
        )


class SignedUpWire(_Wire):
    id: str
    email: str
    plan: str
    token: str

    @classmethod
    def of(cls, signed_up: SignedUp) -> "SignedUpWire":
        account, token = signed_up.account, signed_up.token
        assert token.value is not None
        return cls(id=account.id, email=account.email, plan=account.plan.value, token=token.value)


class DayUseWire(_Wire):
    day: date
    jobs: int
    pages: int
    credits: int

    @classmethod
    def of(cls, use: DayUse) -> "DayUseWire":
        return cls(day=use.day, jobs=use.jobs, pages=use.pages, credits=use.credits)


class GrantWire(_Wire):
    email: str
    plan: str
    is_new: bool = Field(description="false: this payment had been counted before, and nothing changed.")
    usage: BalanceWire

    @classmethod
    def of(cls, grant: Grant) -> "GrantWire":
        return cls(
            email=grant.account.email,
            plan=grant.account.plan.value,
            is_new=grant.is_new,
            usage=BalanceWire.of(grant.usage),
        )
