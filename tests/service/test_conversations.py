"""Conversations as the database keeps them."""

import threading
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from database.connect import open_engine, transaction, utc_now
from database.tables import accounts, jobs
from retrieval.answer import Answer
from service.conversations import ConversationStore
from tests.postgres import PostgresCluster
from tests.service.finished_jobs import LEASE_JOB, to_row


@pytest.mark.postgres
def test_two_questions_at_once_keep_their_answers(postgres: PostgresCluster) -> None:
    """The second question is stored when the first's answer is, not between the two."""
    url = postgres.make_database()
    engine = open_engine(url)
    account_id = uuid.uuid4().hex
    with transaction(engine) as connection:
        connection.execute(
            accounts.insert().values(id=account_id, email="a@example.org", plan="free", created_at=utc_now())
        )
        connection.execute(jobs.insert().values(**to_row(LEASE_JOB, account_id)))
    store = ConversationStore(engine)
    conversation = store.get(LEASE_JOB, account_id)
    answer = Answer((), "extractive", "en", refusal="no")
    second = threading.Thread(target=store.add, args=(conversation, "second", answer))

    def let_second_in(connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        if "INSERT INTO chat_messages" not in statement or second.ident is not None:
            return
        second.start()
        with engine.connect() as onlooker:
            waits = sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while second.is_alive() and not onlooker.execute(waits).scalar_one():
                onlooker.rollback()

    sa.event.listen(engine, "after_cursor_execute", let_second_in)
    store.add(conversation, "first", answer)
    second.join()
    said = [message.content for message in store.get(LEASE_JOB, account_id).messages]
    engine.dispose()
    postgres.drop_database(url)
    assert said == ["first", "no", "second", "no"]
