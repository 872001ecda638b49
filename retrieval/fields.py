"""The fields that forms, receipts and invoices have, by the words that questions and labels use for them.

A question about a field is found in one language and its label in another: what they share is the field. The tables
cover the languages of the interface; a field that they miss is searched like any other text.
"""

from collections.abc import Sequence

from retrieval.chunking import Unit
from retrieval.field_table import FIELDS, FULL_DATE, Field, FieldName
from retrieval.forms import has_full_date
from retrieval.keywords import keywords
from retrieval.question import Question
from retrieval.terms import fold


def find_field_names(question: str) -> tuple[FieldName, ...]:
    """The fields that a question names, in the table's order; a longer name hides the shorter one in it."""
    folded = " ".join(fold(question).split())
    taken: list[tuple[int, int]] = []
    names: list[FieldName] = []
    for field in FIELDS:
        found = field.asked.search(folded)
        if found is None or any(start < found.end() and found.start() < end for start, end in taken):
            continue
        taken.append(found.span())
        names.append(field.name)
    return tuple(names)


def asks_for_paper_date(question: Question) -> bool:
    """Whether a question about a date means that of the paper itself, not of something that the paper tells of."""
    return bool(_PAPER.search(" ".join(fold(question.asked).split()))) or len(question.content_words) <= 1


def find_labelled(name: FieldName, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The line that holds the field, or its label and the line below; empty when there is none."""
    field = _BY_NAME[name]
    for index, unit in enumerate(units):
        folded = fold(unit.text)
        label = field.label.search(folded)
        if label is None:
            continue
        # Where folding keeps the length, offsets of the folded text are those of the text.
        rest = unit.text if len(folded) == len(unit.text) else folded
        if _has_value(field, rest[label.end() :]):
            return (unit,)
        if index + 1 < len(units) and _is_label(unit.text) and _has_value(field, units[index + 1].text):
            return (unit, units[index + 1])
    if field.speaks_for_itself:
        return tuple(unit for unit in units if _has_value(field, unit.text))[:1]
    return ()


def is_missing(name: FieldName, units: Sequence[Unit]) -> bool:
    """Whether a form with these lines surely does not have the field."""
    field = _BY_NAME[name]
    if not field.is_strict or any(field.label.search(fold(unit.text)) for unit in units):
        return False
    return not (field.speaks_for_itself and any(_has_value(field, unit.text) for unit in units))


def _is_label(text: str) -> bool:
    return text.rstrip().endswith((":", "：")) or len(text) <= _LABEL_CHARS


def _has_value(field: Field, text: str) -> bool:
    if field.value is FULL_DATE:
        return has_full_date(text)
    return bool(field.value.search(text))


_LABEL_CHARS = 30
_PAPER = keywords(
    "date|dated|invoice|receipt|bill|purchase*|bought|buy|issued|printed|document|letter|transaction|sale|order*",
    "signed|sent|datum|rechnung*|quittung*|beleg*|bon|gekauft|kauf|ausgestellt|einkauf*|brief|dokument*|facture",
    "ticket|reçu|achat|acheté|émis*|lettre|factura|recibo|compra*|emitid*|carta|fecha|fatura|data|scontrino",
    "ricevuta|acquist*|fattura|emess*|lettera|factuur|bonnetje|aankoop|gekocht|brief|чек*|счет*|покупк*|куплен*",
    "письм*|документ*|дата|fatura*|fiş*|satın|mektup|tarih*|فاتورة|إيصال|شراء|تاريخ|发票|收据|小票|购买|日期|开具",
    "領収書|レシート|請求書|購入|買い|買っ|日付|発行|영수증|구매|날짜|발행|रसीद|बिल|खरीद*|तारीख|दिनांक|hóa đơn",
    "biên lai|mua|ngày|ใบเสร็จ|ซื้อ|วันที่|απόδειξη*|τιμολόγιο*|αγορά*|ημερομηνία*|paragon*|faktur*|zakup*",
)
_BY_NAME = {field.name: field for field in FIELDS}
