"""Plans, prices and the ledger, as the settings want them."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.options import Tier
from quota.accounts import Account
from quota.ledger import Ledger
from quota.plans import Plan, PlanName, Plans
from quota.prices import Prices
from service.secrets import Secrets
from settings import PlanSettings


@dataclass(frozen=True, slots=True)
class Metering:
    plans: Plans
    prices: Prices
    ledger: Ledger

    def plan_of(self, account: Account | None) -> Plan:
        """The anonymous plan without an account."""
        return self.plans.anonymous if account is None else self.plans.get_plan(account.plan)


def build_metering(
    settings: PlanSettings,
    secrets: Secrets,
    *,
    max_pages_per_file: int = 2000,
    on_released: Callable[[int], None] = lambda _: None,
) -> Metering:
    """A paid account keeps the free pages of each month: nobody loses something by paying.

    ``max_pages_per_file`` holds for everybody where nothing is metered. ``on_released``: see
    :class:`quota.ledger.Ledger`.
    """
    monthly = settings.free_pages_per_month
    is_metered = settings.quotas == "on"
    plans = Plans(
        anonymous=Plan(PlanName.ANONYMOUS, settings.anonymous_max_pages, settings.anonymous_pages_per_day),
        free=Plan(PlanName.FREE, settings.free_max_pages, monthly),
        paid=Plan(PlanName.PAID, settings.paid_max_pages, monthly),
        metered=is_metered,
    )
    if not is_metered:
        plans = plans.with_max_pages(max_pages_per_file)
    prices = Prices(
        page_credits={Tier.CPU: settings.cpu_page_credits, Tier.VLM: settings.vlm_page_credits},
        chat_message_credits=settings.chat_message_credits,
    )
    ledger = Ledger(plans, salt=secrets.derive("addresses"), on_released=on_released)
    return Metering(plans, prices, ledger)
