"""Questions about finished jobs: who may ask, what it costs, what is answered, what is remembered."""

import logging
import unicodedata
import uuid
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

import sqlalchemy as sa

from database.connect import transaction
from errors import ChatUnavailableError, InvalidFieldError, MissingTokenError, OcrChatError
from pipeline.vlm.config import VlmKind
from retrieval.answer import Answer, AnswerSentence, Turn
from retrieval.answerers.generative import ChatModel, ChatModelError, stream_sentences, to_answer
from retrieval.embedder import EMBEDDED_MODEL, EmbedderConfig
from retrieval.librarian import Excerpts, LibrarianConfig
from retrieval.search import Passage
from service.callers import Account, Caller
from service.conversations import HISTORY_TURNS, ChatMessage, Conversation, ConversationStore, to_turns
from service.job_record import JobRecord
from service.librarian_process import Ask, Find, Forget, IndexPart, LibrarianProcess
from service.metering import Metering
from service.model_choice import choose_instruct_model
from service.waiting_room import WaitingRoom
from settings import Settings

_log = logging.getLogger(__name__)

MAX_MESSAGE_CHARS = 4000
MAX_DOCUMENTS = 20
MAX_PAGES = 2000
"""Of several documents together: what is asked about is held in memory, a third of a megabyte a page."""


class FinishedJobs(Protocol):
    """Knows which jobs may be asked about; the checks are the same as for a download."""

    def require_done(self, caller: Caller, job_id: str) -> JobRecord:
        """Raises JobNotFoundError, JobNotFinishedError, JobFailedError, JobCancelledError."""
        ...


@dataclass(frozen=True, slots=True)
class ChatReply:
    """The assistant's message as it was stored."""

    conversation_id: str
    message: ChatMessage


