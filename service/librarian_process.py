"""The one process that owns the embedding model and writes the vector index.

It is started on first use, lives as long as the server and is started again after a crash. Requests are handled one at
a time and in order, so each is kept short: a long document is indexed in parts, and questions get in between.

The index can be made anew from the documents at any time: one that is damaged is thrown away.
"""

import fcntl
import logging
import multiprocessing
import shutil
from collections import OrderedDict
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from errors import ChatUnavailableError, JobNotFoundError, OcrChatError
from pipeline.document import Document
from pipeline.document_json import from_json
from retrieval.answer import Answer, Turn
from retrieval.embedder import Embedder, EmbedderUnavailableError, open_embedder
from retrieval.index import IndexUnavailableError, VectorIndex
from retrieval.librarian import Excerpts, Librarian, LibrarianConfig, Shelf, build_shelf
from service.job_files import JobFiles, document_key
from service.logs import describe_error
from service.turns import Turns

_log = logging.getLogger(__name__)

CALL_TIMEOUT_S = 180.0
_CACHED_PAGES = 400
_STOP_TIMEOUT_S = 5.0
_LOCK_NAME = "writer.lock"
_MIN_FREE_BYTES = 64 * 1024 * 1024
"""With less on the disk an index that can't be written is not taken for a damaged one."""


class Task(Protocol):
    """A request: a small picklable value that is carried out in the process."""

    def run(self, desk: "Desk") -> Any: ...


@dataclass(frozen=True, slots=True)
class IndexPart:
    """Index the next chunks of a job. The result is True when more are left."""

    job_id: str

    def run(self, desk: "Desk") -> bool:
        if self.job_id in desk.indexed:
            return False
        has_more = desk.librarian.add_part(desk.get_shelf((self.job_id,)), self.job_id)
        if not has_more:
            desk.indexed.add(self.job_id)
        return has_more


@dataclass(frozen=True, slots=True)
class Forget:
    job_id: str

    def run(self, desk: "Desk") -> None:
        desk.forget(self.job_id)


@dataclass(frozen=True, slots=True)
class Ask:
    """An extractive :class:`~retrieval.answer.Answer` from one or several jobs."""

    job_ids: tuple[str, ...]
    message: str
    history: tuple[Turn, ...]

    def run(self, desk: "Desk") -> Answer:
        return desk.librarian.ask(desk.get_shelf(self.job_ids), self.message, self.history)


@dataclass(frozen=True, slots=True)
class Find:
    """The passages a generative model may answer from."""

    job_ids: tuple[str, ...]
    message: str
    history: tuple[Turn, ...]

    def run(self, desk: "Desk") -> Excerpts:
        return desk.librarian.find(desk.get_shelf(self.job_ids), self.message, self.history)


@dataclass(frozen=True, slots=True)
class DiscardIndex:
    """Throw away a damaged index. For a process that has not opened it; the next task begins a new one."""

    def run(self, desk: "Desk") -> None:
        desk.discard_index()


class Desk:
    """The process's own state: index and embedder, each opened on first use, and the documents asked about last."""

    def __init__(self, config: LibrarianConfig, storage_url: str) -> None:
        self._config = config
        self._files = JobFiles(storage_url)
        self.indexed: set[str] = set()
        self._shelves: OrderedDict[tuple[str, ...], Shelf] = OrderedDict()
        self._index: VectorIndex | None = None
        self._embedder: Embedder | None = None
        self._librarian: Librarian | None = None
        self._lock: IO[str] | None = None

    @property
    def index(self) -> VectorIndex:
        """Raises ChatUnavailableError, IndexUnavailableError."""
        if self._index is None:
            folder, url = self._config.index_folder, self._config.index_url
            self._lock = self._lock or _lock_folder(folder, url)
            self._index = VectorIndex.open(folder=folder, url=url)
        return self._index

    @property
    def librarian(self) -> Librarian:
        """Raises ChatUnavailableError, IndexUnavailableError."""
        if self._librarian is None:
            index = self.index
            try:
                self._embedder = self._embedder or open_embedder(self._config.embedder)
            except EmbedderUnavailableError as error:
                raise ChatUnavailableError(str(error)) from error
            self._librarian = Librarian(self._embedder, index)
        return self._librarian

    def let_go_of_index(self) -> None:
        """The next task opens it again, and asks it again which documents it has."""
        self._index = self._librarian = None
        self.indexed.clear()

    def get_shelf(self, job_ids: tuple[str, ...]) -> Shelf:
        """Raises JobNotFoundError when a result is gone."""
        if job_ids in self._shelves:
            self._shelves.move_to_end(job_ids)
            return self._shelves[job_ids]
        shelf = build_shelf([self._read(job_id) for job_id in job_ids])
        self._shelves[job_ids] = shelf
        while len(self._shelves) > 1 and sum(map(_page_count, self._shelves.values())) > _CACHED_PAGES:
            self._shelves.popitem(last=False)
        return shelf

    def forget(self, job_id: str) -> None:
        for job_ids in [key for key in self._shelves if job_id in key]:
            del self._shelves[job_ids]
        self.indexed.discard(job_id)
        self.index.delete(job_id)

    def discard_index(self) -> None:
        """Raises ChatUnavailableError when the folder can't be emptied, or another process owns it."""
        folder = self._config.index_folder
        self._lock = self._lock or _lock_folder(folder, self._config.index_url)
        if folder is None or self._lock is None:
            return
        try:
            if shutil.disk_usage(folder).free < _MIN_FREE_BYTES:
                raise ChatUnavailableError("The disk is full: questions can't be answered.")
            for entry in folder.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry.name != _LOCK_NAME:
                    entry.unlink()
        except OSError as error:
            raise _unusable(error) from error

    def _read(self, job_id: str) -> Document:
        try:
            return from_json(self._files.read(document_key(job_id)))
        except FileNotFoundError as error:
            raise JobNotFoundError from error


