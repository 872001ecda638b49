"""What a question about a receipt is about, besides the field it asks for, and which lines speak of that.

"How much was the cheese?" is about cheese, "the total of the receipt from Holm" about Holm. A line matches a word that
it says, or says shortened or in one word with another; or, in another language, one whose meaning is close.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from retrieval.chunking import Unit
from retrieval.embedder import Embedder
from retrieval.fields import ALL_FIELDS
from retrieval.forms import WRITTEN_DATE
from retrieval.keywords import keywords
from retrieval.question import Question
from retrieval.terms import fold, is_spaceless, join_spaceless, split_words, word_terms
from retrieval.trades import is_of_trade

_MAX_COMPARED_CHARS = 2000
_LEAST_FIT, _FIT_RANGE = 0.745, 0.11
_SHORTENED, _CLOSE = 0.9, 0.8
_LEAST_LETTERS, _LEAST_COMPOUND = 3, 5
_SAME_SPELLING = 85.0
_SAID = 0.8
_LETTERS = re.compile(r"[^\W\d_]")
_LONG_WORD = re.compile(r"[^\W\d_]{4}|[^\W\d_a-z]{2}")
_PARTICLES = "はがをのにでともへ的了呢吗吧是"
_UNITS = re.compile(r"\b(?:[a-z]|ml|cl|kg|pk|pcs|lb|oz)\b")
_NOT_WORDS = re.compile(r"[^\w\s&']|[\d_]")


@dataclass(frozen=True, slots=True)
class LineMatches:
    """How well lines match the words of a subject, 0..1 each: shape (lines, words)."""

    words: tuple[str, ...]
    values: NDArray[np.float32]


def find_subject(question: Question) -> tuple[str, ...]:
    """The folded words that say what a field is asked of; empty where the question is about the paper as a whole."""
    folded = " ".join(fold(WRITTEN_DATE.sub(" ", question.asked)).split())
    for field in ALL_FIELDS:
        folded = field.asked.sub(_cut_words, folded) if field.asked.search(folded) else folded
    folded = _GENERIC.sub(" ", _GENERIC_SPACELESS.sub(" ", folded))
    words = (word.strip(_PARTICLES) if is_spaceless(word) else word for word in split_words(folded))
    kept = (word for word in words if word and not question.is_light(word) and not question.is_grammar(word))
    return tuple(dict.fromkeys(word for word in kept if _LETTERS.search(word)))


def _cut_words(match: re.Match[str]) -> str:
    """Patterns with a gap in them ("when ... paid") hold the subject: only what is not longer than a name is cut."""
    return match.group() if len(match.group().split()) > 3 else " "


def match_lines(subject: Sequence[str], units: Sequence[Unit], embedder: Embedder) -> LineMatches:
    """Meanings are compared only where some word is not said, and of the first two thousand characters."""
    values = np.array([[_match_word(word, unit.text) for word in subject] for unit in units], np.float32)
    values = values.reshape(len(units), len(subject))
    if not values.size or values.max(axis=0).min() >= _SAID:
        return LineMatches(tuple(subject), values)
    rows, texts = _to_compare(units)
    closeness = embedder.compare(" ".join(subject), texts) if texts else None
    if closeness is not None and len(closeness.words) >= len(subject):
        fits = np.clip((closeness.word_fits[:, -len(subject) :] - _LEAST_FIT) / _FIT_RANGE, 0, 0.95)
        for places, fit in zip(rows, fits, strict=True):
            values[places] = np.maximum(values[places], fit)
    return LineMatches(tuple(subject), values)


def _to_compare(units: Sequence[Unit]) -> tuple[list[list[int]], list[str]]:
    """Which lines say the same words, and these words: comparing costs CPU time by the letter."""
    rows: dict[str, list[int]] = {}
    left = _MAX_COMPARED_CHARS
    for index, unit in enumerate(units):
        text = " ".join(_UNITS.sub(" ", _NOT_WORDS.sub(" ", unit.text).lower()).split())
        if not _LONG_WORD.search(text):  # abbreviations of two or three letters are close to anything
            continue
        if text not in rows:
            left -= len(text)
            if left < 0:
                break
        rows.setdefault(text, []).append(index)
    return list(rows.values()), list(rows)


def _match_word(word: str, line: str) -> float:
    if is_spaceless(word):
        return float(word in join_spaceless(fold(line)))
    terms = word_terms(word)
    best = _CLOSE if is_of_trade(word, line) else 0.0
    for other in split_words(line):
        if other == word or word_terms(other) == terms:
            return 1.0
        best = max(best, _compare_spelling(word, other))
    return best


def _compare_spelling(word: str, other: str) -> float:
    short, long = sorted((word, other), key=len)
    if not short.isalpha() or len(short) < _LEAST_LETTERS:
        return 0.0
    if len(other) >= _LEAST_LETTERS + 1 and word.startswith(other):
        return _SHORTENED
    if len(short) >= _LEAST_COMPOUND and (short in long or fuzz.ratio(short, long) >= _SAME_SPELLING):
        return _CLOSE
    return 0.0


_GENERIC_SPACELESS = keywords(
    "多少钱|是多少|多少|几个|几件|什么时候|什么|哪天|哪里|哪家|哪个|买了|购买|买|付了|支付|价格|单价|收据|小票|发票|请问|花了|一共|商店|公司",
    "いくらでしたか|いくらですか|いくら|でしたか|ですか|でした|です|何ですか|何|いつ|どこ|どの|だれ|誰|買いましたか|買った|買い|購入|支払|値段",
    "価格|金額|レシート|領収書|店|会社|のお|เท่าไร|เท่าไหร่|ราคา|ใบเสร็จ|เมื่อไร|เมื่อใด|ซื้อ|จ่าย|คือ|อะไร|กี่|ใคร|ของ|ร้าน|บริษัท",
)
_GENERIC = keywords(
    "receipt*|invoice*|bill|bills|slip|docket|document|paper|page|total*|subtotal|amount*|price*|cost|costs|paid",
    "pay|pays|payed|spent|spend",
    "charge|charged|charges|come|came|much|many|number|date|dated|day|time|bought|buy|buys|purchase*|issue*|company",
    "shop|store|business|firm",
    "name*|sum|money|altogether|end|from|order|ordered|customer|unit|each|one|single|per|piece|pieces|item|items",
    "two|three|four|five|six",
    "sold|sell|sells|list|listed|value|visit|visited|printed|made|given|give|did|does|do|was|were|is|are|the|what",
    "which|who|whom|when|where|how",
    "meal|repas|essen|comida|pasto|dinner|lunch|shopping|groceries|everything|whole|they|them|we|he|she|i|you|it",
    "its|there|someone|people|all|any|get|got|take|taken|took|place|cashier|used|have|had|has|be|exact|exactly",
    "extra",
    "rechnung*|quittung*|beleg*|bon|kassenbon*|gesamt*|summe|betrag*|preis*|kostet*|kosten|gekostet|bezahlt|gezahlt",
    "zahlen|gekauft|kaufen|datum",
    "tag|uhr|firma|laden|geschäft|name|heißt|wie|viel|viele|hoch|stück|insgesamt|euro|wann|wer|was|welche*|wurde*",
    "war|hat|haben|ausgestellt",
    "ticket de caisse|facture|reçu|total|montant|prix|coût*|payé|payer|acheté*|achat|combien|magasin|société|date",
    "nom|quel*|quand|pièce|somme",
    "recibo|factura|importe|precio|cuesta|costó|costaron|pagado|pagó|pagar|compr*|cuánto*|tienda|empresa|fecha",
    "nombre|cuándo|cuál|euros",
    "fatura|nota|valor|preço|custou|custa|custaram|pago|pagou|quanto*|quantos|quantas|loja|data|nome|quando|qual",
    "quem|quién|quien",
    "scontrino|ricevuta|fattura|importo|prezzo|costa|costato|costata|costano|pagato|comprat*|negozio|ditta|azienda",
    "quanti|quante|quale|chi",
    "bonnetje|factuur|bedrag|prijs|kost|kostte|kostten|betaald|gekocht|hoeveel|winkel|bedrijf|datum|naam|wanneer",
    "welk*|wie|wat",
    "чек*|счет*|сумм*|итог*|цена|стоит|стоил*|сколько|магазин*|компани*|дата|когда|кто|paragon*|faktur*|rachun*",
    "kwota|cena|kosztował*|ile",
    "zapłac*|sklep*|kiedy|jaka|jaki|jest|fiş|fatura|toplam|tutar|fiyat*|ne|kadar|mağaza|tarih*|합계",
    "총액|금액|얼마|영수증|가격",
    "إيصال|فاتورة|كم|المبلغ",
)
