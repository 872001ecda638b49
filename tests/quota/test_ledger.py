"""What a job costs, who pays, and that twice counts once."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction
from database.tables import ledger_entries, reservations
from errors import IdempotencyConflictError, InvalidFieldError, QuotaExceededError
from quota.audit import find_discrepancies
from quota.buckets import Scope
from quota.usage import Usage
from tests.quota.payers import FakeClock, FakePayer, make_ledger, make_payer

MIDNIGHT = datetime(2026, 7, 15, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 8, 1, tzinfo=UTC)
ANYBODY = FakePayer()


def day(cost: int, used: int, cap: int = 50) -> Usage:
    return Usage(cost, used, cap, cap - used, Scope.ANONYMOUS_DAY, MIDNIGHT)


def test_reserving_settling_and_releasing(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        assert ledger.reserve(connection, "job", ANYBODY, 12) == day(12, 12)
        assert ledger.find_usage(connection, "job", ANYBODY) == day(12, 12)
    with transaction(engine) as connection:
        assert ledger.settle(connection, "job", 9, pages=9) == 9
        assert ledger.find_usage(connection, "job", ANYBODY) == day(9, 9)
        assert ledger.balance(connection, ANYBODY) == day(0, 9)
        kinds = connection.execute(sa.select(*ledger_entries.c["kind", "credits"]).order_by(ledger_entries.c.id)).all()
        assert [tuple(row) for row in kinds] == [("reserve", 12), ("charge", 9), ("release", 3)]
        assert find_discrepancies(connection) == ()


def test_a_refused_reservation_says_why_and_changes_nothing(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        ledger.reserve(connection, "first", ANYBODY, 45)
        with pytest.raises(QuotaExceededError) as refusal:
            ledger.reserve(connection, "second", ANYBODY, 6)
        # The caller may go on with its transaction.
        assert ledger.reserve(connection, "third", ANYBODY, 5) == day(5, 50)
    assert refusal.value.details == {
        "used": 45,
        "cap": 50,
        "scope": "anonymous_day",
        "required": 6,
        "remaining": 5,
        "resets_at": MIDNIGHT,
    }
    assert refusal.value.message == "This needs 6 credits; you have 5 of 50 left today."
    assert refusal.value.remedy == "Sign up for a free account, which has more, or come back tomorrow (UTC)."
    with reading(engine) as connection:
        assert ledger.find_usage(connection, "second", ANYBODY) is None
        assert find_discrepancies(connection) == ()


def test_a_job_that_is_rolled_back_takes_its_reservation_along(engine: sa.Engine) -> None:
    ledger = make_ledger()

    def fail_after_reserving() -> None:
        with transaction(engine) as connection:
            ledger.reserve(connection, "job", ANYBODY, 10)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_reserving()
    with reading(engine) as connection:
        assert ledger.balance(connection, ANYBODY) == day(0, 0)
        assert find_discrepancies(connection) == ()


def test_everything_repeated_counts_once(engine: sa.Engine) -> None:
    ledger = make_ledger()
    for _ in range(3):
        with transaction(engine) as connection:
            assert ledger.reserve(connection, "job", ANYBODY, 50).used == 50
    for credits in (30, 50, 0, 30):
        with transaction(engine) as connection:
            assert ledger.settle(connection, "job", credits) == 30
            ledger.refund(connection, "job")
    with transaction(engine) as connection:
        # A reservation told again after its end opens nothing.
        assert ledger.reserve(connection, "job", ANYBODY, 50) == day(30, 30)
        assert ledger.balance(connection, ANYBODY) == day(0, 30)
        assert connection.execute(sa.select(sa.func.count()).select_from(ledger_entries)).scalar_one() == 3
        assert find_discrepancies(connection) == ()


def test_a_refund_first_is_final_too(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        ledger.reserve(connection, "job", ANYBODY, 50)
        ledger.refund(connection, "job")
        assert ledger.settle(connection, "job", 50) == 0
        assert ledger.balance(connection, ANYBODY) == day(0, 0)


def test_never_more_is_charged_than_was_reserved(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        ledger.reserve(connection, "job", ANYBODY, 5)
        assert ledger.settle(connection, "job", 7) == 5
        assert find_discrepancies(connection) == ()


def test_a_job_without_reservation_costs_nothing(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        assert ledger.settle(connection, "unknown", 7) == 0
        ledger.refund(connection, "unknown")
        assert ledger.balance(connection, ANYBODY) == day(0, 0)


@pytest.mark.parametrize("method", ["reserve", "settle"])
def test_negative_credits_are_a_mistake_of_the_program(engine: sa.Engine, method: str) -> None:
    ledger = make_ledger()
    arguments = ("job", ANYBODY, -1) if method == "reserve" else ("job", -1)
    with transaction(engine) as connection, pytest.raises(ValueError, match="negative"):
        getattr(ledger, method)(connection, *arguments)


def test_the_day_ends_at_midnight_utc_and_a_job_is_settled_on_its_own_day(engine: sa.Engine) -> None:
    clock = FakeClock(datetime(2026, 7, 14, 23, 59, tzinfo=UTC))
    ledger = make_ledger(clock)
    with transaction(engine) as connection:
        ledger.reserve(connection, "late", ANYBODY, 50)
        clock.advance(minutes=1)
        ledger.reserve(connection, "early", ANYBODY, 50)
        ledger.settle(connection, "late", 20)
        assert ledger.balance(connection, ANYBODY).used == 50
        late = ledger.find_usage(connection, "late", FakePayer(address="198.51.100.1"))
        assert late == day(20, 20)


def test_addresses_do_not_share_but_a_network_of_ipv6_does(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        ledger.reserve(connection, "a", FakePayer(address="203.0.113.7"), 50)
        ledger.reserve(connection, "b", FakePayer(address="203.0.113.8"), 50)
        ledger.reserve(connection, "c", FakePayer(address="2001:db8:1:2::1"), 50)
        with pytest.raises(QuotaExceededError):
            ledger.reserve(connection, "d", FakePayer(address="2001:db8:1:2:ffff::9"), 1)
        with pytest.raises(QuotaExceededError):
            ledger.reserve(connection, "e", FakePayer(address="::ffff:203.0.113.7"), 1)
        ledger.reserve(connection, "f", FakePayer(address="2001:db8:1:3::1"), 50)


def test_the_month_pays_before_what_was_bought(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        payer = make_payer(connection, plan="paid")
        assert payer.account is not None
        ledger.grant(connection, payer.account.id, 100, "payment")
        assert ledger.reserve(connection, "job", payer, 560) == Usage(560, 560, 600, 40, Scope.CREDITS, NEXT_MONTH)
        assert [level.used for level in ledger.levels(connection, payer)] == [500, 60]
        # What wasn't read is given back to the bought credits first.
        ledger.settle(connection, "job", 510)
        assert [level.used for level in ledger.levels(connection, payer)] == [500, 10]
        assert find_discrepancies(connection) == ()
        with pytest.raises(QuotaExceededError, match="needs 91 credits; you have 90 of 600 left") as refusal:
            ledger.reserve(connection, "big", payer, 91)
    assert refusal.value.details["scope"] == "credits"
    assert refusal.value.details["resets_at"] == NEXT_MONTH


def test_less_read_than_the_month_paid_leaves_the_bought_credits_alone(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        payer = make_payer(connection)
        assert payer.account is not None
        ledger.grant(connection, payer.account.id, 100, "payment")
        ledger.reserve(connection, "job", payer, 600)
        ledger.settle(connection, "job", 400)
        assert [level.used for level in ledger.levels(connection, payer)] == [400, 0]


def test_bought_credits_outlive_the_month_and_its_pages_come_back(engine: sa.Engine) -> None:
    clock = FakeClock()
    ledger = make_ledger(clock)
    with transaction(engine) as connection:
        payer = make_payer(connection)
        assert payer.account is not None
        ledger.grant(connection, payer.account.id, 100, "payment")
        ledger.reserve(connection, "job", payer, 550)
        ledger.settle(connection, "job", 550)
        clock.now = NEXT_MONTH
        assert ledger.balance(connection, payer).remaining == 550
        assert ledger.balance(connection, payer).resets_at == datetime(2026, 9, 1, tzinfo=UTC)


def test_december_is_followed_by_january(engine: sa.Engine) -> None:
    ledger = make_ledger(FakeClock(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)))
    with transaction(engine) as connection:
        payer = make_payer(connection)
        assert ledger.balance(connection, payer).resets_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_an_account_without_bought_credits_has_the_month_as_its_scope(engine: sa.Engine) -> None:
    ledger = make_ledger(month=10)
    with transaction(engine) as connection:
        payer = make_payer(connection)
        with pytest.raises(QuotaExceededError) as refusal:
            ledger.reserve(connection, "job", payer, 11)
    assert refusal.value.details["scope"] == "account_month"
    assert refusal.value.details["resets_at"] == NEXT_MONTH


def test_without_monthly_pages_nothing_comes_back(engine: sa.Engine) -> None:
    ledger = make_ledger(month=0)
    with transaction(engine) as connection:
        payer = make_payer(connection)
        with pytest.raises(QuotaExceededError) as refusal:
            ledger.check(connection, payer, 1)
    assert refusal.value.details["resets_at"] is None
    assert refusal.value.remedy == "Buy credits."


def test_waiting_is_not_advised_where_it_would_not_help(engine: sa.Engine) -> None:
    with reading(engine) as connection, pytest.raises(QuotaExceededError) as refusal:
        make_ledger(day=50).check(connection, ANYBODY, 51)
    assert refusal.value.remedy == "Sign up for a free account, which has more."
    ledger = make_ledger(month=10)
    with transaction(engine) as connection:
        payer = make_payer(connection)
        assert payer.account is not None
        ledger.grant(connection, payer.account.id, 100, "payment")
        ledger.reserve(connection, "job", payer, 105)
        with pytest.raises(QuotaExceededError) as refusal:
            ledger.reserve(connection, "small", payer, 15)
        assert "come back on 2026-08-01" in refusal.value.remedy
        with pytest.raises(QuotaExceededError) as refusal:
            ledger.reserve(connection, "large", payer, 16)
    assert refusal.value.remedy == "Buy credits."


def test_quotas_off_refuse_nothing_and_count_all_the_same(engine: sa.Engine) -> None:
    ledger = make_ledger(metered=False)
    with transaction(engine) as connection:
        ledger.check(connection, ANYBODY, 10_000)
        for job in ("a", "b"):
            usage = ledger.reserve(connection, job, ANYBODY, 10_000)
            ledger.settle(connection, job, 9_000)
        assert usage == Usage(10_000, 19_000, None, None, Scope.ANONYMOUS_DAY, MIDNIGHT)
        assert ledger.balance(connection, ANYBODY).used == 18_000
        assert find_discrepancies(connection) == ()


def test_a_free_job_of_a_payer_with_nothing_left(engine: sa.Engine) -> None:
    ledger = make_ledger(day=0)
    with transaction(engine) as connection:
        assert ledger.reserve(connection, "job", ANYBODY, 0).cost == 0
        assert ledger.settle(connection, "job", 0, pages=3) == 0
        assert find_discrepancies(connection) == ()


def test_checking_first_reserves_nothing(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with reading(engine) as connection:
        assert ledger.check(connection, ANYBODY, 50) == day(50, 0)
        with pytest.raises(QuotaExceededError):
            ledger.check(connection, ANYBODY, 51)


def test_a_lowered_cap_leaves_nothing_rather_than_less(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        make_ledger(day=50).reserve(connection, "job", ANYBODY, 40)
        assert make_ledger(day=10).balance(connection, ANYBODY).remaining == 0


def test_reservations_that_nobody_ended_are_found(engine: sa.Engine) -> None:
    clock = FakeClock()
    ledger = make_ledger(clock)
    with transaction(engine) as connection:
        for job in ("a", "b", "c"):
            ledger.reserve(connection, job, ANYBODY, 1)
            clock.advance(minutes=1)
        ledger.settle(connection, "b", 1)
        assert ledger.find_open_jobs(connection, clock.now) == ("a", "c")
        clock.advance(minutes=-1)
        assert ledger.find_open_jobs(connection, clock.now) == ("a",)


class TestGrants:
    def test_a_payment_counts_once(self, engine: sa.Engine) -> None:
        ledger = make_ledger()
        with transaction(engine) as connection:
            payer = make_payer(connection)
            assert payer.account is not None
            assert ledger.grant(connection, payer.account.id, 100, "payment")
            assert not ledger.grant(connection, payer.account.id, 100, "payment")
            assert ledger.grant(connection, payer.account.id, 100, "another")
            assert ledger.balance(connection, payer).cap == 700
            assert find_discrepancies(connection) == ()

    def test_a_payment_id_belongs_to_one_account_and_number(self, engine: sa.Engine) -> None:
        ledger = make_ledger()
        with transaction(engine) as connection:
            first, second = make_payer(connection), make_payer(connection, "b@example.org")
            assert first.account is not None
            assert second.account is not None
            ledger.grant(connection, first.account.id, 100, "payment")
            with pytest.raises(IdempotencyConflictError):
                ledger.grant(connection, second.account.id, 100, "payment")
            with pytest.raises(IdempotencyConflictError):
                ledger.grant(connection, first.account.id, 101, "payment")

    @pytest.mark.parametrize(
        ("credits", "payment"), [(0, "p"), (-5, "p"), (1_000_000_001, "p"), (5, ""), (5, "x" * 201)]
    )
    def test_what_can_not_be_granted(self, engine: sa.Engine, credits: int, payment: str) -> None:
        ledger = make_ledger()
        with transaction(engine) as connection:
            payer = make_payer(connection)
            assert payer.account is not None
            with pytest.raises(InvalidFieldError):
                ledger.grant(connection, payer.account.id, credits, payment)


def test_the_audit_sees_a_balance_changed_by_hand(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        ledger.reserve(connection, "job", ANYBODY, 5)
        connection.execute(sa.text("UPDATE credit_buckets SET used = used + 1"))
        (found,) = find_discrepancies(connection)
    assert found.used == (1, 0)
    assert found.reserved == (5, 5)


def test_one_row_a_job(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        ledger.reserve(connection, "job", ANYBODY, 5)
        ledger.settle(connection, "job", 4, pages=2)
        row = connection.execute(sa.select(reservations)).one()
    assert (row.job_id, row.account_id, row.credits, row.charged, row.pages) == ("job", None, 5, 4, 2)
