"""Page caps, prices and addresses."""

import pytest

from errors import TooManyPagesError
from quota.addresses import hash_address, to_network
from quota.plans import PlanName
from quota.prices import Prices
from tests.quota.payers import make_plans

PRICES = Prices({"cpu": 1, "vlm": 3}, chat_message_credits=0)


def test_a_file_may_have_as_many_pages_as_the_plan_says() -> None:
    plans = make_plans()
    plans.anonymous.check_page_count(20)
    with pytest.raises(TooManyPagesError) as refusal:
        plans.anonymous.check_page_count(21)
    assert refusal.value.message == "The file has 21 pages; your plan allows 20."
    assert refusal.value.details == {"pages": 21, "max_pages": 20, "plan": "anonymous"}
    assert "An account allows more" in refusal.value.remedy
    with pytest.raises(TooManyPagesError) as refusal:
        plans.paid.check_page_count(1001)
    assert "allows more" not in refusal.value.remedy


def test_who_pays_is_served_first() -> None:
    plans = make_plans()
    assert plans.paid.priority < plans.free.priority < plans.anonymous.priority


def test_plans_by_name() -> None:
    plans = make_plans()
    assert plans.get_plan("paid") is plans.paid
    assert plans.get_plan(PlanName.ANONYMOUS) is plans.anonymous
    with pytest.raises(ValueError):
        plans.get_plan("gold")


def test_prices() -> None:
    assert PRICES.of_pages("vlm", 4) == 12
    assert PRICES.of_read_pages(["vlm", "cpu", "vlm"]) == 7
    assert PRICES.of_read_pages([]) == 0
    with pytest.raises(KeyError):
        PRICES.of_pages("gpu", 1)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert to_network(address) == network


def test_hashes_hide_the_address_and_differ_by_salt_and_period() -> None:
    hashes = {
        hash_address("203.0.113.7", b"a"),
        hash_address("203.0.113.7", b"b"),
        hash_address("203.0.113.7", b"a", period="2026-07-14"),
        hash_address("203.0.113.8", b"a"),
    }
    assert len(hashes) == 4
    assert all(len(each) == 32 for each in hashes)
