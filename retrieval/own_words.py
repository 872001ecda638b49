"""Whether a model's own words say no more and nothing else than a sentence of the document.

Words that all stand in a sentence can still lie: who pays whom, a price without its "at least", the landlord's name
behind the tenant's title. So own words are taken for true only where they keep so close to the sentence that nothing
can have been turned round: its words in its order, from one border of the sentence to another, with nothing left out
between them or that limits them. Whoever needs more freedom is shown as the sentence itself.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.citing import numbers_in
from retrieval.polarity import is_reversed
from retrieval.terms import fold, is_spaceless, split_words

_MIN_WORDS = 2
_ENDINGS = frozenset({"s", "es", "d", "ed", "e", "n", "en"})
_MIN_STEM = 4
_BREAK_AFTER = re.compile(r"[,;.!?…)\]\"”»]$|[—–]$")
_BREAK_BEFORE = re.compile(r"^[(\[\"“„«—–]")
_AMOUNT = re.compile(r"(?<![\w.,])([^\w\s.,;:!?()'\"“”‘’]*)\s?(\d[\d.,'’]*)\s?([^\w\s.,;:!?()'\"“”‘’]*)")


@dataclass(frozen=True, slots=True)
class _Grammar:
    """Folded words of a language.

    ``free`` ones claim nothing and may be put in: articles, "is", "as". ``limits`` may not be left out: conditions,
    alternatives, degrees, what may or must be, what is over. After ``ands`` something new begins that does not limit
    what stood before; after ``joins`` a thing is named.
    """

    free: frozenset[str]
    limits: frozenset[str]
    ands: frozenset[str]
    joins: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


def _grammar(*, free: str, limits: str, ands: str, joins: str) -> _Grammar:
    return _Grammar(_words(free), _words(limits), _words(ands), _words(joins))


_GRAMMARS: Mapping[str, _Grammar] = {
    "en": _grammar(
        free="a an the of as is are it its there this these",
        limits="if unless only except until till or either but though although however otherwise whether that than"
        " about approximately almost nearly around roughly least most up more less over under maximum minimum"
        " may might must shall should can could would will was were had did formerly former previously once"
        " some any half partly allegedly supposedly not when while because before after without provided"
        " subject would-be says said claims claimed believes denied hardly rarely seldom usually sometimes"
        " planned proposed expected estimated",
        ands="and",
        joins="with to from by for between against",
    ),
    "de": _grammar(
        free="der die das den dem des ein eine einen einem einer eines ist sind es als dies diese dieser",
        limits="wenn falls sofern nur außer bis oder entweder aber sondern obwohl ob dass als etwa circa ca ungefähr"
        " fast mindestens höchstens mehr weniger über unter maximal minimal kann können darf dürfen muss"
        " müssen soll sollen sollte könnte würde wird werden war waren hatte wurde wurden früher ehemals einst"
        " einige teilweise angeblich weil vor nach ohne während selten manchmal meist geplant erwartet"
        " geschätzt zirka",
        ands="und",
        joins="mit zu von durch für zwischen gegen",
    ),
    "fr": _grammar(
        free="le la les un une des du de est sont il elle ce cette ces comme",
        limits="si sauf seulement uniquement jusque jusqu ou soit mais bien que quoique environ presque moins plus"
        " au maximum minimum peut peuvent doit doivent devrait pourrait sera seront était étaient avait fut"
        " ancien anciennement quelques parfois rarement avant après sans pendant prétend selon prévu estimé"
        " lorsque quand",
        ands="et",
        joins="avec à par pour entre contre",
    ),
    "es": _grammar(
        free="el la los las un una unos unas de del es son lo este esta estos estas como",
        limits="si salvo excepto sólo solo solamente únicamente hasta o u pero aunque que aproximadamente casi menos"
        " más máximo mínimo puede pueden debe deben debería podría será serán era eran fue fueron había antes"
        " después antiguo algunos sin mientras según previsto estimado cuando",
        ands="y e",
        joins="con a por para entre contra",
    ),
    "it": _grammar(
        free="il lo la i gli le un uno una di del della dei degli delle è sono questo questa come",
        limits="se salvo eccetto solo soltanto fino o oppure ma benché che circa quasi meno più massimo minimo può"
        " possono deve devono dovrebbe potrebbe sarà saranno era erano fu aveva prima dopo ex alcuni senza"
        " mentre secondo previsto stimato quando",
        ands="e ed",
        joins="con a da per tra fra contro",
    ),
    "pt": _grammar(
        free="o os as um uma uns umas de do da dos das é são este esta como",
        limits="se salvo exceto só somente apenas até ou mas embora que cerca quase menos mais máximo mínimo pode"
        " podem deve devem deveria poderia será serão era eram foi foram tinha antes depois antigo alguns sem"
        " enquanto segundo previsto estimado quando",
        ands="e",
        joins="com a por para entre contra",
    ),
    "nl": _grammar(
        free="de het een is zijn van als dit deze",
        limits="als indien mits tenzij alleen slechts behalve tot of maar hoewel dat ongeveer bijna minstens"
        " hoogstens meer minder boven onder maximaal minimaal kan kunnen mag mogen moet moeten zou zal zullen"
        " was waren had werd voormalig sommige omdat voor na zonder terwijl volgens gepland geschat wanneer",
        ands="en",
        joins="met aan door tussen tegen",
    ),
}
"""Only languages whose limiting words are known are let through at all."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A folded word. ``is_name``: it has a capital or is a number; ``is_apart``: a comma or the like before it."""

    word: str
    is_name: bool
    is_apart: bool


