"""The three plans, and what each allows."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from errors import TooManyPagesError


class PlanName(StrEnum):
    ANONYMOUS = "anonymous"
    FREE = "free"
    PAID = "paid"


PRIORITIES = {PlanName.PAID: 0, PlanName.FREE: 1, PlanName.ANONYMOUS: 2}
"""Place in the queue: the lower number is worked on first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``period_credits`` is the allowance of a day (anonymous, per address) or of a month (accounts)."""

    name: PlanName
    max_pages: int
    period_credits: int

    @property
    def priority(self) -> int:
        return PRIORITIES[self.name]

    def check_page_count(self, page_count: int) -> None:
        """Raises TooManyPagesError, with ``max_pages`` and ``pages``, when one file may not have so many."""
        if page_count <= self.max_pages:
            return
        remedy = "Split the file, or send a range of its pages."
        if self.name is not PlanName.PAID:
            remedy = f"{remedy} {'An account' if self.name is PlanName.ANONYMOUS else 'A paid plan'} allows more."
        raise TooManyPagesError(
            f"The file has {page_count} pages; your plan allows {self.max_pages}.",
            remedy=remedy,
            details={"pages": page_count, "max_pages": self.max_pages, "plan": str(self.name)},
        )


@dataclass(frozen=True, slots=True)
class Plans:
    """``metered`` False (``QUOTAS=off``): use is counted and nothing is refused."""

    anonymous: Plan
    free: Plan
    paid: Plan
    metered: bool = True

    def with_max_pages(self, max_pages: int) -> Self:
        """The same plans with one cap of pages a file for all."""
        capped = {name: replace(getattr(self, name), max_pages=max_pages) for name in ("anonymous", "free", "paid")}
        return replace(self, **capped)

    def get_plan(self, name: str) -> Plan:
        """Raises ValueError for an unknown name."""
        return {PlanName.ANONYMOUS: self.anonymous, PlanName.FREE: self.free, PlanName.PAID: self.paid}[PlanName(name)]
