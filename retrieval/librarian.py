"""The whole way from a question to a cited answer, over documents that have been indexed.

One librarian lives in one process: it owns the embedder and the index's writing side.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.document import Document, Page
from retrieval.answer import Answer, AnswerSentence, Citation, Turn
from retrieval.answerers.extractive import Material, Quote, find_quotes
from retrieval.chunking import Chunk, Unit, iterate_chunks, split_page
from retrieval.citing import cite, mark_page, neutralise
from retrieval.embedder import Embedder, EmbedderConfig, open_embedder
from retrieval.evidence import DocumentWords
from retrieval.index import VectorIndex
from retrieval.language_guess import guess_language
from retrieval.question import Question, read_question
from retrieval.search import Passage, PassageSearch
from retrieval.wording import find_wording

_PASSAGES = 6
_MATCHES = 50
_SAMPLE_CHARS = 4000


@dataclass(frozen=True, slots=True)
class LibrarianConfig:
    """``index_url`` (a Chroma server) outranks ``index_folder``; one of them is needed."""

    embedder: EmbedderConfig = EmbedderConfig()
    index_folder: Path | None = None
    index_url: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Documents made ready to be asked about; building one costs milliseconds a page, so callers may keep it."""

    documents: Mapping[str, Document]
    search: PassageSearch
    units: Mapping[tuple[str, int], Sequence[Unit]]
    words: DocumentWords
    language: str | None

    def get_page(self, document_id: str, number: int) -> Page:
        """Raises KeyError for a page that is not there."""
        return self.documents[document_id].get_page(number)


@dataclass(frozen=True, slots=True)
class Findings:
    """A question and the passages that may answer it, best first."""

    question: Question
    passages: tuple[Passage, ...]
    same_language: bool


def build_shelf(documents: Iterable[Document]) -> Shelf:
    """Cut documents into chunks and count their words; needs no vectors."""
    by_id = {document.id: document for document in documents}
    chunks: list[Chunk] = []
    units: dict[tuple[str, int], Sequence[Unit]] = {}
    for document in by_id.values():
        chunks.extend(iterate_chunks(document.id, document.pages))
        units.update({(document.id, page.number): split_page(page) for page in document.pages})
    text = "\n".join(document.text for document in by_id.values())
    return Shelf(by_id, PassageSearch(chunks), units, DocumentWords.of(text), guess_language(text[:_SAMPLE_CHARS]))


class Librarian:
    """Not safe for two threads at once."""

    def __init__(self, embedder: Embedder, index: VectorIndex) -> None:
        self._embedder = embedder
        self._index = index

    @classmethod
    def open(cls, config: LibrarianConfig) -> "Librarian":
        """Raises EmbedderUnavailableError, IndexUnavailableError."""
        index = VectorIndex.open(folder=config.index_folder, url=config.index_url)
        return cls(open_embedder(config.embedder), index)

    def add(self, document_id: str, pages: Iterable[Page]) -> int:
        """Index a document page by page, replacing what was there. Returns the number of chunks."""
        self._index.delete(document_id)
        return self._index.add(iterate_chunks(document_id, pages), self._embedder)

    def has(self, document_id: str) -> bool:
        """Whether the document is indexed with the present model."""
        return self._index.has(document_id, model=self._embedder.name)

    def forget(self, document_id: str) -> None:
        self._index.delete(document_id)

    def find(self, shelf: Shelf, message: str, history: Sequence[Turn] = ()) -> Findings:
        """Search only. Documents that have no vectors are searched by words."""
        question = read_question(message, history)
        vector = self._embedder.embed_questions([question.text])
        matches = self._index.search(list(shelf.documents), vector, model=self._embedder.name, limit=_MATCHES)
        cosines = {f"{match.document_id}:{match.chunk_number}": match.cosine for match in matches}
        same = question.language is None or shelf.language is None or question.language == shelf.language
        passages = shelf.search.rank(question.text, cosines, same_language=same, limit=_PASSAGES)
        return Findings(question, passages, same)

    def ask(self, shelf: Shelf, message: str, history: Sequence[Turn] = ()) -> Answer:
        """An extractive answer."""
        findings = self.find(shelf, message, history)
        material = Material(findings.passages, shelf.units, shelf.search.lexical, shelf.words, findings.same_language)
        quotes = find_quotes(findings.question, material, self._embedder)
        language = findings.question.language or shelf.language
        wording = find_wording(language)
        sentences = tuple(_to_sentence(quote, shelf) for quote in quotes)
        return Answer(sentences, "extractive", language or "en", wording.lead_in if sentences else "", wording.refusal)

    def close(self) -> None:
        self._index.close()


def _to_sentence(quote: Quote, shelf: Shelf) -> AnswerSentence:
    citation: Citation = cite(
        quote.document_id, shelf.get_page(quote.document_id, quote.page_number), quote.start, quote.end
    )
    name = shelf.documents[quote.document_id].source_name if len(shelf.documents) > 1 else ""
    text = mark_page(f"“{neutralise(citation.snippet)}”", quote.page_number, document_name=neutralise(name))
    return AnswerSentence(text, (citation,))
