"""Where sentences begin and end, in any script, without a model.

A *unit* is what an answer may quote: a sentence of running text, or a line of a form, receipt, list or table. Offsets
count characters of the text that was passed in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from retrieval.terms import is_spaceless

MAX_UNIT_CHARS = 480
"""Longer sentences are cut at a clause or a space, so that one runaway paragraph can't be 'one sentence'."""

_SPACELESS_MIN_CHARS = 90
_ORDINAL_DIGITS = 2
_MONTH_NAME = re.compile(
    r"(?:jan|feb|m[aä]r|apr|ma[ijy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|led|únor|břez|dub|květ|červ|srp|zář|říj|list|pros"
    r"|tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu|ápr|máj|jún|júl|szept|okt)",
    re.IGNORECASE,
)
_PROSE_FILL = 0.72
_PROSE_LINE_CHARS = 45
_WIDE_LINE_CHARS = 18
_LONGEST_FORM_LINE_CHARS = 70
_LEAST_AMOUNT_LINES, _LEAST_AMOUNT_SHARE = 3, 0.2
_AMOUNT_END = re.compile(
    r"(?<!\d)\d{1,3}(?:[., ]?\d{3})*[.,]\d{2,3}\s*(?:[^\W\d_]{1,3}|[^\w\s]){0,2}\s*$|[¥￥]\s?[\d,]+\s*$|\d\s?円\s*$"
)
_OPENING_MARKS = frozenset("“‘「『（(《〈0123456789")
_LINE_ENDS = frozenset(".:;!?。：；！？।؟۔")
_TERMINATOR = re.compile(
    r"""(?P<strong>[。！？．｡]+["”’」』）)]*)            # CJK: no space needed behind it
      | (?P<weak>[.!?।॥؟۔։።።፧။]+["”’»\])]*)(?=\s|$)   # the others end a sentence before white space only
    """,
    re.VERBOSE,
)
_THAI_LIKE = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f]")
_ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof st sr jr vs etc inc ltd co corp no nos vol pp fig figs eq al approx dept est gen gov hon lt col
    capt sgt rev sen rep jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e cf ca a.m p.m u.s u.k ph.d
    z.b d.h u.a bzw usw ca nr str bd hr fr abb evtl ggf inkl sog vgl tel dipl ing
    m mme mlle p ex env av apr. art n° sra srta ud uds núm pág ej dña
    г гг в вв т.е т.д т.п др им ул руб тыс млн млрд с стр см рис
    π.χ κ.λπ κ κα αρ δηλ βλ sn yy dr. vb vd örn prof. tp ts""".split()  # noqa: SIM905 (a table is read more easily as text)
)
_ITEM_MARK = re.compile(r"^[^\S\n]*(?:[-–—•*▪◦‣·○●]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])(?=\s)", re.MULTILINE)
_CLAUSE_END = re.compile(r"[;；:：,，、]\s*|\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` (inclusive) to ``end`` (exclusive) of a text."""

    start: int
    end: int


def split_units(text: str, *, keep_lines: bool | None = None) -> tuple[Span, ...]:
    """The quotable units of a text, in order, without surrounding white space.

    ``keep_lines`` says that line breaks are borders (tables, lists, forms); None judges each paragraph by its shape.
    """
    units: list[Span] = []
    for start, end in _paragraphs(text):
        paragraph = text[start:end]
        as_lines = looks_like_lines(paragraph) if keep_lines is None else keep_lines
        parts = _split_lines(paragraph) if as_lines else _split_sentences(paragraph)
        units.extend(
            Span(start + piece.start, start + piece.end) for part in parts for piece in _cut_long(paragraph, part)
        )
    return tuple(units)


def split_items(text: str) -> tuple[Span, ...]:
    """The quotable units of a list: its items, those of several sentences cut at sentences.

    An item may run over several lines; where no line begins with a mark or number, each line is an item.
    """
    starts = [match.start() for match in _ITEM_MARK.finditer(text)]
    if not starts:
        return split_units(text, keep_lines=True)
    borders = [0, *(start for start in starts if start > 0), len(text)]
    parts = ((start, piece) for start, end in pairwise(borders) for piece in _split_sentences(text[start:end]))
    spans = (Span(start + piece.start, start + piece.end) for start, piece in parts)
    return tuple(piece for span in spans for piece in _cut_long(text, span))


def has_long_lines(text: str) -> bool:
    """Whether its lines, several, are as long as those of prose."""
    lengths = [len(line) for line in text.split("\n")]
    return len(lengths) > 1 and max(lengths) > _LONGEST_FORM_LINE_CHARS


def ends_in_amounts(text: str) -> bool:
    """Whether so many lines end in an amount of money that it is a receipt or an invoice, however long they are."""
    lines = [line for line in text.split("\n") if line.strip()]
    amounts = sum(bool(_AMOUNT_END.search(line)) for line in lines)
    return amounts >= _LEAST_AMOUNT_LINES and amounts >= len(lines) * _LEAST_AMOUNT_SHARE


