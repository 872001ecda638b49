"""What an account used day by day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from database.tables import reservations


@dataclass(frozen=True, slots=True)
class DayUse:
    """``day`` is a day of UTC; jobs are counted on the day that they ended."""

    day: date
    jobs: int
    pages: int
    credits: int


def read_daily_use(connection: sa.Connection, account_id: str, *, now: datetime, days: int) -> tuple[DayUse, ...]:
    """The last ``days`` days, oldest first, today included; days without use are there with zeros."""
    first = now.astimezone(UTC).date() - timedelta(days=days - 1)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    # The session's time zone is UTC on PostgreSQL (database.connect), so both databases cut the days alike.
    day = sa.cast(sa.func.date(reservations.c.settled_at), sa.String)
    rows = connection.execute(
        sa.select(
            day.label("day"),
            sa.func.count().label("jobs"),
            sa.func.sum(reservations.c.pages).label("pages"),
            sa.func.sum(reservations.c.charged).label("credits"),
        )
        .where(reservations.c.account_id == account_id, reservations.c.settled_at >= start)
        .group_by(day)
    )
    used = {row.day: DayUse(date.fromisoformat(row.day), row.jobs, int(row.pages), int(row.credits)) for row in rows}
    every_day = (first + timedelta(days=offset) for offset in range(days))
    return tuple(used.get(each.isoformat(), DayUse(each, 0, 0, 0)) for each in every_day)
