"""What reading costs, in credits."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """Credits a page by tier (the words of the API), and credits a chat question."""

    page_credits: dict[str, int]
    chat_message_credits: int

    def of_pages(self, tier: str, page_count: int) -> int:
        """What a job of so many pages reserves. Raises KeyError for an unknown tier."""
        return self.page_credits[tier] * page_count

    def of_read_pages(self, tiers: Iterable[str]) -> int:
        """What a job is charged: ``tiers`` has one entry for each page that was read, naming how it really was.

        A page asked of tier ``vlm`` and read by the embedded engines is named ``cpu``, and costs what that costs.
        """
        return sum(self.page_credits[tier] for tier in tiers)
