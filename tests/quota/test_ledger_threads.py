"""Many at once: never one credit more than there is, and no one waits for ever."""

import random
import threading
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from database.connect import reading, transaction
from errors import QuotaExceededError
from quota.audit import find_discrepancies
from quota.ledger import Ledger
from tests.quota.payers import FakePayer, make_ledger, make_payer

ANYBODY = FakePayer()


def run_all(tasks: Sequence[Callable[[], None]]) -> list[BaseException]:
    """Every task in a thread of its own, started together; what they raised."""
    barrier = threading.Barrier(len(tasks))
    raised: list[BaseException] = []

    def run(task: Callable[[], None]) -> None:
        barrier.wait()
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - a thread's error would be lost
            raised.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def reserving(engine: sa.Engine, ledger: Ledger, job_id: str, payer: FakePayer, credits: int) -> Callable[[], None]:
    def reserve() -> None:
        with transaction(engine) as connection:
            ledger.reserve(connection, job_id, payer, credits)

    return reserve


def settling(engine: sa.Engine, ledger: Ledger, job_id: str, credits: int) -> Callable[[], None]:
    def settle() -> None:
        with transaction(engine) as connection:
            ledger.settle(connection, job_id, credits)

    return settle


def test_200_threads_get_exactly_the_100_that_there_are(engine: sa.Engine) -> None:
    ledger = make_ledger(day=100)
    refused = run_all([reserving(engine, ledger, f"job{n}", ANYBODY, 1) for n in range(200)])
    assert all(isinstance(error, QuotaExceededError) for error in refused), refused
    assert len(refused) == 100
    with reading(engine) as connection:
        assert ledger.balance(connection, ANYBODY).used == 100
        assert find_discrepancies(connection) == ()


def test_jobs_that_two_buckets_pay_for(engine: sa.Engine) -> None:
    ledger = make_ledger(month=50)
    with transaction(engine) as connection:
        payer = make_payer(connection)
        assert payer.account is not None
        ledger.grant(connection, payer.account.id, 50, "payment")
    # 7 does not divide 50: some job must be split, and 14 jobs of 7 fit into 100.
    refused = run_all([reserving(engine, ledger, f"job{n}", payer, 7) for n in range(40)])
    assert all(isinstance(error, QuotaExceededError) for error in refused), refused
    assert len(refused) == 26
    with reading(engine) as connection:
        assert ledger.balance(connection, payer).used == 98
        assert [level.used for level in ledger.levels(connection, payer)] == [50, 48]
        assert find_discrepancies(connection) == ()


def test_one_job_reserved_and_ended_by_many(engine: sa.Engine) -> None:
    ledger = make_ledger(day=10)
    assert run_all([reserving(engine, ledger, "job", ANYBODY, 10) for _ in range(20)]) == []
    with reading(engine) as connection:
        assert ledger.balance(connection, ANYBODY).used == 10
    assert run_all([settling(engine, ledger, "job", n % 11) for n in range(20)]) == []
    with transaction(engine) as connection:
        assert ledger.balance(connection, ANYBODY).used == ledger.settle(connection, "job", 0)
        assert find_discrepancies(connection) == ()


def test_a_payment_told_by_many(engine: sa.Engine) -> None:
    ledger = make_ledger()
    with transaction(engine) as connection:
        payer = make_payer(connection)
    assert payer.account is not None
    account_id, granted = payer.account.id, []

    def grant() -> None:
        with transaction(engine) as connection:
            granted.append(ledger.grant(connection, account_id, 100, "payment"))

    assert run_all([grant] * 20) == []
    assert granted.count(True) == 1
    with reading(engine) as connection:
        assert ledger.balance(connection, payer).cap == 600


def test_reserving_ending_and_paying_in_any_order_waits_in_no_circle(engine: sa.Engine) -> None:
    ledger = make_ledger(month=40)
    with transaction(engine) as connection:
        payer = make_payer(connection)
    assert payer.account is not None
    account_id, chance = payer.account.id, random.Random(4)

    def paying(number: int) -> Callable[[], None]:
        def pay() -> None:
            with transaction(engine) as connection:
                ledger.grant(connection, account_id, 10, f"payment{number}")

        return pay

    def working(number: int) -> Callable[[], None]:
        credits, read = chance.randint(1, 12), chance.randint(0, 12)

        def work() -> None:
            reserving(engine, ledger, f"job{number}", payer, credits)()
            settling(engine, ledger, f"job{number}", read)()

        return work

    tasks = [working(n) for n in range(40)] + [paying(n) for n in range(10)]
    chance.shuffle(tasks)
    assert all(isinstance(error, QuotaExceededError) for error in run_all(tasks))
    with reading(engine) as connection:
        assert find_discrepancies(connection) == ()
        assert ledger.find_open_jobs(connection, payer.account.created_at.replace(year=9999)) == ()
        usage = ledger.balance(connection, payer)
    assert usage.used <= 140
    assert usage.cap == 140
