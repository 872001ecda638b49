"""What a door takes for an outage that ends, not for a bug."""

import sqlalchemy as sa

DATABASE_OUTAGES: tuple[type[Exception], ...] = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.TimeoutError,
)
"""The database can't be reached, is locked or full, or all of its connections are in use. What was begun is undone."""
