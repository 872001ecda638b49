"""What an answer is: sentences, each with the place in the document that says so."""

import re
from dataclasses import dataclass, field

from pipeline.document import Box

_WRAPPED = re.compile(r"(?<=[\u3001-\u30ff\u3400-\u9fff\uff01-\uff60])\n(?=[\u3001-\u30ff\u3400-\u9fff\uff01-\uff60])")


def unwrap(text: str) -> str:
    """A line break inside a sentence of a script without spaces is nothing; elsewhere it is a space."""
    return _WRAPPED.sub("", text)


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document. ``snippet`` is the page's own characters ``start`` to ``end`` of ``Page.text``.

    ``boxes`` cover them line by line, in page pixels (origin top left); empty when the page has no boxes.
    """

    document_id: str
    page_number: int
    block_ids: tuple[str, ...]
    snippet: str
    start: int
    end: int
    boxes: tuple[Box, ...] = ()

    @property
    def unwrapped(self) -> str:
        """The snippet without line breaks inside running text of scripts that put no space between words."""
        return unwrap(self.snippet)

    @property
    def box(self) -> Box | None:
        """The rectangle around all boxes."""
        return Box.around(self.boxes) if self.boxes else None


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One statement, already carrying its "(p. N)", and what supports it (never empty)."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """``sentences`` is empty when ``refused``; ``lead_in`` may stand before them and claims nothing.

    ``engine`` names what answered: ``extractive``, or the generative model. ``language`` is the question's.
    """

    sentences: tuple[AnswerSentence, ...]
    engine: str
    language: str
    lead_in: str = ""
    refusal: str = ""

    @property
    def refused(self) -> bool:
        return not self.sentences

    @property
    def content(self) -> str:
        """The answer as one text; each sentence ends with its page as "(p. N)"."""
        if self.refused:
            return self.refusal
        return " ".join(part for part in (self.lead_in, *(sentence.text for sentence in self.sentences)) if part)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All places, in the order of the sentences, each once."""
        return tuple(dict.fromkeys(place for sentence in self.sentences for place in sentence.citations))


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier exchange of the conversation; ``quoted`` are the snippets that its answer cited."""

    question: str
    answer: str
    quoted: tuple[str, ...] = field(default=())
