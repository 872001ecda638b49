"""What the account page says, drawn from plain values."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from quota.accounts import Account
from quota.buckets import Scope
from quota.plans import Plan, PlanName
from quota.tokens import Token
from quota.usage import Usage
from service.account_pages import DayUse, PlanInfo
from ui.account_page import CHART_HEIGHT, AccountState, draw_account, draw_chart, draw_visitor
from ui.texts import get_texts

ENGLISH = get_texts("en")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BAD = "<script>alert('x')</script>\"&"


def days(*pages: int) -> tuple[DayUse, ...]:
    first = date(2026, 11, 21) - timedelta(days=len(pages) - 1)
    return tuple(
        DayUse(first + timedelta(days=place), jobs=int(count > 0), pages=count, credits=count)
        for place, count in enumerate(pages)
    )


def plan(*, used: int = 3, cap: int | None = 500) -> PlanInfo:
    usage = Usage(
        cost=0,
        used=used,
        cap=cap,
        remaining=None if cap is None else cap - used,
        scope=Scope.ACCOUNT_MONTH,
        resets_at=datetime(2026, 12, 1, tzinfo=UTC),
    )
    return PlanInfo(Plan(PlanName.FREE, max_pages=100, period_credits=500), usage, (), {"cpu": 1, "vlm": 3}, 0)


def state(*tokens: Token, use: tuple[DayUse, ...] = ()) -> AccountState:
    account = Account(id="a" * 32, email=f"{BAD}@example.com", plan=PlanName.FREE, created_at=NOW, disabled_at=None)
    return AccountState(account, plan(), tokens, use or days(0, 0))


def heights(chart: str) -> list[float]:
    return [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', chart)]


def test_bars_are_as_high_as_the_pages() -> None:
    chart = draw_chart(days(0, 5, 10), ENGLISH)
    assert heights(chart) == [0, CHART_HEIGHT / 2, CHART_HEIGHT]
    assert 'aria-label="Pages in the last 3 days: 15"' in chart


def test_time_runs_with_the_script() -> None:
    left_to_right = [float(x) for x in re.findall(r'<rect x="([\d.]+)"', draw_chart(days(1, 2, 3), ENGLISH))]
    right_to_left = [float(x) for x in re.findall(r'<rect x="([\d.]+)"', draw_chart(days(1, 2, 3), get_texts("ar")))]
    assert left_to_right == sorted(left_to_right)
    assert right_to_left == sorted(right_to_left, reverse=True)


def test_days_without_use_are_no_division_by_zero() -> None:
    assert heights(draw_chart(days(0, 0), ENGLISH)) == [0, 0]


def test_everything_from_outside_is_escaped() -> None:
    page = draw_account(state(Token("t1", BAD, f"oc_{BAD}", NOW, None)), ENGLISH)
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") >= 3


def test_token_of_another_key_asks_to_be_replaced() -> None:
    page = draw_account(state(Token("t1", "old", None, NOW, NOW)), ENGLISH)
    assert "Replace it." in page
    assert 'data-act="copy"' not in page


def test_unmetered_server_shows_no_bar() -> None:
    page = draw_visitor(plan(cap=None), ENGLISH, is_open=True)
    assert "acc-bar" not in page
    assert "acc-bar" in draw_visitor(plan(), ENGLISH, is_open=True)


def test_closed_server_offers_no_account() -> None:
    page = draw_visitor(plan(), ENGLISH, is_open=False)
    assert 'data-form="sign-up"' not in page
    assert 'data-form="sign-in"' in page


def test_one_price_is_said_once() -> None:
    same = replace(plan(), page_credits={"cpu": 1, "vlm": 1})
    assert "Credits a page: 1" in draw_visitor(same, ENGLISH, is_open=True)
    assert "1 (fast) or 3 (careful)" in draw_visitor(plan(), ENGLISH, is_open=True)
