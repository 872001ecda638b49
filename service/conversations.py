"""Conversations about documents, as the database keeps them."""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from database.connect import insert_into, reading, transaction, utc_now
from database.tables import chat_messages, conversations
from errors import JobNotFoundError
from pipeline.document import Box
from retrieval.answer import Answer, Citation, Turn

HISTORY_TURNS = 6
"""How many earlier exchanges a new question may lean on; each is two messages."""


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message; ``citations``, ``refused`` and ``engine`` are the assistant's. ``created_at`` is UTC."""

    id: int
    role: Role
    content: str
    citations: tuple[Citation, ...]
    refused: bool
    engine: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """What an account and a document have said, oldest first."""

    id: str
    job_id: str
    messages: tuple[ChatMessage, ...]


class ConversationStore:
    """One conversation a job and account; it goes when the job goes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, job_id: str, account_id: str, *, last: int | None = None) -> Conversation:
        """The conversation, or its ``last`` messages; begun if there is none.

        Raises JobNotFoundError when the job goes at this moment.
        """
        try:
            with transaction(self._engine) as connection:
                connection.execute(
                    insert_into(connection, conversations)
                    .values(id=uuid.uuid4().hex, job_id=job_id, account_id=account_id, created_at=utc_now())
                    .on_conflict_do_nothing()
                )
        except sa.exc.IntegrityError as error:
            raise JobNotFoundError from error
        found = self.find(job_id, account_id, last=last)
        if found is None:
            raise JobNotFoundError
        return found

    def find(self, job_id: str, account_id: str, *, last: int | None = None) -> Conversation | None:
        with reading(self._engine) as connection:
            row = connection.execute(
                sa.select(conversations.c.id).where(
                    conversations.c.job_id == job_id, conversations.c.account_id == account_id
                )
            ).one_or_none()
            if row is None:
                return None
            newest_first = (
                sa.select(chat_messages)
                .where(chat_messages.c.conversation_id == row.id)
                .order_by(chat_messages.c.id.desc())
                .limit(last)
            )
            messages = [_to_message(message) for message in connection.execute(newest_first).mappings()]
            return Conversation(row.id, job_id, tuple(reversed(messages)))

    def add(self, conversation: Conversation, question: str, answer: Answer) -> ChatMessage:
        """Store a question with its answer, both or neither. Returns the answer as stored.

        Two questions at once are stored one after the other. Raises JobNotFoundError when the conversation was deleted
        in the meantime, alone or with its job.
        """
        now = utc_now()
        asked = {"role": Role.USER, "content": question, "citations": "[]", "refused": False, "engine": ""}
        said = {
            "role": Role.ASSISTANT,
            "content": answer.content,
            "citations": json.dumps([asdict(place) for place in answer.citations]),
            "refused": answer.refused,
            "engine": answer.engine,
        }
        with transaction(self._engine) as connection:
            alive = sa.select(conversations.c.id).where(conversations.c.id == conversation.id).with_for_update()
            if connection.execute(alive).one_or_none() is None:
                raise JobNotFoundError
            for values in (asked, said):
                row = connection.execute(
                    sa.insert(chat_messages)
                    .values(**values, conversation_id=conversation.id, created_at=now)
                    .returning(chat_messages)
                )
                stored = row.mappings().one()
        return _to_message(stored)

    def delete(self, job_id: str, account_id: str) -> None:
        """Forget the conversation; there need not be one."""
        with transaction(self._engine) as connection:
            connection.execute(
                sa.delete(conversations).where(
                    conversations.c.job_id == job_id, conversations.c.account_id == account_id
                )
            )


def to_turns(messages: tuple[ChatMessage, ...]) -> tuple[Turn, ...]:
    """The last exchanges, oldest first."""
    pairs = zip(messages[::2], messages[1::2], strict=False)
    turns = [
        Turn(asked.content, said.content, tuple(place.snippet for place in said.citations)) for asked, said in pairs
    ]
    return tuple(turns[-HISTORY_TURNS:])


def _to_message(row: sa.RowMapping) -> ChatMessage:
    return ChatMessage(
        row["id"],
        Role(row["role"]),
        row["content"],
        tuple(_to_citation(place) for place in json.loads(row["citations"])),
        row["refused"],
        row["engine"],
        row["created_at"],
    )


def _to_citation(values: dict[str, object]) -> Citation:
    boxes = tuple(Box(**box) for box in values.pop("boxes"))  # type: ignore[attr-defined]
    return Citation(**values | {"block_ids": tuple(values["block_ids"]), "boxes": boxes})  # type: ignore[arg-type]
