"""What a model says is shown only when the document says it.

A model's sentence comes with quotes. The page of a quote is where the quote *is*, never where the model says it is. A
sentence stays when all its quotes are found and it claims nothing beyond them: no other number, name or address, no
added or dropped "not", hardly a word that neither the quotes nor the question have. A quote is shown with the whole
sentence that it was taken from, so that nothing is cut off it. The model's own words are shown where they keep to such
a sentence closely enough to be sure (:mod:`retrieval.own_words`); else the document's sentences stand in for them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from pipeline.document import Page
from retrieval.answer import AnswerSentence, Citation
from retrieval.chunking import Chunk
from retrieval.citing import cite, locate, mark_page, neutralise, numbers_in
from retrieval.language_guess import guess_language, is_function_word
from retrieval.own_words import says_no_more
from retrieval.polarity import is_reversed
from retrieval.question import Question
from retrieval.terms import is_spaceless, split_words, to_terms, word_terms

_MIN_SUPPORT = 0.7
_MAX_UNSUPPORTED = 2
_SIMILAR_WORD = 80.0
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.\-]*:)?//\S+|\b(?:mailto|javascript|data|tel|file):\S*|\bwww\.\S+"
    r"|\b[\w.\-]+\.(?:com|net|org|io|info|biz|ru|cn|xyz|top|app|dev|co|me|ly|site|online|link|click|shop)\b\S*|\S+@\S+\.\w+",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b(?=[^\W\d_])[^a-zß-öø-ÿа-яα-ω\W]\w*")


@dataclass(frozen=True, slots=True)
class ClaimedQuote:
    """What a model says the passage with the opaque id ``passage`` says."""

    passage: str
    quote: str


@dataclass(frozen=True, slots=True)
class ClaimedSentence:
    text: str
    quotes: tuple[ClaimedQuote, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages that a model was shown, by the opaque ids it was shown them under, and their pages."""

    chunks: Mapping[str, Chunk]
    pages: Mapping[tuple[str, int], Page]
    names: Mapping[str, str]


def verify(claim: ClaimedSentence, question: Question, sources: Sources) -> AnswerSentence | None:
    """The sentence with true page marks, or None when any part of it can't be found in the document.

    What can't be checked word by word, as in another language than the quotes', is shown as the quoted sentences.
    """
    places = [_place(quote, sources) for quote in claim.quotes]
    found = [place for place in places if place is not None]
    if not found or len(found) < len(places):
        return None
    text = neutralise(_without_marks(claim.text))
    citations = tuple(dict.fromkeys(place.citation for place in found))
    context = " ".join(place.chunk.text for place in found)
    if not any(_is_said_by(place, text, context) for place in citations):
        if not _may_follow(text, found, citations, context, question):
            return None
        text = " … ".join(f"“{neutralise(place.snippet)}”" for place in citations)
    return AnswerSentence(_mark(text, citations, sources), citations)


def _is_said_by(place: Citation, text: str, context: str) -> bool:
    return says_no_more(text, place.snippet, guess_language(place.snippet, likely=guess_language(context)))


def _may_follow(
    text: str, found: Sequence["_Place"], citations: Sequence[Citation], context: str, question: Question
) -> bool:
    """Whether the quotes can be what the sentence was made of: only then are they an answer."""
    evidence = " ".join(dict.fromkeys(place.quote for place in found))
    if not text or not _adds_no_number_or_address(text, evidence):
        return False
    if not _same_language(text, " ".join(place.snippet for place in citations), context):
        return True
    return _is_supported(text, evidence, context, question) and not is_reversed(text, evidence)


@dataclass(frozen=True, slots=True)
class _Place:
    """``citation`` is the sentence, or sentences, that ``quote`` stands in, as the page says both."""

    citation: Citation
    quote: str
    chunk: Chunk


def _place(claimed: ClaimedQuote, sources: Sources) -> _Place | None:
    """Where the quote stands: in the passage named, else in another one that was shown."""
    named = sources.chunks.get(claimed.passage)
    chunks: Sequence[Chunk] = [chunk for chunk in (named, *sources.chunks.values()) if chunk is not None]
    for chunk in chunks:
        found = locate(claimed.quote, chunk.text)
        if found is not None:
            page = sources.pages[chunk.document_id, chunk.page_number]
            start, end = (chunk.units[0].start + offset for offset in found)
            touched = [unit for unit in chunk.units if unit.start < end and unit.end > start]
            whole = cite(chunk.document_id, page, min(start, touched[0].start), max(end, touched[-1].end))
            return _Place(whole, page.text[start:end], chunk)
    return None


def _adds_no_number_or_address(text: str, evidence: str) -> bool:
    plain = evidence.casefold()
    return numbers_in(text) <= numbers_in(evidence) and all(
        address.casefold().rstrip(".,;)") in plain for address in _ADDRESS.findall(text)
    )


def _same_language(text: str, evidence: str, context: str) -> bool:
    """Few words can be of many languages: those of the passages around them are likely."""
    likely = guess_language(context)
    mine, theirs = guess_language(text, likely=likely), guess_language(evidence, likely=likely)
    return mine is None or theirs is None or mine == theirs


def _is_supported(text: str, evidence: str, context: str, question: Question) -> bool:
    """Nearly all content words stand in the quotes or the question; all names in the passages of the quotes."""
    language = guess_language(text, likely=guess_language(context))
    words = [
        word for word in dict.fromkeys(split_words(text)) if is_spaceless(word) or not is_function_word(word, language)
    ]
    supported = f"{evidence} {question.text}"
    known, terms = set(split_words(supported)), set(to_terms(supported))
    missing = [word for word in words if not _is_known(word, known, terms)]
    if len(missing) > min(_MAX_UNSUPPORTED, len(words) * (1 - _MIN_SUPPORT)):
        return False
    if language == "de":  # every noun has a capital
        return True
    names = {word for name in _NAME.findall(text) for word in split_words(name)} & set(words)
    known, terms = set(split_words(context)), set(to_terms(context))
    return all(_is_known(name, known, terms) for name in names)


def _is_known(word: str, known: set[str], terms: set[str]) -> bool:
    parts = word_terms(word)
    if word in known or sum(part in terms for part in parts) >= len(parts) * _MIN_SUPPORT:
        return True
    return any(word[0] == other[0] and fuzz.ratio(word, other) >= _SIMILAR_WORD for other in known)


def _without_marks(text: str) -> str:
    """Without the page and source marks that models like to add; the true ones are added later."""
    text = re.sub(
        r"[\[(【†](?:\s*(?:source|passage|doc|ref|p|pp|page|s|seite)?\.?\s*[\da-f†:\-, ]{1,12})[\])】]",
        "",
        text,
        flags=re.IGNORECASE,
    )
    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(text.split()))


def _mark(text: str, citations: Sequence[Citation], sources: Sources) -> str:
    """ "(p. N)" for each page, before the full stop as in print."""
    several = len(sources.names) > 1
    places = dict.fromkeys((place.document_id, place.page_number) for place in citations)
    stop = re.search(r"[.。!?！？…]+$", text)
    body, end = (text[: stop.start()], stop.group()) if stop else (text, "")
    for document_id, number in places:
        body = mark_page(body, number, document_name=neutralise(sources.names[document_id]) if several else "")
    return body + end
