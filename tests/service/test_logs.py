import json
import subprocess
import sys

import pytest
import sqlalchemy as sa

from database.connect import open_engine, transaction
from errors import JobNotFoundError
from service.logs import ALREADY_LOGGED, describe_error

SECRET = "what-the-letter-says"

SCRIPT = """
import logging, sys
import structlog
from service.logs import configure_logs

configure_logs("info", sys.argv[1])

def read_page(text):
    return {text: 1}[text + "!"]

def answer(question):
    try:
        read_page(question)
    except KeyError as error:
        raise ValueError("can't answer " + question) from error

secret = sys.argv[2]
for log in (structlog.get_logger("ours").error, logging.getLogger("theirs").error):
    try:
        answer(secret)
    except ValueError:
        log("request_failed", exc_info=True)
"""


def log_errors(log_format):
    command = [sys.executable, "-c", SCRIPT, log_format, SECRET]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_unexpected_errors_say_where_and_never_what(log_format):
    said = log_errors(log_format)
    assert SECRET not in said
    assert said.count("in read_page") == 2
    assert said.count("builtins.ValueError") == 2
    assert said.index("builtins.KeyError") < said.index("builtins.ValueError")


def test_each_line_of_json_is_an_object():
    lines = [json.loads(line) for line in log_errors("json").splitlines()]
    assert [line["event"] for line in lines] == ["request_failed", "request_failed"]
    assert all("in read_page" in line["exception"] for line in lines)


def described(error):
    try:
        raise error
    except type(error):
        return describe_error((type(error), error, error.__traceback__))


def test_messages_that_quote_nobody_are_kept():
    assert described(JobNotFoundError()).endswith("errors.JobNotFoundError: " + str(JobNotFoundError()))
    assert described(FileNotFoundError(2, "No such file", SECRET)).endswith("FileNotFoundError: No such file")
    outage = sa.exc.OperationalError("INSERT", {"text": SECRET}, Exception("connection refused"))
    assert described(outage).endswith("OperationalError: connection refused")
    group = described(ExceptionGroup(SECRET, [ValueError(SECRET), TypeError("no such argument")]))
    assert SECRET not in group
    assert group.endswith("  builtins.ValueError\n  builtins.TypeError: no such argument")


def test_an_endless_chain_ends():
    def recurse():
        recurse()

    with pytest.raises(RecursionError) as raised:
        recurse()
    assert len(describe_error((raised.type, raised.value, raised.tb)).splitlines()) < 50


def test_errors_of_the_database_do_not_quote_what_was_to_be_stored(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'db.sqlite'}")
    with pytest.raises(sa.exc.OperationalError) as raised, transaction(engine) as connection:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (:text)"), {"text": SECRET})
    engine.dispose()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(("note", "lines"), [(ALREADY_LOGGED, 0), ("another", 1)])
def test_what_was_logged_is_not_logged_again_by_the_web_server(note, lines):
    script = (
        "import logging, sys\n"
        "from service.logs import configure_logs\n"
        "configure_logs('info', 'json')\n"
        "error = ValueError()\n"
        "error.add_note(sys.argv[1])\n"
        "logging.getLogger('uvicorn.error').error('Exception in ASGI application', exc_info=error)\n"
    )
    finished = subprocess.run([sys.executable, "-c", script, note], check=True, capture_output=True, text=True)
    assert len(finished.stderr.splitlines()) == lines