def says_no_more(claim: str, sentence: str, language: str | None) -> bool:
    """Whether ``claim`` is the ``sentence``, or all of a part of it: nothing added, swapped, limited less or cut off.

    ``language`` is the sentence's (ISO 639-1); None is taken for English.
    """
    grammar = _GRAMMARS.get(language or "en")
    if grammar is None or not _signs_in(claim) <= _signs_in(sentence) or is_reversed(claim, sentence):
        return False
    said = _tokenise(sentence)
    if any(is_spaceless(token.word) for token in said):
        return False
    wanted = [token for token in _tokenise(claim) if token.word not in grammar.free]
    if len(wanted) < _MIN_WORDS:
        return False
    return any(
        places is not None and _is_faithful(words, said, places, grammar)
        for words in (wanted, _turn(wanted, said))
        for places in [_find_window(words, said)]
    )


def _tokenise(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    is_apart = False
    for piece in text.split():
        is_apart = is_apart or _BREAK_BEFORE.search(piece) is not None
        initial = next((char for char in piece if char.isalnum()), "")
        for word in split_words(piece):
            tokens.append(_Token(word, initial.isupper() or word[0].isdigit(), is_apart))
            is_apart = False
        is_apart = is_apart or _BREAK_AFTER.search(piece) is not None
    return tokens


def _is_same(mine: str, theirs: str) -> bool:
    """The same word or number; an ending more or less is the same word."""
    if mine == theirs:
        return True
    if mine[0].isdigit() or theirs[0].isdigit():
        return mine[0].isdigit() == theirs[0].isdigit() and numbers_in(mine) == numbers_in(theirs)
    short, long = sorted((mine, theirs), key=len)
    return len(short) >= _MIN_STEM and long.startswith(short) and long[len(short) :] in _ENDINGS


def _find_window(wanted: Sequence[_Token], said: Sequence[_Token]) -> list[int] | None:
    """Where the words stand, in their order and as close to each other as possible; None when they don't."""
    found = [places for start in range(len(said)) if (places := _follow(wanted, said, start))]
    return min(found, key=lambda places: places[-1] - places[0], default=None)


def _follow(wanted: Sequence[_Token], said: Sequence[_Token], start: int) -> list[int]:
    places: list[int] = []
    for at in range(start, len(said)):
        if _is_same(wanted[len(places)].word, said[at].word):
            places.append(at)
            if len(places) == len(wanted):
                return places
        elif not places:
            return []
    return []


def _turn(wanted: list[_Token], said: Sequence[_Token]) -> list[_Token]:
    """ "The tenant is Mary Poole" as "Mary Poole, tenant": the one name or amount put to the other end."""
    capitals = {token.word for token in said[1:] if token.is_name}
    names = [token.word in capitals or token.word[0].isdigit() for token in wanted]
    count = sum(names)
    if all(names[:count]):
        return wanted[count:] + wanted[:count]
    if all(names[len(names) - count :]):
        return wanted[len(names) - count :] + wanted[: len(names) - count]
    return wanted


def _is_faithful(wanted: Sequence[_Token], said: Sequence[_Token], places: Sequence[int], grammar: _Grammar) -> bool:
    """Whether what was left out of the sentence changes nothing of what is kept."""
    if all(said[at].is_name for at in places if at > 0):
        return False  # "Mary Poole" alone says nothing; what it means would be the model's word
    left_out = [at for at in range(len(said)) if at not in places]
    if any(said[at].word in grammar.limits for at in left_out):
        return False
    if any(said[at].word not in grammar.free for at in left_out if places[0] < at < places[-1]):
        return False
    is_whole = _begins_well(said, places[0], grammar) and _ends_well(said, places[-1], grammar)
    return is_whole and not _crosses_a_break(wanted, said, places)


def _begins_well(said: Sequence[_Token], first: int, grammar: _Grammar) -> bool:
    """Nothing before it belongs to it: no "deputy" is cut off the mayor, no "John says" off what he says."""
    while not said[first].is_apart:
        if first == 0 or said[first - 1].word in grammar.ands | grammar.joins:
            return True
        if said[first - 1].word not in grammar.free:
            return False
        first -= 1
    return True


def _ends_well(said: Sequence[_Token], last: int, grammar: _Grammar) -> bool:
    """Nothing after it belongs to it: neither "a month" nor "on a lead", and no tons to the number."""
    if last + 1 == len(said) or said[last + 1].is_apart:
        return True
    return said[last + 1].word in grammar.ands and not said[last].word[0].isdigit()


def _crosses_a_break(wanted: Sequence[_Token], said: Sequence[_Token], places: Sequence[int]) -> bool:
    """Whether words are next to each other that a comma of the sentence keeps apart."""
    steps = zip(places, places[1:], wanted[1:], strict=False)
    return any(
        not mine.is_apart and any(said[at].is_apart for at in range(before + 1, after + 1))
        for before, after, mine in steps
    )


def _signs_in(text: str) -> frozenset[tuple[str, ...]]:
    """Numbers with the signs that stand at them, as ``-5``, ``$42``, ``12 %``; other signs; whether it asks."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-")
    amounts = {
        (before, value, after) for before, number, after in _AMOUNT.findall(plain) for value in numbers_in(number)
    }
    signs = {(char,) for char in text if unicodedata.category(char)[0] == "S"}
    return frozenset(amounts | signs | {("asks", str(any(char in "?？؟" for char in text)))})
