"""Log lines with request and job ids, as text or JSON. Never the text of a document, never the name of a file.

An error that nobody expected is logged with the places in the code that it came through. The values of variables are
left out, and so is its message unless it is of a kind that can't quote what somebody sent: documents, questions,
passwords and tokens go through this program's functions.
"""

import logging
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, TextIO

import sqlalchemy as sa
import structlog

from errors import OcrChatError

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_MAX_FRAMES = 40
_MAX_ERRORS = 10
# Their messages name code, or an outage, never a value.
_TELLING = (OcrChatError, AttributeError, ImportError, IndexError, MemoryError, NameError, RecursionError, TypeError)

ALREADY_LOGGED = "already logged"
"""The note on an error that a line was written about: a web server that gets it next writes none."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logs(level: str, log_format: Literal["console", "json"]) -> None:
    """Send our lines, and those of the libraries from warnings on, to standard error in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[structlog.typing.Processor]
    if log_format == "json":
        renderers = [
            structlog.processors.ExceptionRenderer(describe_error),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        renderers = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_write_error)]
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    handler.addFilter(_is_news)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, _LEVELS[level]))


def _is_news(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return ALREADY_LOGGED not in getattr(error, "__notes__", ())


def describe_error(exc_info: ExcInfo) -> str:
    """The error and those that led to it, the oldest first: where each came through, its type, perhaps its message."""
    chain: list[BaseException] = []
    error: BaseException | None = exc_info[1]
    while error is not None and error not in chain and len(chain) < _MAX_ERRORS:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(line for each in reversed(chain) for line in _describe_one(each))


def _describe_one(error: BaseException) -> Iterator[str]:
    frames: list[str] = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"  {code.co_filename}:{step.tb_lineno} in {code.co_name}")
        step = step.tb_next
    if len(frames) > _MAX_FRAMES:
        yield f"  ({len(frames) - _MAX_FRAMES} places before)"
    yield from frames[-_MAX_FRAMES:]
    kind = type(error)
    message = _to_message(error)
    yield f"{kind.__module__}.{kind.__qualname__}" + (f": {message}" if message else "")
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions[:_MAX_ERRORS]:
            yield from (f"  {line}" for line in _describe_one(member))


def _to_message(error: BaseException) -> str:
    """One line; empty for what may quote what somebody sent."""
    if isinstance(error, OSError):
        # Without the name of the file.
        text = error.strerror or ""
    elif isinstance(error, sa.exc.OperationalError):
        text = str(error.orig)
    else:
        text = str(error) if isinstance(error, _TELLING) else ""
    return " ".join(text.split())


def _write_error(stream: TextIO, exc_info: ExcInfo) -> None:
    stream.write(describe_error(exc_info))
