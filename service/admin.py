"""``python app.py admin …``: accounts, plans and credits from the command line of the server's machine."""

import argparse
import getpass
import sys
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from database.connect import open_engine, reading
from database.migrate import migrate
from errors import OcrChatError
from quota.audit import find_discrepancies
from quota.ledger import MAX_GRANT
from quota.plans import PlanName
from service.account_pages import AccountPages
from service.callers import Caller
from service.metering import build_metering
from service.secrets import load_secrets
from settings import Settings

ASK = "-"
"""Given as a password: it is asked for, and so stands in no list of processes and no shell's history."""

PLANS = (str(PlanName.FREE), str(PlanName.PAID))


def run_admin(settings: Settings, arguments: Sequence[str]) -> int:
    """Run one command; the exit status is 0, 1 when it can't be done, 2 for wrong arguments. Migrates the database."""
    try:
        parsed = build_parser().parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    keys = load_secrets(
        settings.storage.data_dir,
        server_key=settings.security.server_key,
        payments_key=settings.security.payments_key,
    )
    engine = open_engine(settings.storage.effective_database_url)
    try:
        migrate(engine)
        metering = build_metering(settings.plans, keys, max_pages_per_file=settings.limits.max_pages_per_file)
        pages = AccountPages(engine, metering, keys)
        parsed.run(pages, parsed, engine)
    except OcrChatError as error:
        print(str(error), file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app.py admin", description="Accounts, plans and credits.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    create = commands.add_parser("create-account", help="make an account and print its token")
    create.add_argument("email")
    create.add_argument("--plan", choices=PLANS, default=PLANS[0])
    create.add_argument("--credits", type=_to_credits, default=0, metavar="N", help="credits to start with")
    create.add_argument("--password", metavar="TEXT", help="for the browser; '-' asks for it; without one: token only")
    create.set_defaults(run=_create_account)

    grant = commands.add_parser("grant-credits", help="add credits to an account")
    grant.add_argument("email")
    grant.add_argument("credits", type=_to_credits)
    grant.add_argument("--payment-id", metavar="ID", help="the same id counts once, however often it is told")
    grant.set_defaults(run=_grant_credits)

    plan = commands.add_parser("set-plan", help="change the plan of an account")
    plan.add_argument("email")
    plan.add_argument("plan", choices=PLANS)
    plan.set_defaults(run=_set_plan)

    password = commands.add_parser("set-password", help="set a password (asked for), and end all sessions")
    password.add_argument("email")
    password.set_defaults(run=_set_password)

    token = commands.add_parser("create-token", help="make one more token and print it")
    token.add_argument("email")
    token.add_argument("--name", default="made by the administrator")
    token.set_defaults(run=_create_token)

    for name, run, text in (
        ("disable", _disable, "stop an account's tokens and sessions"),
        ("enable", _enable, "undo disable"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("email")
        command.set_defaults(run=run)

    commands.add_parser("list", help="list all accounts").set_defaults(run=_list)
    commands.add_parser("payments-key", help="print the key of the payment call").set_defaults(run=_payments_key)
    commands.add_parser("check-ledger", help="compare all balances with the ledger").set_defaults(run=_check_ledger)
    return parser


def _create_account(pages: AccountPages, arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    password = _ask_password() if arguments.password == ASK else arguments.password
    signed_up = pages.create_account(arguments.email, plan=arguments.plan, password=password)
    if arguments.credits:
        pages.add_credits(signed_up.account.email, arguments.credits, _own_payment_id())
    print(f"Account: {signed_up.account.email} ({signed_up.account.plan})")
    print(f"Token:   {signed_up.token.value}")


def _grant_credits(pages: AccountPages, arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    grant = pages.add_credits(arguments.email, arguments.credits, arguments.payment_id or _own_payment_id())
    said = "added" if grant.is_new else "were added before; nothing changed"
    print(f"{grant.account.email}: {arguments.credits} credits {said}. {_to_balance(grant.usage.remaining)}")


def _set_plan(pages: AccountPages, arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    account = pages.get_account(arguments.email)
    pages.set_plan(account, arguments.plan)
    print(f"{account.email}: plan {arguments.plan}")


def _set_password(pages: AccountPages, arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    account = pages.get_account(arguments.email)
    pages.set_password(account, _ask_password())
    print(f"{account.email}: password set")


def _create_token(pages: AccountPages, arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    print(pages.create_token(pages.get_account(arguments.email), arguments.name).value)


def _disable(pages: AccountPages, arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    account = pages.get_account(arguments.email)
    pages.disable(account)
    print(f"{account.email}: disabled")


def _enable(pages: AccountPages, arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    account = pages.get_account(arguments.email)
    pages.enable(account)
    print(f"{account.email}: enabled")


def _list(pages: AccountPages, _arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    for account in pages.list_accounts():
        usage = pages.plan_info(Caller(account, "")).usage
        state = "disabled" if account.disabled_at else "active"
        print(
            f"{account.email}\t{account.plan}\t{state}\t{account.created_at:%Y-%m-%d}\t{_to_balance(usage.remaining)}"
        )


def _payments_key(pages: AccountPages, _arguments: argparse.Namespace, _engine: sa.Engine) -> None:
    print(pages.payments_key)


def _check_ledger(_pages: AccountPages, _arguments: argparse.Namespace, engine: sa.Engine) -> None:
    with reading(engine) as connection:
        discrepancies = find_discrepancies(connection)
    for each in discrepancies:
        print(f"{each.bucket_id}: granted {each.granted}, reserved {each.reserved}, used {each.used} (has, should be)")
    if discrepancies:
        raise OcrChatError(f"{len(discrepancies)} balances differ from the ledger.")
    print("Every balance is what the ledger says.")


def _to_credits(text: str) -> int:
    credits = int(text)
    if not 1 <= credits <= MAX_GRANT:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MAX_GRANT:,}")
    return credits


def _to_balance(remaining: int | None) -> str:
    return "not metered" if remaining is None else f"{remaining} credits left"


def _own_payment_id() -> str:
    return f"admin-{uuid.uuid4().hex}"


def _ask_password() -> str:
    """From the terminal without echo, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
