"""API tokens: found by their digest, shown again on the account page from a sealed copy.

A token is 256 random bits, so its plain SHA-256 can't be guessed and looking it up tells nothing by its time.
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from database.tables import accounts, tokens
from errors import ConflictError, InvalidFieldError, NotFoundError
from quota.accounts import COLUMNS, Account
from quota.sealing import open_sealed, seal

PREFIX = "oc_"
MAX_NAME_LENGTH = 60
MAX_TOKENS = 20
"""Live tokens an account."""

SEEN_EVERY = timedelta(minutes=1)
"""``last_used_at`` is written at most so often: a poll a second must not become a write a second."""


@dataclass(frozen=True, slots=True)
class Token:
    """``value`` is the token itself; None when the server's key has changed since (rotate it then)."""

    id: str
    name: str
    value: str | None = field(repr=False)
    created_at: datetime
    last_used_at: datetime | None


def digest(secret: str) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def create_token(connection: sa.Connection, account_id: str, name: str, *, key: bytes, now: datetime) -> Token:
    """Raises InvalidFieldError for a name that can't be, ConflictError when there are twenty already."""
    name = _check_name(name)
    # The account's row is locked so that two calls at once can't both make the twentieth.
    connection.execute(sa.select(accounts.c.id).where(accounts.c.id == account_id).with_for_update())
    live = sa.select(sa.func.count()).where(tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None))
    if connection.execute(live).scalar_one() >= MAX_TOKENS:
        raise ConflictError(f"An account has at most {MAX_TOKENS} tokens.", remedy="Revoke one that you don't need.")
    token = Token(uuid.uuid4().hex, name, PREFIX + secrets.token_urlsafe(32), now, None)
    connection.execute(
        tokens.insert().values(
            id=token.id, account_id=account_id, name=name, created_at=now, **_stored(token.id, str(token.value), key)
        )
    )
    return token


def list_tokens(connection: sa.Connection, account_id: str, *, key: bytes) -> tuple[Token, ...]:
    """The live ones, oldest first."""
    rows = connection.execute(
        sa.select(tokens)
        .where(tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None))
        .order_by(tokens.c.created_at, tokens.c.id)
    )
    return tuple(_to_token(row, key) for row in rows)


def rotate_token(connection: sa.Connection, account_id: str, token_id: str, *, key: bytes, now: datetime) -> Token:
    """Give the token a new value; the old one is invalid at once. Raises NotFoundError for one that isn't there."""
    value = PREFIX + secrets.token_urlsafe(32)
    row = connection.execute(
        sa.update(tokens)
        .where(*_live(account_id, token_id))
        .values(created_at=now, last_used_at=None, **_stored(token_id, value, key))
        .returning(tokens)
    ).one_or_none()
    if row is None:
        raise NotFoundError("There is no such token.")
    return _to_token(row, key)


def revoke_token(connection: sa.Connection, account_id: str, token_id: str, *, now: datetime) -> None:
    """The sealed copy is removed too. Raises NotFoundError for one that isn't there."""
    revoked = connection.execute(
        sa.update(tokens).where(*_live(account_id, token_id)).values(revoked_at=now, sealed=None).returning(tokens.c.id)
    ).one_or_none()
    if revoked is None:
        raise NotFoundError("There is no such token.")


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """``is_seen`` False asks for :func:`mark_seen`."""

    token_id: str
    account: Account
    is_seen: bool


def find_owner(connection: sa.Connection, value: str, *, now: datetime) -> TokenOwner | None:
    """The account of a live token, unless it is disabled."""
    query = (
        sa.select(*COLUMNS, tokens.c.id.label("token_id"), tokens.c.last_used_at)
        .join(tokens, tokens.c.account_id == accounts.c.id)
        .where(tokens.c.digest == digest(value), tokens.c.revoked_at.is_(None), accounts.c.disabled_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    is_seen = row.last_used_at is not None and row.last_used_at > now - SEEN_EVERY
    return TokenOwner(row.token_id, Account.from_row(row), is_seen)


def mark_seen(connection: sa.Connection, token_id: str, *, now: datetime) -> None:
    connection.execute(sa.update(tokens).where(tokens.c.id == token_id).values(last_used_at=now))


def _live(account_id: str, token_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (tokens.c.id == token_id, tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None))


def _stored(token_id: str, value: str, key: bytes) -> dict[str, str]:
    return {"digest": digest(value), "sealed": seal(value, key, owner=token_id)}


def _to_token(row: sa.Row[*tuple[object, ...]], key: bytes) -> Token:
    value = None if row.sealed is None else open_sealed(row.sealed, key, owner=row.id)
    return Token(row.id, row.name, value, row.created_at, row.last_used_at)


def _check_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidFieldError(f"A token's name has 1 to {MAX_NAME_LENGTH} characters.", details={"field": "name"})
    return name
