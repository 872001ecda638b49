"""Accounts: an email address, a plan, perhaps a password. Functions take the connection of the caller's transaction."""

import re
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from database.connect import insert_into
from database.tables import accounts
from errors import EmailTakenError, InvalidFieldError
from quota.plans import PlanName

MAX_EMAIL_LENGTH = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)*")


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    email: str
    plan: PlanName
    created_at: datetime
    disabled_at: datetime | None = None

    @classmethod
    def from_row(cls, row: sa.Row[*tuple[Any, ...]]) -> "Account":
        """From a row that has :data:`COLUMNS`."""
        return cls(row.id, row.email, PlanName(row.plan), row.created_at, row.disabled_at)


COLUMNS = (accounts.c.id, accounts.c.email, accounts.c.plan, accounts.c.created_at, accounts.c.disabled_at)


def normalise_email(text: str) -> str:
    """One spelling an address: NFKC, no blanks around it, lower case. Raises InvalidFieldError for what is none."""
    email = unicodedata.normalize("NFKC", text).strip().lower()
    if len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email):
        raise InvalidFieldError(
            "This is not an email address.", remedy="Write it as name@example.com.", details={"field": "email"}
        )
    return email


def to_account_plan(text: str) -> PlanName:
    """Raises InvalidFieldError for what no account can have."""
    if text not in (PlanName.FREE, PlanName.PAID):
        raise InvalidFieldError(
            f"There is no plan '{text}' for accounts; choose free or paid.", details={"field": "plan"}
        )
    return PlanName(text)


def create_account(
    connection: sa.Connection, email: str, *, password_hash: str | None, plan: str, now: datetime
) -> Account:
    """Raises EmailTakenError, and InvalidFieldError for an email or plan that can't be."""
    values = {
        "id": uuid.uuid4().hex,
        "email": normalise_email(email),
        "password_hash": password_hash,
        "plan": to_account_plan(plan),
        "created_at": now,
    }
    row = connection.execute(
        insert_into(connection, accounts)
        .values(values)
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(*COLUMNS)
    ).one_or_none()
    if row is None:
        raise EmailTakenError
    return Account.from_row(row)


def find_account(
    connection: sa.Connection, *, account_id: str | None = None, email: str | None = None
) -> Account | None:
    """By id or by email address, disabled ones too."""
    condition = accounts.c.id == account_id if email is None else accounts.c.email == normalise_email(email)
    row = connection.execute(sa.select(*COLUMNS).where(condition)).one_or_none()
    return None if row is None else Account.from_row(row)


def find_password_hash(connection: sa.Connection, account_id: str) -> str | None:
    return connection.execute(
        sa.select(accounts.c.password_hash).where(accounts.c.id == account_id)
    ).scalar_one_or_none()


def list_accounts(connection: sa.Connection) -> tuple[Account, ...]:
    """All, oldest first."""
    rows = connection.execute(sa.select(*COLUMNS).order_by(accounts.c.created_at, accounts.c.id))
    return tuple(Account.from_row(row) for row in rows)


def set_plan(connection: sa.Connection, account_id: str, plan: str) -> None:
    _change(connection, account_id, plan=to_account_plan(plan))


def set_password_hash(connection: sa.Connection, account_id: str, password_hash: str) -> None:
    _change(connection, account_id, password_hash=password_hash)


def set_disabled(connection: sa.Connection, account_id: str, disabled_at: datetime | None) -> None:
    """None enables the account again."""
    _change(connection, account_id, disabled_at=disabled_at)


def _change(connection: sa.Connection, account_id: str, **values: Any) -> None:
    connection.execute(sa.update(accounts).where(accounts.c.id == account_id).values(**values))
