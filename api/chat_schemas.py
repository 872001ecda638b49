"""Questions and answers as they stand on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.document import Box
from service.conversations import ChatMessage, Citation, Conversation

EXAMPLE_ANSWER: dict[str, Any] = {
    "conversation": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    "message": {
        "role": "assistant",
        "content": "The total is $42, due on March 3 (p. 1).",
        "citations": [
            {
                "page": 1,
                "snippet": "The invoice total is $42, due on March 3.",
                "job": "9f2c1b7e4a5d4c0f8e6b3a2d1c0f9e8d",
                "bbox": [96.0, 410.5, 702.0, 438.0],
                "boxes": [[96.0, 410.5, 702.0, 438.0]],
                "blocks": ["p1-b7"],
                "start": 310,
                "end": 351,
            }
        ],
        "refused": False,
    },
}


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuestionWire(_Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"message": "What is the invoice total and due date?"}]})

    message: str = Field(description="The question, in any language.")
    also: list[str] = Field(default=[], max_length=20, description="More jobs of yours to search for the answer.")


class CitationWire(_Wire):
    page: int = Field(description="Counts from 1.")
    snippet: str = Field(
        description="The page's own characters `start` to `end`; line breaks inside Chinese or Japanese text left out."
    )
    job: str
    bbox: list[float] | None = Field(description="Around all of the snippet, in pixels of the page image.")
    boxes: list[list[float]] = Field(description="One a line of the snippet.")
    blocks: list[str]
    start: int
    end: int

    @classmethod
    def of(cls, citation: Citation) -> "CitationWire":
        return cls(
            page=citation.page_number,
            snippet=citation.unwrapped,
            job=citation.document_id,
            bbox=_to_bbox(citation.box) if citation.box else None,
            boxes=[_to_bbox(box) for box in citation.boxes],
            blocks=list(citation.block_ids),
            start=citation.start,
            end=citation.end,
        )


class MessageWire(_Wire):
    role: Literal["user", "assistant"]
    content: str
    citations: list[CitationWire]
    refused: bool = Field(description="true: the document does not answer this.")
    engine: str
    created_at: datetime

    @classmethod
    def of(cls, message: ChatMessage) -> "MessageWire":
        return cls(
            role=message.role.value,
            content=message.content,
            citations=[CitationWire.of(citation) for citation in message.citations],
            refused=message.refused,
            engine=message.engine,
            created_at=message.created_at,
        )


class ReplyWire(_Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ANSWER]})

    conversation: str
    message: MessageWire


class HistoryWire(_Wire):
    conversation: str
    job: str
    messages: list[MessageWire]

    @classmethod
    def of(cls, conversation: Conversation) -> "HistoryWire":
        messages = [MessageWire.of(message) for message in conversation.messages]
        return cls(conversation=conversation.id, job=conversation.job_id, messages=messages)


def _to_bbox(box: Box) -> list[float]:
    return [round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1)]
