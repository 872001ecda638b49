"""The fields that forms, receipts and invoices have, by the words that questions and labels use for them.

A question about a field is found in one language and its label in another: what they share is the field. The tables
cover the languages of the interface; a field that they miss is searched like any other text.
"""

import re
from collections.abc import Collection, Sequence

from retrieval.chunking import Unit
from retrieval.field_table import FIELDS, FULL_DATE, Field, FieldName
from retrieval.forms import AMOUNT, has_full_date
from retrieval.keywords import keywords
from retrieval.letterheads import find_address
from retrieval.question import Question
from retrieval.receipt_fields import RECEIPT_FIELDS
from retrieval.terms import fold


def find_field_names(question: str) -> tuple[FieldName, ...]:
    """The fields that a question names, in the table's order; a longer name hides the shorter one in it."""
    folded = " ".join(fold(question).split())
    taken: list[tuple[int, int]] = []
    names: list[FieldName] = []
    for field in ALL_FIELDS:
        found = field.asked.search(folded)
        if found is None or any(start < found.end() and found.start() < end for start, end in taken):
            continue
        taken.append(found.span())
        names.append(field.name)
    if len(names) > 1:  # "How much cash did the customer give?"
        names = [name for name in names if name is not FieldName.CUSTOMER]
    return tuple(names)


def asks_for_paper_date(question: Question) -> bool:
    """Whether a question about a date means that of the paper itself, not of something that the paper tells of."""
    if asks_for_other_day(question):
        return False
    return bool(_PAPER.search(" ".join(fold(question.asked).split()))) or len(question.content_words) <= 1


def asks_for_other_day(question: Question) -> bool:
    """Whether a question about a date or time is about opening hours, a deadline or the like."""
    return bool(_OTHER_EVENT.search(" ".join(fold(question.asked).split())))


def find_labelled(name: FieldName, units: Sequence[Unit], subject: Collection[str] = ()) -> tuple[Unit, ...]:
    """The line that holds the field, or its label and the line below; empty when there is none.

    Of several lines the first that has most of the ``subject``'s folded words: what the field is asked of.
    """
    if name is FieldName.ADDRESS:
        return find_address(units)
    field = _BY_NAME[name]
    found = [lines for index in range(len(units)) if (lines := _read_field(field, units, index))]
    if found:
        return max(found, key=lambda lines: sum(word in fold(lines[0].text) for word in subject))
    if field.speaks_for_itself:
        return tuple(unit for unit in units if _speaks(field, unit.text))[:1]
    return ()


def _speaks(field: Field, text: str) -> bool:
    if not _has_value(field, text) or (field.name is FieldName.PHONE and has_full_date(text)):
        return False
    return not (field.unless is not None and field.unless.search(fold(text)))


def _read_field(field: Field, units: Sequence[Unit], index: int) -> tuple[Unit, ...]:
    text = units[index].text
    folded = fold(text)
    label = field.label.search(folded)
    if label is None or (field.unless is not None and field.unless.search(folded)):
        return ()
    # Where folding keeps the length, offsets of the folded text are those of the text.
    rest = text if len(folded) == len(text) else folded
    if _has_value(field, rest[label.end() :]):
        return (units[index],)
    if field.value is AMOUNT and len(_find_rows(units, index)) > 1:
        return (units[index], *_find_rows(units, index))
    if (
        index + 1 == len(units)
        or not _is_label(text)
        or _OWN_VALUE.search(rest[label.end() :])
        or not _has_value(field, units[index + 1].text)
    ):
        return ()
    # An amount by itself belongs to the label above; one behind words of its own does not.
    is_below = field.value is not AMOUNT or not _HAS_WORDS.search(units[index + 1].text)
    return (units[index], units[index + 1]) if is_below else ()


def is_missing(name: FieldName, units: Sequence[Unit]) -> bool:
    """Whether a form with these lines surely does not have the field."""
    field = _BY_NAME[name]
    if not field.is_strict or any(field.label.search(fold(unit.text)) for unit in units):
        return False
    return not (field.speaks_for_itself and any(_speaks(field, unit.text) for unit in units))