class LibrarianProcess:
    """Calls from any thread wait for each other, first come first served."""

    def __init__(self, config: LibrarianConfig, storage_url: str, *, timeout_s: float = CALL_TIMEOUT_S) -> None:
        self._config = config
        self._storage_url = storage_url
        self._timeout_s = timeout_s
        self._turns = Turns()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def call(self, task: Task) -> Any:
        """The task's result, or the error it raised. Raises ChatUnavailableError when the process fails.

        A process that died (out of memory, killed) is started once more for the task. An index that can't be used is
        opened once more; when that does not help, its folder is emptied and the documents are indexed again.
        """
        with self._turns:
            result = self._exchange(task)
            if isinstance(result, _Failed):
                result = self._exchange(task)
            if isinstance(result, _Failed) and result.reason and not self._config.index_url:
                result = self._discard_index(result.reason) or self._exchange(task)
        if isinstance(result, _Failed):
            raise _to_error(result)
        if isinstance(result, OcrChatError):
            raise result
        return result

    def _exchange(self, task: Task) -> Any:
        """The answer, or :class:`_Failed`: then the index will be opened anew. Raises ChatUnavailableError."""
        try:
            connection = self._ensure_started()
            connection.send(task)
            if not connection.poll(self._timeout_s):
                raise TimeoutError
            result = connection.recv()
        except TimeoutError as error:
            self._end()
            raise ChatUnavailableError from error
        except (EOFError, OSError):
            self._end()
            return _Failed()
        if isinstance(result, _LastWords):
            self._end()
            _log.error("the search process failed\n%s", result.text)
            raise ChatUnavailableError
        if isinstance(result, IndexUnavailableError):
            if not self._config.index_url:  # what Chroma keeps of a folder in memory goes only with the process
                self._end()
            return _Failed(str(result))
        return result

    def _discard_index(self, reason: str) -> Any:
        """None, or what went wrong."""
        _log.warning("the vector index is begun anew: %s", reason)
        return self._exchange(DiscardIndex())

    def stop(self) -> None:
        """End the process; the next call starts another."""
        with self._turns:
            self._end()

    def _ensure_started(self) -> Connection:
        if self._connection is not None and self._process is not None and self._process.is_alive():
            return self._connection
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, self._config, self._storage_url), name="librarian", daemon=True
        )
        process.start()
        theirs.close()
        self._process, self._connection = process, ours
        return ours

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.join(_STOP_TIMEOUT_S if self._connection is not None else 0)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._process = self._connection = None


def serve(connection: Connection, config: LibrarianConfig, storage_url: str) -> None:
    """The process's main loop; it ends when the other end closes."""
    import signal

    # Ctrl-C reaches the whole process group: the server decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    desk = Desk(config, storage_url)
    with ExitStack() as stack:
        stack.push(partial(_say_last_words, connection))
        while True:
            try:
                task: Task = connection.recv()
            except EOFError:
                return
            connection.send(_carry_out(task, desk))


def _carry_out(task: Task, desk: Desk) -> Any:
    try:
        return task.run(desk)
    except OcrChatError as error:
        return error
    except IndexUnavailableError as error:
        desk.let_go_of_index()
        return error


def _say_last_words(
    connection: Connection, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> bool:
    """What nobody expected is told to the server, whose log leaves out what documents and people say. Ends quietly."""
    if kind is None or error is None or issubclass(kind, SystemExit):
        return False
    with suppress(OSError):  # the server is gone
        connection.send(_LastWords(describe_error((kind, error, trace))))
    return True


@dataclass(frozen=True, slots=True)
class _Failed:
    """The process died, or ``reason`` says why its index can't be used."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class _LastWords:
    """Of a process that ends because of an error that nobody expected."""

    text: str


def _page_count(shelf: Shelf) -> int:
    return sum(len(document.pages) for document in shelf.documents.values())


def _lock_folder(folder: Path | None, url: str) -> IO[str] | None:
    """A second process writing Chroma's folder breaks the first: refuse instead."""
    if url or folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK_NAME).open("w")
    except OSError as error:
        raise _unusable(error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ChatUnavailableError(
            "Another process of this server owns the vector index.",
            remedy="Run a Chroma server and set CHROMA_URL when several processes answer questions.",
        ) from error
    return lock


def _to_error(failed: _Failed) -> ChatUnavailableError:
    """Where the index lies, and what its server says, is for the log."""
    if not failed.reason:
        return ChatUnavailableError()
    _log.warning("the search has no index: %s", failed.reason)
    return ChatUnavailableError("The vector index can't be used.")


def _unusable(error: OSError) -> ChatUnavailableError:
    return ChatUnavailableError(f"The folder of the vector index can't be used: {error.strerror}.")
