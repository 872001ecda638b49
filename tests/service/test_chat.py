"""Chat through the service: who may ask, what is charged and remembered, with the real search process."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction, utc_now
from database.tables import accounts, chat_messages, conversations, credit_buckets, jobs
from errors import (
    ChatUnavailableError,
    InvalidFieldError,
    JobNotFinishedError,
    JobNotFoundError,
    MissingTokenError,
    QuotaExceededError,
)
from pipeline.document_json import to_json
from retrieval.answer import Answer
from service.callers import Account, Caller
from service.chat import Chat, ChatReply, build_chat, find_chat_model
from service.conversations import ConversationStore, to_turns
from service.job_files import JobFiles, document_key
from service.job_record import JobRecord
from service.librarian_process import Ask, LibrarianProcess
from service.metering import build_metering
from service.secrets import load_secrets
from settings import Settings
from tests.retrieval.papers import LEASE, RECEIPT, make_document
from tests.retrieval.scripted_server import passage_with, reply, serve_script
from tests.service.finished_jobs import LEASE_JOB, PENDING_JOB, RECEIPT_JOB, FinishedJobs, to_record, to_row


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chat")


@pytest.fixture
def account(engine: sa.Engine) -> Account:
    values = {"id": uuid.uuid4().hex, "email": f"{uuid.uuid4().hex}@example.org", "plan": "free"}
    with transaction(engine) as connection:
        connection.execute(accounts.insert().values(**values, created_at=utc_now()))
        for job_id in (LEASE_JOB, RECEIPT_JOB, PENDING_JOB):
            connection.execute(jobs.insert().values(**to_row(job_id, values["id"])))
        row = connection.execute(sa.select(accounts).where(accounts.c.id == values["id"])).mappings().one()
    fields = {name: row[name] for name in Account.__dataclass_fields__ if name in row}
    return Account(**fields)


@pytest.fixture(scope="module")
def process(data_dir: Path) -> Iterator[LibrarianProcess]:
    """One search process for the module: opening the model costs seconds."""
    files = JobFiles(str(data_dir / "files"))
    files.write(document_key(LEASE_JOB), to_json(make_document(LEASE, document_id=LEASE_JOB, name="lease.pdf")))
    files.write(document_key(RECEIPT_JOB), to_json(make_document(RECEIPT, document_id=RECEIPT_JOB, name="bread.png")))
    chat = build_chat(to_settings(data_dir), sa.create_engine("sqlite://"), _Nobody(), _metering(to_settings(data_dir)))
    yield chat._librarian
    chat.stop()


class _Nobody:
    def require_done(self, caller: Caller, job_id: str) -> JobRecord:
        raise JobNotFoundError


def to_settings(data_dir: Path, **values: Any) -> Settings:
    return Settings.from_values({"data_dir": data_dir, "quotas": "on", **values})


def _metering(settings: Settings) -> Any:
    return build_metering(settings.plans, load_secrets(settings.storage.data_dir, server_key="", payments_key=""))


@pytest.fixture
def chat(engine: sa.Engine, account: Account, process: LibrarianProcess, data_dir: Path) -> Chat:
    return Chat(engine, FinishedJobs(account), process, _metering(to_settings(data_dir)))


@pytest.fixture
def caller(account: Account) -> Caller:
    return Caller(account, "192.0.2.1")


def test_an_answer_is_given_and_remembered(chat: Chat, caller: Caller) -> None:
    given = chat.ask(caller, LEASE_JOB, "How much is the monthly rent?")
    assert "$1,250.00" in given.message.content
    assert "(p. 1)" in given.message.content
    assert given.message.citations[0].page_number == 1
    assert not given.message.refused
    history = chat.history(caller, LEASE_JOB)
    assert history.id == given.conversation_id
    assert [message.role.value for message in history.messages] == ["user", "assistant"]
    assert history.messages[1] == given.message


def test_a_follow_up_leans_on_the_question_before(chat: Chat, caller: Caller) -> None:
    chat.ask(caller, LEASE_JOB, "When does the first inspection take place?")
    given = chat.ask(caller, LEASE_JOB, "And the second one?")
    assert "November" in given.message.content
    assert len(chat.history(caller, LEASE_JOB).messages) == 4


def test_what_the_document_does_not_say_is_refused(chat: Chat, caller: Caller) -> None:
    given = chat.ask(caller, LEASE_JOB, "Which moons of Jupiter did Galileo discover?")
    assert given.message.refused
    assert given.message.citations == ()
    assert "document" in given.message.content


def test_several_jobs_are_asked_at_once(chat: Chat, caller: Caller) -> None:
    given = chat.ask(caller, LEASE_JOB, "What is the total on the receipt?", also=[RECEIPT_JOB])
    assert "RM 11.70" in given.message.content
    assert "(bread.png, p. 1)" in given.message.content
    assert given.message.citations[0].document_id == RECEIPT_JOB


def test_who_may_not_ask(chat: Chat, caller: Caller, account: Account) -> None:
    with pytest.raises(MissingTokenError):
        chat.ask(Caller(None, "192.0.2.1"), LEASE_JOB, "rent?")
    with pytest.raises(JobNotFoundError):
        chat.ask(caller, "d" * 32, "rent?")
    with pytest.raises(JobNotFoundError):
        chat.ask(caller, LEASE_JOB, "rent?", also=["d" * 32])
    with pytest.raises(JobNotFinishedError):
        chat.ask(caller, PENDING_JOB, "rent?")
    with pytest.raises(JobNotFoundError):
        chat.history(caller, "d" * 32)


@pytest.mark.parametrize("message", ["", "  \n", "\x00", "\ud800", "\u200b\u202e", "?!", "x" * 4001])
def test_messages_that_are_none(chat: Chat, caller: Caller, message: str) -> None:
    with pytest.raises(InvalidFieldError):
        chat.ask(caller, LEASE_JOB, message)
    assert chat.history(caller, LEASE_JOB).messages == ()


def test_no_more_pages_at_once_than_fit_into_memory(
    engine: sa.Engine, account: Account, process: LibrarianProcess, data_dir: Path, caller: Caller
) -> None:
    class LongJobs(FinishedJobs):
        def require_done(self, caller: Caller, job_id: str) -> JobRecord:
            return replace(super().require_done(caller, job_id), page_count=1500)

    chat = Chat(engine, LongJobs(account), process, _metering(to_settings(data_dir)))
    assert not chat.ask(caller, LEASE_JOB, "Who is the tenant?").message.refused
    with pytest.raises(InvalidFieldError, match="2000 pages"):
        chat.ask(caller, LEASE_JOB, "What is the total?", also=[RECEIPT_JOB])


def test_only_the_last_exchanges_are_leant_on(engine: sa.Engine, account: Account) -> None:
    store = ConversationStore(engine)
    for number in range(9):
        store.add(store.get(LEASE_JOB, account.id, last=12), f"question {number}", Answer((), "x", "en", refusal="no"))
    assert len(store.get(LEASE_JOB, account.id).messages) == 18
    turns = to_turns(store.get(LEASE_JOB, account.id, last=12).messages)
    assert [turn.question for turn in turns] == [f"question {number}" for number in range(3, 9)]


def test_half_a_character_harms_nobody(chat: Chat, caller: Caller, process: LibrarianProcess) -> None:
    """JSON can carry it; the model's tokenizer died of it, and with it the process that answers everybody."""
    chat.ask(caller, LEASE_JOB, "Who is the tenant?")
    worker = process._process
    given = chat.ask(caller, LEASE_JOB, "How much is \ud83d the monthly rent?")
    assert "$1,250.00" in given.message.content
    assert process._process is worker
    assert chat.history(caller, LEASE_JOB).messages[-2].content == "How much is  the monthly rent?"


