"""Browser sessions: a random id in the browser, its digest in the database, an end.

The id is 256 random bits and is looked up by digest, so a signature around it would prove nothing more.
"""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from database.tables import accounts, sessions
from quota.accounts import COLUMNS, Account
from quota.tokens import digest

LIFETIME = timedelta(days=30)


def open_session(connection: sa.Connection, account_id: str, *, now: datetime) -> str:
    """The session's id, which is nowhere kept in clear."""
    session = secrets.token_urlsafe(32)
    connection.execute(
        sessions.insert().values(
            digest=digest(session), account_id=account_id, created_at=now, expires_at=now + LIFETIME
        )
    )
    return session


def find_session(connection: sa.Connection, session: str, *, now: datetime) -> Account | None:
    """Whose session it is; None when it ended or its account is disabled."""
    query = (
        sa.select(*COLUMNS)
        .join(sessions, sessions.c.account_id == accounts.c.id)
        .where(sessions.c.digest == digest(session), sessions.c.expires_at > now, accounts.c.disabled_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Account.from_row(row)


def close_session(connection: sa.Connection, session: str) -> None:
    connection.execute(sa.delete(sessions).where(sessions.c.digest == digest(session)))


def close_all_sessions(connection: sa.Connection, account_id: str) -> None:
    connection.execute(sa.delete(sessions).where(sessions.c.account_id == account_id))
