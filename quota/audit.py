"""Proof that the buckets are what the ledger says."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from database.tables import credit_buckets, ledger_entries
from quota.ledger import EntryKind


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A bucket whose columns aren't the sums of its entries; each is (in the bucket, by the entries)."""

    bucket_id: str
    granted: tuple[int, int]
    reserved: tuple[int, int]
    used: tuple[int, int]


def find_discrepancies(connection: sa.Connection) -> tuple[Discrepancy, ...]:
    """There are none unless somebody wrote into the tables by hand. Reads the whole ledger."""
    reserved = _total(EntryKind.RESERVE) - _total(EntryKind.CHARGE) - _total(EntryKind.RELEASE)
    query = (
        sa.select(
            *credit_buckets.c["id", "granted", "reserved", "used"],
            _total(EntryKind.GRANT).label("sum_granted"),
            reserved.label("sum_reserved"),
            _total(EntryKind.CHARGE).label("sum_used"),
        )
        .outerjoin(ledger_entries, ledger_entries.c.bucket_id == credit_buckets.c.id)
        .group_by(credit_buckets.c.id)
        .order_by(credit_buckets.c.id)
    )
    found = (
        Discrepancy(
            row.id,
            (row.granted, int(row.sum_granted)),
            (row.reserved, int(row.sum_reserved)),
            (row.used, int(row.sum_used)),
        )
        for row in connection.execute(query)
    )
    return tuple(each for each in found if any(a != b for a, b in (each.granted, each.reserved, each.used)))


def _total(kind: EntryKind) -> Any:
    entry = ledger_entries.c
    return sa.func.coalesce(sa.func.sum(sa.case((entry.kind == kind, entry.credits), else_=0)), 0)