def _find_rows(units: Sequence[Unit], index: int) -> tuple[Unit, ...]:
    """The rows of amounts below the headings of a small table, such as that of the tax rates."""
    rows: list[Unit] = []
    for unit in units[index + 1 : index + 1 + _MAX_ROWS]:
        if len(AMOUNT.findall(unit.text)) < _LEAST_COLUMNS:
            break
        rows.append(unit)
    return tuple(rows)


def _is_label(text: str) -> bool:
    return text.rstrip().endswith((":", "：")) or len(text) <= _LABEL_CHARS


def _has_value(field: Field, text: str) -> bool:
    if field.value is FULL_DATE:
        return has_full_date(text)
    return bool(field.value.search(text))


_LABEL_CHARS = 40
_OWN_VALUE = re.compile(r"\d(?![\d.,]*\s?%)")
_MAX_ROWS, _LEAST_COLUMNS = 4, 2
_PAPER = keywords(
    "date|dated|invoice|receipt|bill|purchase*|bought|buy|issued|printed|document|letter|transaction|sale|order*",
    "signed|sent|datum|rechnung*|quittung*|beleg*|bon|gekauft|kauf|ausgestellt|einkauf*|brief|dokument*|facture",
    "ticket|reçu|achat|acheté|émis*|lettre|factura|recibo|compra*|emitid*|carta|fecha|fatura|data|scontrino",
    "ricevuta|acquist*|fattura|emess*|lettera|factuur|bonnetje|aankoop|gekocht|brief|чек*|счет*|покупк*|куплен*",
    "письм*|документ*|дата|fatura*|fiş*|satın|mektup|tarih*|فاتورة|إيصال|شراء|تاريخ|发票|收据|小票|购买|日期|开具",
    "領収書|レシート|請求書|購入|買い|買っ|日付|発行|영수증|구매|날짜|발행|रसीद|बिल|खरीद*|तारीख|दिनांक|hóa đơn",
    "biên lai|mua|ngày|ใบเสร็จ|ซื้อ|วันที่|απόδειξη*|τιμολόγιο*|αγορά*|ημερομηνία*|paragon*|faktur*|zakup*",
)
ALL_FIELDS = (*FIELDS, *RECEIPT_FIELDS)
_OTHER_EVENT = keywords(
    "until when|by when|bis wann|tot wanneer|jusqu'à quand|hasta cuándo|fino a quando|até quando|до какого",
    "appointment|meeting",
    "close|closes|closed|closing|shut|shuts|open|opens|opening|expire|expires|expiry|valid|return|returned|returns",
    "refund*|exchange*",
    "deliver*|arrive|arrives|start|starts|begin|begins|end|ends|move|moves|due|deadline|last until|warranty",
    "guarantee",
    "schließ*|geschlossen|öffn*|geöffnet|umtausch*|gültig|läuft ab|geliefert|beginnt|endet|ferme|fermé|fermeture",
    "ouvre|ouvert|ouverture",
    "expire|valable|livr*|échang*|rembours*|commence|finit|cierra|cerrado|abre|abierto|caduca|válid*|devolv*",
    "devolución*|entrega*|empieza",
    "termina|fecha às|fecha a loja|aberto|troca|chiude|chiuso|chiusi|apre|aperto|scade|valid*|reso|consegna",
    "comincia|finisce|sluit|gesloten",
    "opent|geldig|ruilen|bezorgd|begint|eindigt|закры*|откры*|действ*|возврат*|доставк*|kapan*|açıl*|geçerli|teslim",
    "iade|يغلق|يفتح|关门|开门",
    "退货|送达|閉店|開店|返品|配達|zamkn*|otwar*|ważn*|zwrot*|zwróc*|dostaw*",
)
_BY_NAME = {field.name: field for field in ALL_FIELDS}
_HAS_WORDS = re.compile(r"[^\W\d_]{4}")
