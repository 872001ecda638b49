"""The administrator's commands."""

import io
from pathlib import Path

import pytest

from service.admin import run_admin
from settings import Settings


class Console:
    def __init__(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._settings = Settings.from_values({"data_dir": data_dir, "database_url": ""})
        self._capsys = capsys

    def run(self, *arguments: str, status: int = 0) -> str:
        """What was printed, errors too."""
        assert run_admin(self._settings, arguments) == status
        printed = self._capsys.readouterr()
        return printed.out + printed.err


@pytest.fixture
def console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Console:
    return Console(tmp_path / "data", capsys)


def test_an_account_in_one_command(console: Console) -> None:
    printed = console.run("create-account", "Me@Example.org", "--plan", "paid", "--credits", "70")
    assert "Account: me@example.org (paid)" in printed
    assert len([word for word in printed.split() if word.startswith("oc_")]) == 1
    assert console.run("list").split("\t")[0:3] == ["me@example.org", "paid", "active"]
    assert "570 credits left" in console.run("list")


def test_credits_and_plan(console: Console) -> None:
    console.run("create-account", "me@example.org")
    assert "5 credits added. 505 credits left" in console.run(
        "grant-credits", "me@example.org", "5", "--payment-id", "x"
    )
    assert "nothing changed. 505" in console.run("grant-credits", "me@example.org", "5", "--payment-id", "x")
    assert "510 credits left" in console.run("grant-credits", "me@example.org", "5")
    console.run("set-plan", "me@example.org", "paid")
    assert "\tpaid\t" in console.run("list")
    assert console.run("check-ledger") == "Every balance is what the ledger says.\n"


def test_disabling(console: Console) -> None:
    console.run("create-account", "me@example.org")
    console.run("disable", "me@example.org")
    assert "\tdisabled\t" in console.run("list")
    console.run("enable", "me@example.org")
    assert "\tactive\t" in console.run("list")


def test_a_password_is_read_from_a_pipe(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\nanother horse\nshort\n"))
    console.run("create-account", "me@example.org", "--password", "-")
    console.run("set-password", "me@example.org")
    assert "8 to 256 characters" in console.run("set-password", "me@example.org", status=1)


def test_more_tokens_and_the_payments_key(console: Console) -> None:
    console.run("create-account", "me@example.org")
    assert console.run("create-token", "me@example.org", "--name", "scanner").startswith("oc_")
    assert len(console.run("payments-key").strip()) >= 32


def test_what_can_not_be_done_says_so(console: Console) -> None:
    console.run("create-account", "me@example.org")
    assert "already" in console.run("create-account", "me@example.org", status=1)
    assert "no account" in console.run("grant-credits", "nobody@example.org", "5", status=1)
    assert "not an email" in console.run("create-account", "me", status=1)
    assert "from 1 to" in console.run("grant-credits", "me@example.org", "0", status=2)
    assert "invalid choice" in console.run("create-account", "x@example.org", "--plan", "gold", status=2)
    assert "usage:" in console.run(status=2)
    assert "create-account" in console.run("--help")
    assert console.run("list").count("\n") == 1