class Chat:
    """All methods block; doors that are asynchronous call them in a thread, those that answer in one of ``room``."""

    def __init__(
        self,
        engine: sa.Engine,
        jobs: FinishedJobs,
        librarian: LibrarianProcess,
        metering: Metering,
        model: ChatModel | None = None,
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._librarian = librarian
        self._metering = metering
        self._model = model
        self._store = ConversationStore(engine)
        self.room = WaitingRoom()
        self._background = ThreadPoolExecutor(1, thread_name_prefix="chat-index")
        self._stopping = Event()

    def ask(self, caller: Caller, job_id: str, message: str, *, also: Sequence[str] = ()) -> ChatReply:
        """Answer from one job, or from several of one account (``also``), and remember both sides.

        Raises MissingTokenError, JobNotFoundError, a ConflictError for an unfinished job, InvalidFieldError,
        QuotaExceededError, and UnavailableError when nothing can be answered now; then nothing is charged.
        """
        *_, reply = self.stream(caller, job_id, message, also=also)
        assert isinstance(reply, ChatReply)
        return reply

    def stream(
        self, caller: Caller, job_id: str, message: str, *, also: Sequence[str] = ()
    ) -> Generator[str | ChatReply, None, None]:
        """Verified sentences as they come, then the whole reply as it was stored. Raises as :meth:`ask`.

        Whoever stops listening before the end is not charged, and nothing is remembered.
        """
        account = _require_account(caller)
        job_ids = self._check_jobs(caller, job_id, also)
        text = _check_message(message)
        conversation = self._store.get(job_id, account.id, last=2 * HISTORY_TURNS)
        charge_id = self._reserve(caller)
        charge = 0
        try:
            answer = yield from self._answer(job_ids, text, to_turns(conversation.messages))
            stored = self._store.add(conversation, text, answer)
            charge = self._metering.prices.chat_message_credits
        finally:
            self._settle(charge_id, charge)
        yield ChatReply(conversation.id, stored)

    def search(self, caller: Caller, job_ids: Sequence[str], words: str) -> tuple[Passage, ...]:
        """The passages of these documents that fit best, best first; nothing is remembered and nothing charged.

        Raises as :meth:`ask`.
        """
        _require_account(caller)
        text = _check_message(words)
        if not job_ids:
            return ()
        checked = self._check_jobs(caller, job_ids[0], job_ids[1:])
        for job_id in checked:
            self.index(job_id)
        found: Excerpts = self._librarian.call(Find(checked, text, ()))
        return found.passages

    def history(self, caller: Caller, job_id: str) -> Conversation:
        """The whole conversation of this account about the job; it may be empty. Raises as :meth:`ask`."""
        account = _require_account(caller)
        self._jobs.require_done(caller, job_id)
        return self._store.get(job_id, account.id)

    def delete(self, caller: Caller, job_id: str) -> None:
        """Forget the conversation; the job stays. Raises as :meth:`ask`."""
        account = _require_account(caller)
        self._jobs.require_done(caller, job_id)
        self._store.delete(job_id, account.id)

    def index(self, job_id: str) -> None:
        """Make a finished job ready for questions; part by part, so that questions to others get in between.

        Raises ChatUnavailableError when the service is stopped; the next one goes on where this one was.
        """
        while self._librarian.call(IndexPart(job_id)):
            if self._stopping.is_set():
                raise ChatUnavailableError

    def index_later(self, record: JobRecord) -> None:
        """Index a job that has just ended, in the background; a failure is made good by the first question.

        Only an account can ask, so only its jobs are indexed ahead.
        """
        if record.owner_id is not None and record.retain:
            self._background.submit(self._try_to_index, record.id)

    def _try_to_index(self, job_id: str) -> None:
        try:
            self.index(job_id)
        except OcrChatError as error:
            _log.warning("job %s was not indexed ahead: %s", job_id, error)

    def forget(self, job_id: str) -> None:
        """Remove a job's vectors; its conversations go with its row."""
        self._librarian.call(Forget(job_id))

    def start(self) -> None:
        """Nothing: what is heavy starts with the first index or question."""

    def stop(self) -> None:
        """End the processes of search and of the chat model; jobs not indexed yet wait for their first question."""
        self._stopping.set()
        self._background.shutdown(wait=True, cancel_futures=True)
        self._librarian.stop()
        if self._model is not None:
            self._model.close()

    def _check_jobs(self, caller: Caller, job_id: str, also: Sequence[str]) -> tuple[str, ...]:
        job_ids = tuple(dict.fromkeys((job_id, *also)))
        if len(job_ids) > MAX_DOCUMENTS:
            raise InvalidFieldError(
                f"At most {MAX_DOCUMENTS} documents can be asked at once.", details={"field": "also"}
            )
        page_count = sum(self._jobs.require_done(caller, one).page_count for one in job_ids)
        if len(job_ids) > 1 and page_count > MAX_PAGES:
            raise InvalidFieldError(
                f"At most {MAX_PAGES} pages can be asked at once; these have {page_count}.",
                remedy="Leave some out of 'also'.",
                details={"field": "also"},
            )
        return job_ids

    def _answer(
        self, job_ids: tuple[str, ...], message: str, history: tuple[Turn, ...]
    ) -> Generator[str, None, Answer]:
        """Yields sentences, returns the answer. Quotes of the document stand in when the model fails at once."""
        for job_id in job_ids:
            self.index(job_id)
        if self._model is not None:
            found: Excerpts = self._librarian.call(Find(job_ids, message, history))
            sentences: list[AnswerSentence] = []
            try:
                for sentence in stream_sentences(self._model, found, history):
                    sentences.append(sentence)
                    yield sentence.text
                return to_answer(self._model, found, tuple(sentences))
            except ChatModelError as error:
                _log.warning("the chat model failed: %s", error)
                if sentences:
                    return to_answer(self._model, found, tuple(sentences))
        answer: Answer = self._librarian.call(Ask(job_ids, message, history))
        yield from (sentence.text for sentence in answer.sentences)
        return answer

    def _reserve(self, caller: Caller) -> str | None:
        price = self._metering.prices.chat_message_credits
        if not price:
            return None
        charge_id = f"chat-{uuid.uuid4().hex}"
        with transaction(self._engine) as connection:
            self._metering.ledger.reserve(connection, charge_id, caller, price)
        return charge_id

    def _settle(self, charge_id: str | None, credits: int) -> None:
        if charge_id is not None:
            with transaction(self._engine) as connection:
                self._metering.ledger.settle(connection, charge_id, credits)


def _require_account(caller: Caller) -> Account:
    if caller.account is None:
        raise MissingTokenError
    return caller.account


def _check_message(message: str) -> str:
    # A lone surrogate is half a character: neither the database nor the model could take it.
    text = message.replace("\x00", "").encode("utf-8", "ignore").decode().strip()
    if not any(map(_says_something, text)):
        raise InvalidFieldError("The message is empty.", remedy='Send JSON: {"message": "your question"}.')
    if len(text) > MAX_MESSAGE_CHARS:
        raise InvalidFieldError(f"The message is longer than {MAX_MESSAGE_CHARS} characters.")
    return text


def _says_something(char: str) -> bool:
    """A letter, number or symbol; punctuation and what can't be seen ask nothing."""
    return unicodedata.category(char)[0] in "LNS"


def build_chat(settings: Settings, engine: sa.Engine, jobs: FinishedJobs, metering: Metering) -> Chat:
    """As the settings want it; nothing heavy starts before the first question or index."""
    chat, storage = settings.chat, settings.storage
    config = LibrarianConfig(
        embedder=EmbedderConfig(chat.embedder_model or EMBEDDED_MODEL, cache_folder=storage.data_dir / "models"),
        index_folder=storage.data_dir.resolve() / "chroma",
        index_url=chat.chroma_url,
    )
    librarian = LibrarianProcess(config, storage.effective_storage_url)
    return Chat(engine, jobs, librarian, metering, find_chat_model(settings))


def find_chat_model(settings: Settings) -> ChatModel | None:
    """What words the answers; None: the document's own sentences do.

    Where no chat model is set, the server that reads the pages words them too if its model is called an instruct one.
    """
    chat = settings.chat
    if chat.chat_gguf and not chat.chat_url:
        from retrieval.answerers.gguf_server import GgufChat

        return GgufChat(Path(chat.chat_gguf))
    if chat.chat_model and not chat.chat_url:
        from retrieval.answerers.transformers_server import TransformersChat

        return TransformersChat(chat.chat_model, cache_folder=settings.storage.data_dir / "models")
    served = choose_instruct_model(settings)
    is_named = "instruct" in f"{served.profile} {served.model}".casefold()  # unknown ones are only tried at reading
    if served.kind is not VlmKind.SERVED or not is_named:
        return None
    from retrieval.answerers.served_chat import ServedChat

    return ServedChat(served.url, served.model or "default", key=served.key, answer_s=chat.chat_answer_s)