def test_a_job_that_goes_while_it_is_asked_about(
    engine: sa.Engine, account: Account, process: LibrarianProcess, data_dir: Path, caller: Caller
) -> None:
    metering = _metering(to_settings(data_dir, chat_message_credits=2))

    class Vanishing(FinishedJobs):
        def require_done(self, caller: Caller, job_id: str) -> JobRecord:
            record = super().require_done(caller, job_id)
            with transaction(engine) as connection:
                connection.execute(jobs.delete().where(jobs.c.id == job_id))
            return record

    chat = Chat(engine, Vanishing(account), process, metering)
    with pytest.raises(JobNotFoundError):
        chat.ask(caller, LEASE_JOB, "Who is the tenant?")
    with pytest.raises(JobNotFoundError):
        chat.history(caller, RECEIPT_JOB)
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.sum(credit_buckets.c.reserved))).scalar_one() in (None, 0)


def test_a_conversation_is_deleted_and_begun_anew(chat: Chat, caller: Caller, engine: sa.Engine) -> None:
    first = chat.ask(caller, LEASE_JOB, "Who is the tenant?")
    chat.delete(caller, LEASE_JOB)
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(chat_messages)).scalar_one() == 0
    assert chat.history(caller, LEASE_JOB).id != first.conversation_id


