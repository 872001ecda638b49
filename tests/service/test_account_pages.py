"""Accounts as their owners, the payment system and an administrator see them."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction
from database.tables import accounts, request_counters, sessions, tokens
from errors import (
    ConflictError,
    EmailTakenError,
    IdempotencyConflictError,
    InvalidFieldError,
    InvalidTokenError,
    NotFoundError,
    OcrChatError,
    RateLimitedError,
    UnavailableError,
    WrongPasswordError,
)
from quota.accounts import Account
from quota.expiry import delete_expired
from quota.passwords import hash_password
from service.account_pages import AccountPages, SignedUp
from service.callers import Caller
from service.secrets import Secrets
from tests.quota.payers import FakeClock, make_ledger
from tests.service.accounts import KEYS, make_metering, make_pages

PASSWORD = "correct horse battery"


@pytest.fixture
def pages(engine: sa.Engine) -> AccountPages:
    return make_pages(engine)


def sign_up(pages: AccountPages, email: str = "me@example.org") -> SignedUp:
    return pages.sign_up(email, PASSWORD)


class TestSigningUpAndIn:
    def test_an_account_comes_with_a_token_that_works(self, pages: AccountPages) -> None:
        made = sign_up(pages, " Me@Example.ORG ")
        assert made.account.email == "me@example.org"
        assert made.account.plan == "free"
        assert made.token.name == "default"
        assert re.fullmatch(r"oc_[A-Za-z0-9_-]{43}", made.token.value or "")
        assert pages.authenticate(made.token.value or "") == made.account

    def test_the_password_opens_it(self, pages: AccountPages) -> None:
        made = sign_up(pages)
        assert pages.sign_in("ME@example.org", PASSWORD) == made.account

    @pytest.mark.parametrize(
        ("email", "password"),
        [("me@example.org", "wrong password"), ("you@example.org", PASSWORD), ("no address", PASSWORD), ("", "")],
    )
    def test_wrong_email_and_wrong_password_look_alike(self, pages: AccountPages, email: str, password: str) -> None:
        sign_up(pages)
        with pytest.raises(WrongPasswordError) as refusal:
            pages.sign_in(email, password)
        assert refusal.value.message == "Email or password is wrong."

    def test_one_account_an_email(self, pages: AccountPages) -> None:
        sign_up(pages)
        with pytest.raises(EmailTakenError):
            sign_up(pages, "ME@EXAMPLE.ORG")

    @pytest.mark.parametrize("email", ["", "x", "a@", "@b", "a b@c.org", "a@b@c.org", "a@b..org", "a" * 255 + "@b.org"])
    def test_what_is_no_email_address(self, pages: AccountPages, email: str) -> None:
        with pytest.raises(InvalidFieldError) as refusal:
            sign_up(pages, email)
        assert refusal.value.details == {"field": "email"}

    @pytest.mark.parametrize("password", ["short", "", "x" * 257, "me@example.org"])
    def test_passwords_that_are_refused(self, pages: AccountPages, password: str) -> None:
        with pytest.raises(InvalidFieldError) as refusal:
            pages.sign_up("me@example.org", password)
        assert refusal.value.details == {"field": "password"}

    def test_closed_sign_up(self, engine: sa.Engine) -> None:
        pages = make_pages(engine, open_sign_up=False)
        with pytest.raises(UnavailableError):
            sign_up(pages)
        assert pages.create_account("me@example.org").account.email == "me@example.org"

    def test_so_many_new_accounts_an_hour_and_address(self, engine: sa.Engine) -> None:
        clock = FakeClock()
        pages = make_pages(engine, clock=clock, sign_ups_per_hour=2)
        for n in range(2):
            pages.sign_up(f"{n}@example.org", PASSWORD, address="2001:db8::1")
        with pytest.raises(RateLimitedError) as refusal:
            pages.sign_up("2@example.org", PASSWORD, address="2001:db8::2")
        assert refusal.value.details["retry_after_s"] == 3600
        pages.sign_up("3@example.org", PASSWORD, address="203.0.113.7")
        clock.advance(hours=1)
        pages.sign_up("4@example.org", PASSWORD, address="2001:db8::1")

    def test_guessing_a_password_is_stopped(self, engine: sa.Engine) -> None:
        clock = FakeClock()
        pages = make_pages(engine, clock=clock)
        made = sign_up(pages)
        for _ in range(10):
            with pytest.raises(WrongPasswordError):
                pages.sign_in("me@example.org", "wrong password", address="203.0.113.7")
        with pytest.raises(RateLimitedError):
            pages.sign_in("me@example.org", PASSWORD, address="203.0.113.7")
        # The owner, somewhere else, isn't locked out by it.
        assert pages.sign_in("me@example.org", PASSWORD, address="198.51.100.1") == made.account
        clock.advance(minutes=15)
        assert pages.sign_in("me@example.org", PASSWORD, address="203.0.113.7") == made.account

    def test_changing_the_password_ends_the_sessions(self, pages: AccountPages) -> None:
        account = sign_up(pages).account
        session = pages.open_session(account)
        with pytest.raises(WrongPasswordError):
            pages.change_password(account, "wrong password", "another password")
        pages.change_password(account, PASSWORD, "another password")
        assert pages.find_session(session) is None
        assert pages.sign_in(account.email, "another password") == account

    def test_an_account_without_password_can_not_sign_in(self, pages: AccountPages) -> None:
        pages.create_account("me@example.org")
        with pytest.raises(WrongPasswordError):
            pages.sign_in("me@example.org", "nobody has this password")

    def test_a_hash_of_other_costs_is_made_anew(self, engine: sa.Engine, pages: AccountPages) -> None:
        from argon2 import PasswordHasher

        account = sign_up(pages).account
        old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
        with transaction(engine) as connection:
            connection.execute(sa.update(accounts).values(password_hash=old))
        assert pages.sign_in(account.email, PASSWORD) == account
        with reading(engine) as connection:
            new = connection.execute(sa.select(accounts.c.password_hash)).scalar_one()
        assert new.split("$")[3] == hash_password(PASSWORD, email="").split("$")[3] != old.split("$")[3]


class TestSessions:
    def test_a_session_is_found_until_it_is_closed(self, pages: AccountPages) -> None:
        account = sign_up(pages).account
        first, second = pages.open_session(account), pages.open_session(account)
        assert first != second
        assert pages.find_session(first) == account
        pages.close_session(first)
        assert pages.find_session(first) is None
        assert pages.find_session(second) == account
        assert pages.find_session("made up") is None

    def test_a_session_ends(self, engine: sa.Engine) -> None:
        clock = FakeClock()
        pages = make_pages(engine, clock=clock)
        session = pages.open_session(sign_up(pages).account)
        clock.advance(days=30)
        assert pages.find_session(session) is None
        with transaction(engine) as connection:
            delete_expired(connection, now=clock.now, anonymous_before=clock.now - timedelta(days=2))
            assert connection.execute(sa.select(sessions)).all() == []


class TestTokens:
    def test_several_by_name(self, pages: AccountPages) -> None:
        account = sign_up(pages).account
        made = pages.create_token(account, "  the   scanner ")
        assert [token.name for token in pages.list_tokens(account)] == ["default", "the scanner"]
        assert pages.list_tokens(account)[1].value == made.value
        assert pages.authenticate(made.value or "") == account

    def test_a_rotated_token_replaces_the_old_one(self, pages: AccountPages) -> None:
        made = sign_up(pages)
        rotated = pages.rotate_token(made.account, made.token.id)
        assert (rotated.id, rotated.name) == (made.token.id, "default")
        assert pages.authenticate(rotated.value or "") == made.account
        with pytest.raises(InvalidTokenError):
            pages.authenticate(made.token.value or "")
        assert [token.value for token in pages.list_tokens(made.account)] == [rotated.value]

    def test_a_revoked_token_is_gone(self, engine: sa.Engine, pages: AccountPages) -> None:
        made = sign_up(pages)
        pages.revoke_token(made.account, made.token.id)
        with pytest.raises(InvalidTokenError):
            pages.authenticate(made.token.value or "")
        assert pages.list_tokens(made.account) == ()
        with reading(engine) as connection:
            assert connection.execute(sa.select(tokens.c.sealed)).scalar_one() is None

    @pytest.mark.parametrize("change", ["rotate", "revoke"])
    def test_nobody_touches_the_tokens_of_others(self, pages: AccountPages, change: str) -> None:
        mine, yours = sign_up(pages), sign_up(pages, "you@example.org")
        act: Callable[[Account, str], object] = {"rotate": pages.rotate_token, "revoke": pages.revoke_token}[change]
        for token_id in (yours.token.id, "made up"):
            with pytest.raises(NotFoundError):
                act(mine.account, token_id)
        assert pages.authenticate(yours.token.value or "") == yours.account

    @pytest.mark.parametrize("token", ["", "oc_", "x" * 10_000, "oc_ü\x00", "\ud800"])
    def test_made_up_tokens(self, pages: AccountPages, token: str) -> None:
        sign_up(pages)
        with pytest.raises(InvalidTokenError):
            pages.authenticate(token)

    def test_twenty_are_enough(self, pages: AccountPages) -> None:
        made = sign_up(pages)
        for n in range(19):
            pages.create_token(made.account, f"token {n}")
        with pytest.raises(ConflictError):
            pages.create_token(made.account, "one more")
        pages.revoke_token(made.account, made.token.id)
        pages.create_token(made.account, "one more")

    @pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
    def test_names_that_are_refused(self, pages: AccountPages, name: str) -> None:
        account = sign_up(pages).account
        with pytest.raises(InvalidFieldError):
            pages.create_token(account, name)

    def test_when_it_was_used_last_to_the_minute(self, engine: sa.Engine) -> None:
        clock = FakeClock()
        pages = make_pages(engine, clock=clock)
        made = sign_up(pages)
        value = made.token.value or ""
        assert pages.list_tokens(made.account)[0].last_used_at is None
        pages.authenticate(value)
        first = clock.now
        clock.advance(seconds=30)
        pages.authenticate(value)
        assert pages.list_tokens(made.account)[0].last_used_at == first
        clock.advance(seconds=31)
        pages.authenticate(value)
        assert pages.list_tokens(made.account)[0].last_used_at == clock.now

    def test_nothing_that_opens_anything_is_stored_in_clear(self, database_url: str, engine: sa.Engine) -> None:
        pages = make_pages(engine)
        made = sign_up(pages)
        session = pages.open_session(made.account)
        pages.sign_in(made.account.email, PASSWORD, address="203.0.113.77")
        with reading(engine) as connection:
            everything = [
                str(tuple(row))
                for table in (accounts, tokens, sessions, request_counters)
                for row in connection.execute(sa.select(table))
            ]
        for secret in (made.token.value or "", session, PASSWORD, "203.0.113.77"):
            assert not any(secret in row for row in everything)

    def test_with_another_server_key_tokens_work_but_are_not_shown(self, engine: sa.Engine) -> None:
        made = sign_up(make_pages(engine))
        pages = make_pages(engine, keys=Secrets("another key", "x"))
        assert pages.authenticate(made.token.value or "") == made.account
        assert pages.list_tokens(made.account)[0].value is None
        assert pages.rotate_token(made.account, made.token.id).value is not None

    def test_a_sealed_token_moved_to_another_row_stays_closed(self, engine: sa.Engine, pages: AccountPages) -> None:
        mine, yours = sign_up(pages), sign_up(pages, "you@example.org")
        with transaction(engine) as connection:
            sealed = sa.select(tokens.c.sealed).where(tokens.c.id == yours.token.id).scalar_subquery()
            connection.execute(sa.update(tokens).where(tokens.c.id == mine.token.id).values(sealed=sealed))
        assert pages.list_tokens(mine.account)[0].value is None


class TestDisabling:
    def test_a_disabled_account_can_do_nothing_until_it_is_enabled(self, pages: AccountPages) -> None:
        made = sign_up(pages)
        session = pages.open_session(made.account)
        pages.disable(made.account)
        with pytest.raises(InvalidTokenError):
            pages.authenticate(made.token.value or "")
        with pytest.raises(WrongPasswordError):
            pages.sign_in(made.account.email, PASSWORD)
        assert pages.find_session(session) is None
        pages.enable(made.account)
        assert pages.authenticate(made.token.value or "") == made.account
        assert pages.find_session(session) is None


class TestPayments:
    def test_a_payment_adds_credits_and_makes_the_account_a_paid_one(self, pages: AccountPages) -> None:
        sign_up(pages)
        grant = pages.grant_credits("ME@example.org", 1000, "order-1")
        assert (grant.is_new, grant.account.plan, grant.usage.remaining) == (True, "paid", 1500)
        again = pages.grant_credits("me@example.org", 1000, "order-1")
        assert (again.is_new, again.usage.remaining) == (False, 1500)

    def test_told_again_it_does_not_undo_what_an_administrator_set(self, pages: AccountPages) -> None:
        account = sign_up(pages).account
        pages.grant_credits(account.email, 1000, "order-1")
        pages.set_plan(account, "free")
        assert pages.grant_credits(account.email, 1000, "order-1").account.plan == "free"

    def test_an_administrators_gift_leaves_the_plan(self, pages: AccountPages) -> None:
        account = sign_up(pages).account
        assert pages.add_credits(account.email, 10, "gift").account.plan == "free"

    @pytest.mark.parametrize(
        ("email", "credits", "error"),
        [("nobody@example.org", 5, NotFoundError), ("me@example.org", 0, InvalidFieldError)],
    )
    def test_refused_payments(self, pages: AccountPages, email: str, credits: int, error: type[OcrChatError]) -> None:
        sign_up(pages)
        with pytest.raises(error):
            pages.grant_credits(email, credits, "order-1")

    def test_a_payment_id_is_for_one_payment(self, pages: AccountPages) -> None:
        sign_up(pages)
        sign_up(pages, "you@example.org")
        pages.grant_credits("me@example.org", 5, "order-1")
        with pytest.raises(IdempotencyConflictError):
            pages.grant_credits("you@example.org", 5, "order-1")

    def test_the_payments_key(self, pages: AccountPages) -> None:
        pages.check_payments_key(KEYS.payments_key)
        for key in ("", "wrong", KEYS.server_key, "ü"):
            with pytest.raises(InvalidTokenError):
                pages.check_payments_key(key)


class TestUse:
    def test_day_by_day(self, engine: sa.Engine) -> None:
        clock = FakeClock()
        pages, ledger = make_pages(engine, clock=clock), make_ledger(clock)
        caller = Caller(sign_up(pages).account, "203.0.113.7")
        for job, credits, pages_read in (("a", 3, 3), ("b", 6, 2)):
            with transaction(engine) as connection:
                ledger.reserve(connection, job, caller, 10)
                ledger.settle(connection, job, credits, pages=pages_read)
        clock.advance(days=2)
        with transaction(engine) as connection:
            ledger.reserve(connection, "c", caller, 10)
            ledger.settle(connection, "c", 1, pages=1)
            ledger.reserve(connection, "open", caller, 10)
        assert caller.account is not None
        days = pages.usage_by_day(caller.account, days=4)
        assert [(each.day, each.jobs, each.pages, each.credits) for each in days] == [
            (date(2026, 7, 13), 0, 0, 0),
            (date(2026, 7, 14), 2, 5, 9),
            (date(2026, 7, 15), 0, 0, 0),
            (date(2026, 7, 16), 1, 1, 1),
        ]
        other = sign_up(pages, "you@example.org").account
        assert sum(each.jobs for each in pages.usage_by_day(other)) == 0
        assert len(pages.usage_by_day(other)) == 30

    @pytest.mark.parametrize("days", [0, -1, 367])
    def test_days_out_of_range(self, pages: AccountPages, days: int) -> None:
        account = sign_up(pages).account
        with pytest.raises(InvalidFieldError):
            pages.usage_by_day(account, days=days)

    def test_the_plan_and_what_is_left(self, pages: AccountPages) -> None:
        anonymous = pages.plan_info(Caller(None, "203.0.113.7"))
        assert (anonymous.plan.name, anonymous.plan.max_pages, anonymous.usage.remaining) == ("anonymous", 20, 50)
        account = sign_up(pages).account
        pages.grant_credits(account.email, 100, "order-1")
        paid = pages.plan_info(Caller(pages.get_account(account.email), "203.0.113.7"))
        assert (paid.plan.name, paid.plan.max_pages, paid.usage.remaining) == ("paid", 1000, 600)
        assert [(level.bucket.scope, level.cap) for level in paid.levels] == [("account_month", 500), ("credits", 100)]
        assert (paid.page_credits, paid.chat_message_credits) == ({"cpu": 1, "vlm": 3}, 0)

    def test_settings_make_plans_and_prices(self) -> None:
        metering = make_metering(quotas="off", anonymous_max_pages=7, vlm_page_credits=9)
        assert not metering.plans.metered
        assert metering.plan_of(None).max_pages == 2000
        assert make_metering(anonymous_max_pages=7).plan_of(None).max_pages == 7
        assert metering.prices.of_pages("vlm", 2) == 18


def test_the_sqlite_file_is_readable_by_the_server_only(tmp_path: Path) -> None:
    from database.connect import open_engine
    from database.migrate import migrate

    engine = open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    migrate(engine)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    engine.dispose()
