"""The whole way from a question to a cited answer, over documents that have been indexed.

One librarian lives in one process: it owns the embedder and the index's writing side.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.document import Document, Page
from retrieval.answer import Answer, AnswerSentence, Turn
from retrieval.answerers.extractive import Quote, find_quotes
from retrieval.chunking import Chunk, Unit, iterate_chunks, split_page
from retrieval.citing import cite, mark_page, neutralise
from retrieval.compound import split_question
from retrieval.embedder import Embedder, EmbedderConfig
from retrieval.evidence import DocumentWords
from retrieval.index import VectorIndex
from retrieval.language_guess import guess_language
from retrieval.question import Question, read_question
from retrieval.ranking import Material
from retrieval.search import Passage, PassageSearch
from retrieval.tables import TableRow, choose_cells, describe_row, find_row
from retrieval.wording import find_wording

PART_CHUNKS = 32
_PASSAGES = 6
_MATCHES = 50
_SAMPLE_CHARS = 4000


@dataclass(frozen=True, slots=True)
class LibrarianConfig:
    """``index_url`` (a Chroma server) outranks ``index_folder``; one of them is needed."""

    embedder: EmbedderConfig = field(default_factory=EmbedderConfig)
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
class Excerpts:
    """What was found for a question: the best passages, best first, and the pages they stand on.

    ``pages`` maps (document, page number); ``names`` the documents to what their files are called.
    """

    question: Question
    passages: tuple[Passage, ...]
    pages: Mapping[tuple[str, int], Page]
    names: Mapping[str, str]
    same_language: bool
    language: str | None


def build_shelf(documents: Iterable[Document]) -> Shelf:
    """Cut documents into chunks and count their words; needs no vectors."""
    by_id = {document.id: document for document in documents}
    chunks: list[Chunk] = []
    units: dict[tuple[str, int], Sequence[Unit]] = {}
    for document in by_id.values():
        chunks.extend(iterate_chunks(document.id, document.pages))
        units.update({(document.id, page.number): split_page(page) for page in document.pages})
    pages = [page.text for document in by_id.values() for page in document.pages]
    language = guess_language("\n".join(pages)[:_SAMPLE_CHARS])
    return Shelf(by_id, PassageSearch(chunks), units, DocumentWords.of(*pages), language)


class Librarian:
    """Not safe for two threads at once."""

    def __init__(self, embedder: Embedder, index: VectorIndex) -> None:
        self._embedder = embedder
        self._index = index

    def add(self, shelf: Shelf, document_id: str) -> None:
        """Index what is not indexed yet of a document."""
        while self.add_part(shelf, document_id):
            continue

    def add_part(self, shelf: Shelf, document_id: str, *, limit: int = PART_CHUNKS) -> bool:
        """Index the next chunks that have no vector of the present model. Returns whether more are left."""
        done = self._index.find_numbers(document_id, model=self._embedder.name)
        chunks = [chunk for chunk in shelf.search.chunks if chunk.document_id == document_id]
        left = [chunk for chunk in chunks if chunk.number not in done]
        self._index.add(left[:limit], self._embedder)
        return len(left) > limit

    def forget(self, document_id: str) -> None:
        self._index.delete(document_id)

    def find(self, shelf: Shelf, message: str, history: Sequence[Turn] = ()) -> Excerpts:
        """Search only. What has no vectors is searched by words."""
        question = read_question(message, history, likely_language=shelf.language)
        vector = self._embedder.embed_questions([question.text])
        matches = self._index.search(list(shelf.documents), vector, model=self._embedder.name, limit=_MATCHES)
        cosines = {f"{match.document_id}:{match.chunk_number}": match.cosine for match in matches}
        same = question.language is None or shelf.language is None or question.language == shelf.language
        passages = shelf.search.rank(question.text, cosines, same_language=same, limit=_PASSAGES)
        places = {(passage.chunk.document_id, passage.chunk.page_number) for passage in passages}
        pages = {place: shelf.get_page(*place) for place in places}
        names = {name: document.source_name for name, document in shelf.documents.items()}
        return Excerpts(question, passages, pages, names, same, question.language or shelf.language)

    def ask(self, shelf: Shelf, message: str, history: Sequence[Turn] = ()) -> Answer:
        """An extractive answer."""
        found = self.find(shelf, message, history)
        material = Material(found.passages, shelf.units, shelf.search.lexical, shelf.words, found.same_language)
        quotes = self._find_quotes(found.question, material)
        wording = find_wording(found.language)
        sentences = _merge_repeats((_to_sentence(quote, found, shelf) for quote in quotes), found)
        lead_in = wording.lead_in if sentences else ""
        return Answer(sentences, "extractive", found.language or "en", lead_in, wording.refusal)

    def _find_quotes(self, question: Question, material: Material) -> tuple[Quote, ...]:
        """Places that answer, the best first; of a message that asks for several things, the best place for each."""
        parts = split_question(question)
        if len(parts) == 1:
            return find_quotes(question, material, self._embedder)
        found = (find_quotes(part, material, self._embedder)[:1] for part in parts)
        return tuple(dict.fromkeys(quote for quotes in found for quote in quotes))

    def close(self) -> None:
        self._index.close()


def _merge_repeats(sentences: Iterable[AnswerSentence], found: Excerpts) -> tuple[AnswerSentence, ...]:
    """What the document says twice in the same words is told once, with every page that says it."""
    merged: dict[str, AnswerSentence] = {}
    for sentence in sentences:
        place = sentence.citations[0]
        # Rows of tables may be alike under other headings.
        words = " ".join(place.snippet.split()) if sentence.text.startswith("“") else sentence.text
        before = merged.setdefault(words, sentence)
        if all(
            (place.document_id, place.page_number) != (one.document_id, one.page_number) for one in before.citations
        ):
            name = neutralise(found.names[place.document_id]) if len(found.names) > 1 else ""
            text = mark_page(before.text, place.page_number, document_name=name)
            merged[words] = AnswerSentence(text, before.citations + sentence.citations)
    return tuple(merged.values())


def _to_sentence(quote: Quote, found: Excerpts, shelf: Shelf) -> AnswerSentence:
    page = shelf.get_page(quote.document_id, quote.page_number)
    name = neutralise(found.names[quote.document_id]) if len(found.names) > 1 else ""
    row = find_row(page, quote.start, quote.end)
    if row is not None:
        return _to_row_sentence(quote, row, page, found.question, name)
    citation = cite(quote.document_id, page, quote.start, quote.end)
    text = mark_page(f"“{neutralise(citation.snippet)}”", quote.page_number, document_name=name)
    return AnswerSentence(text, (citation,))


def _to_row_sentence(quote: Quote, row: TableRow, page: Page, question: Question, name: str) -> AnswerSentence:
    """A table's row with the names of its columns; only the cells that are asked for are marked."""
    chosen = choose_cells(row, question.text)
    whole = cite(quote.document_id, page, quote.start, quote.end)
    if chosen:
        whole = replace(whole, boxes=tuple(one.cell.box for one in (row.cells[0], *chosen)))
    columns = [row.headings[one.cell.column] for one in chosen]
    headings = [cite(quote.document_id, page, row.offset + one.start, row.offset + one.end) for one in columns]
    text = mark_page(neutralise(describe_row(row, chosen)), quote.page_number, document_name=name)
    return AnswerSentence(text, (whole, *headings))