def test_conversations_go_with_their_job(chat: Chat, caller: Caller, engine: sa.Engine) -> None:
    chat.ask(caller, LEASE_JOB, "Who is the tenant?")
    with transaction(engine) as connection:
        connection.execute(jobs.delete().where(jobs.c.id == LEASE_JOB))
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(conversations)).scalar_one() == 0


def test_vectors_are_forgotten(chat: Chat, process: LibrarianProcess) -> None:
    chat.index(RECEIPT_JOB)
    chat.forget(RECEIPT_JOB)
    chat.forget("e" * 32)
    # Asked straight away it is searched by words, and asking again through the service indexes it anew.
    assert "11.70" in process.call(Ask((RECEIPT_JOB,), "What is the total?", ())).content


def test_sentences_come_before_the_reply(chat: Chat, caller: Caller) -> None:
    *sentences, last = chat.stream(caller, LEASE_JOB, "May the tenant keep a dog?")
    assert isinstance(last, ChatReply)
    assert sentences
    assert all(isinstance(one, str) and one in last.message.content for one in sentences)


def test_questions_are_charged_once_answered(
    engine: sa.Engine, account: Account, process: LibrarianProcess, data_dir: Path, caller: Caller
) -> None:
    metering = _metering(to_settings(data_dir, chat_message_credits=2, free_pages_per_month=5))
    chat = Chat(engine, FinishedJobs(account), process, metering)
    chat.ask(caller, LEASE_JOB, "Who is the tenant?")
    stopped = chat.stream(caller, LEASE_JOB, "Who is the landlord?")
    next(stopped)
    stopped.close()
    chat.ask(caller, LEASE_JOB, "Who is the landlord?")
    with pytest.raises(QuotaExceededError):
        chat.ask(caller, LEASE_JOB, "And the court?")
    with reading(engine) as connection:
        row = connection.execute(
            sa.select(credit_buckets.c.used, credit_buckets.c.reserved).where(
                credit_buckets.c.account_id == account.id, credit_buckets.c.used > 0
            )
        ).one()
    assert tuple(row) == (4, 0)


def test_a_model_words_the_answer_and_may_fail(
    engine: sa.Engine, account: Account, process: LibrarianProcess, data_dir: Path, caller: Caller
) -> None:
    settings = to_settings(data_dir)
    script = lambda body: reply(  # noqa: E731
        ("The tenant may keep one dog.", passage_with(body, "one dog"), "The tenant may keep one dog")
    )
    from retrieval.answerers.served_chat import ServedChat

    with serve_script(script) as url:
        chat = Chat(engine, FinishedJobs(account), process, _metering(settings), ServedChat(url, "scripted"))
        given = chat.ask(caller, LEASE_JOB, "Are dogs allowed?")
        assert given.message.content == "The tenant may keep one dog (p. 2)."
        assert given.message.engine == "scripted"
    given = chat.ask(caller, LEASE_JOB, "Are dogs allowed?")
    assert given.message.engine == "extractive"
    assert "dog" in given.message.content


