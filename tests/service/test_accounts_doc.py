"""docs/accounts.md says what the program does."""

import re
import shlex
from pathlib import Path

import pytest

from service.admin import build_parser
from settings import GROUPS, Settings

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0] for line in TEXT.splitlines() if line.startswith("python app.py admin ")]
FIELDS = {name for group in GROUPS.values() for name in group.model_fields}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command: str) -> None:
    build_parser().parse_args(shlex.split(command)[3:])


def test_every_command_is_there() -> None:
    known = set(re.findall(r"^    ([a-z-]+)", build_parser().format_help(), re.M))
    assert {shlex.split(command)[3] for command in COMMANDS} == known


def test_settings_exist_and_have_the_defaults_that_are_told() -> None:
    for name in set(re.findall(r"`([A-Z][A-Z_]{3,})(?:=\w+)?`", TEXT)):
        assert name.lower() in FIELDS, name
    told = re.findall(r"`([A-Z_]+)` \((\d+)\)", TEXT)
    assert len(told) >= 9
    settings = Settings.from_values({})
    values = {
        field: getattr(getattr(settings, group), field) for group in GROUPS for field in GROUPS[group].model_fields
    }
    assert {name: int(number) for name, number in told} == {name: values[name.lower()] for name, _ in told}