def looks_like_lines(paragraph: str) -> bool:
    """Whether line breaks carry meaning, as in a receipt, rather than wrap running text.

    Wrapped lines go on with a small letter, or are all nearly as long as the longest, the last one excepted.
    """
    if ends_in_amounts(paragraph):
        return True
    lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
    if len(lines) < 2 or reads_on(paragraph):
        return False
    lengths = [len(line) for line in lines]
    if median(lengths) > _LONGEST_FORM_LINE_CHARS:  # whole paragraphs, each without a break
        return False
    if len(lengths) == 2:
        return max(lengths) < _PROSE_LINE_CHARS
    if max(lengths) < _PROSE_LINE_CHARS and sum(line[0].isupper() or line[0].isdigit() for line in lines) == len(lines):
        return True
    return fmean(lengths[:-1]) / max(lengths) < _PROSE_FILL or max(lengths) < _PROSE_LINE_CHARS // 2


def reads_on(paragraph: str) -> bool:
    """Whether at least half of its lines are continued by the next one."""
    lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
    goes_on = [_goes_on(before, line) for before, line in pairwise(lines)]
    return bool(goes_on) and sum(goes_on) * 2 >= len(goes_on)


def _goes_on(line: str, following: str) -> bool:
    """Whether the second line continues the first; letters without case count as going on after a long line."""
    if line[-1] in _LINE_ENDS:
        return False
    if following[0].isupper() or following[0].islower():
        return following[0].islower()
    if is_spaceless(line[-1]) and len(line) >= _WIDE_LINE_CHARS and following[0] in _OPENING_MARKS:
        return True
    return following[0].isalpha() and len(line) >= (_WIDE_LINE_CHARS if is_spaceless(line[-1]) else _PROSE_LINE_CHARS)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    for gap in re.finditer(r"\n[^\S\n]*\n\s*", text):
        if text[position : gap.start()].strip():
            yield position, gap.start()
        position = gap.end()
    if text[position:].strip():
        yield position, len(text)


def _split_lines(text: str) -> list[Span]:
    """The lines; a line as long as those of prose may hold several sentences."""
    spans: list[Span] = []
    for match in re.finditer(r"[^\n]+", text):
        start, line = match.start(), match.group()
        is_long = len(line) > (_WIDE_LINE_CHARS if is_spaceless(line.strip()[:1]) else _LONGEST_FORM_LINE_CHARS)
        pieces = _split_sentences(line) if is_long and "\t" not in line else [_trimmed(line, 0, len(line))]
        spans += [Span(start + piece.start, start + piece.end) for piece in pieces]
    return [span for span in spans if span.start < span.end]


def _split_sentences(text: str) -> list[Span]:
    borders = [match.end() for match in _TERMINATOR.finditer(text) if _ends_sentence(text, match)]
    if not borders and len(_THAI_LIKE.findall(text)) * 2 > len(text):
        borders = list(_spaceless_borders(text))
    starts = [0, *borders]
    ends = [*borders, len(text)]
    spans = (_trimmed(text, start, end) for start, end in zip(starts, ends, strict=True))
    return [span for span in spans if span.start < span.end]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    if match["strong"] or not match["weak"].startswith("."):
        return True
    before = re.search(r"[\w.°§]+$", text[max(0, match.start() - 12) : match.start()])
    word = before.group().casefold() if before else ""
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
        return False
    following = text[match.end() : match.end() + 16].lstrip()
    # "1. Accounts" opens a paragraph; "am 12. Mai" is a date; "in chapter 12. The" ends a sentence.
    is_ordinal = word.isdecimal() and len(word) <= _ORDINAL_DIGITS
    if is_ordinal and (_opens_line(text, match.start() - len(word)) or _MONTH_NAME.match(following)):
        return False
    return not following[:1].islower()


def _opens_line(text: str, position: int) -> bool:
    """Whether nothing but white space stands before this position on its line."""
    return not text[text.rfind("\n", 0, position) + 1 : position].strip()


def _spaceless_borders(text: str) -> Iterator[int]:
    """Thai, Lao, Khmer and Burmese put a space between clauses: take one once enough text has gathered."""
    start = 0
    for gap in re.finditer(r"\s+", text):
        if gap.start() - start >= _SPACELESS_MIN_CHARS:
            yield gap.end()
            start = gap.end()


def _cut_long(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > MAX_UNIT_CHARS:
        window = text[start : start + MAX_UNIT_CHARS]
        cuts = [match.end() for match in _CLAUSE_END.finditer(window) if match.end() > MAX_UNIT_CHARS // 2]
        end = start + (cuts[-1] if cuts else MAX_UNIT_CHARS)
        piece = _trimmed(text, start, end)
        if piece.start < piece.end:
            yield piece
        start = end
    piece = _trimmed(text, start, span.end)
    if piece.start < piece.end:
        yield piece


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