def test_jobs_of_accounts_are_indexed_ahead(chat: Chat, process: LibrarianProcess, account: Account) -> None:
    chat.forget(LEASE_JOB)
    chat.index_later(to_record(PENDING_JOB, account.id))  # has no result: logged, not raised
    chat.index_later(to_record(RECEIPT_JOB, None))
    chat.index_later(to_record(LEASE_JOB, account.id))
    chat._background.shutdown(wait=True)
    assert not process.call(_IsIndexed(RECEIPT_JOB))
    assert process.call(_IsIndexed(LEASE_JOB))


def test_a_service_that_is_stopped_indexes_no_further(
    engine: sa.Engine, account: Account, data_dir: Path, caller: Caller
) -> None:
    """Else the search process was started again for the rest of a long document, and stopping took minutes."""

    class Endless:
        calls = 0
        has_begun = threading.Event()

        def call(self, task: object) -> bool:
            self.calls += 1
            self.has_begun.set()
            return True

        def stop(self) -> None:
            self.calls = 0

    librarian = Endless()
    chat = Chat(engine, FinishedJobs(account), librarian, _metering(to_settings(data_dir)))  # type: ignore[arg-type]
    chat.index_later(to_record(LEASE_JOB, account.id))
    librarian.has_begun.wait()
    chat.stop()
    assert librarian.calls == 0
    chat._background.shutdown(wait=True)
    assert librarian.calls == 0


class _IsIndexed:
    def __init__(self, job_id: str) -> None:
        self.job_id = job_id

    def run(self, desk: Any) -> bool:
        return bool(desk.index.find_numbers(self.job_id, model="multilingual-e5-small-q4"))


class _Crash:
    def run(self, desk: Any) -> None:
        import os

        os._exit(3)


class _Hang:
    def run(self, desk: Any) -> None:
        time.sleep(60)


def test_a_crash_costs_one_call(process: LibrarianProcess, chat: Chat, caller: Caller) -> None:
    with pytest.raises(ChatUnavailableError):
        process.call(_Crash())
    assert not chat.ask(caller, LEASE_JOB, "Who is the tenant?").message.refused


def test_a_call_that_hangs_is_ended(tmp_path: Path, process: LibrarianProcess) -> None:
    hanging = LibrarianProcess(process._config, str(tmp_path), timeout_s=1.0)
    with pytest.raises(ChatUnavailableError):
        hanging.call(_Hang())
    hanging.stop()


def test_a_second_writer_is_refused(process: LibrarianProcess, tmp_path: Path) -> None:
    process.call(_IsIndexed(LEASE_JOB))
    second = LibrarianProcess(process._config, str(tmp_path))
    with pytest.raises(ChatUnavailableError, match="CHROMA_URL"):
        second.call(_IsIndexed(LEASE_JOB))
    second.stop()


def test_citations_survive_the_database(chat: Chat, caller: Caller) -> None:
    given = chat.ask(caller, LEASE_JOB, "How much is the deposit?")
    stored = chat.history(caller, LEASE_JOB).messages[-1]
    assert stored.citations == given.message.citations
    assert json.dumps(stored.citations[0].snippet)
    assert stored.citations[0].block_ids == ("p1-b1",)
    assert stored.citations[0].box is not None


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, None),
        ({"chat_url": "http://a/v1", "chat_model": "words"}, "words"),
        ({"chat_url": "http://a/v1", "vlm_url": "http://b/v1", "vlm_model": "Qwen/Qwen3-VL-8B-Instruct"}, "default"),
        ({"vlm_url": "http://b/v1", "vlm_model": "Qwen/Qwen3-VL-8B-Instruct"}, "Qwen/Qwen3-VL-8B-Instruct"),
        ({"vlm_url": "http://b/v1", "vlm_model": "lightonai/LightOnOCR-1B-1025"}, None),
        ({"vlm_url": "http://b/v1", "vlm_model": "gemma", "vlm_profile": "instruct"}, "gemma"),
        ({"vlm_url": "http://b/v1"}, None),
    ],
)
def test_what_words_the_answers(tmp_path: Path, values: dict[str, str], name: str | None) -> None:
    """A model that reads pages words answers too when it follows instructions and no other is set."""
    model = find_chat_model(to_settings(tmp_path, **values))
    assert (model and model.name) == name
