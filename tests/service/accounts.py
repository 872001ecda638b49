"""A set of accounts to test with."""

import sqlalchemy as sa

from database.connect import utc_now
from service.account_pages import AccountPages
from service.metering import Metering, build_metering
from service.secrets import Secrets
from settings import Settings
from tests.quota.payers import FakeClock

KEYS = Secrets(server_key="server key of the tests", payments_key="payments key of the tests")


def make_metering(**values: object) -> Metering:
    return build_metering(Settings.from_values(values).plans, KEYS)


def make_pages(
    engine: sa.Engine,
    *,
    keys: Secrets = KEYS,
    clock: FakeClock | None = None,
    open_sign_up: bool = True,
    sign_ups_per_hour: int = 0,
) -> AccountPages:
    return AccountPages(
        engine,
        build_metering(Settings.from_values({}).plans, keys),
        keys,
        open_sign_up=open_sign_up,
        sign_ups_per_hour=sign_ups_per_hour,
        clock=clock or utc_now,
    )
