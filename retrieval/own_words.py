"""Whether a model's own words say no more and nothing else than a sentence of the document.

Words that all stand in a sentence can still lie: who pays whom, a price without its "at least", the landlord's name
behind the tenant's title. So own words are taken for true only where they keep so close to the sentence that nothing
can have been turned round: its words in its order, next to each other, with nothing left out that limits it. Whoever
needs more freedom is shown as the sentence itself.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from retrieval.citing import numbers_in
from retrieval.language_guess import guess_language
from retrieval.polarity import is_reversed
from retrieval.terms import fold, is_spaceless, split_words

_MAX_LEFT_OUT = 2
_MIN_WORDS = 2
_ENDINGS = frozenset({"s", "es", "d", "ed", "e", "n", "en"})
_MIN_STEM = 4
_BREAK_AFTER = re.compile(r"[,;.!?…)\]\"”»]$|[—–]$")
_BREAK_BEFORE = re.compile(r"^[(\[\"“„«—–]")
_AMOUNT = re.compile(r"(?<![\w.,])([^\w\s.,;:!?()'\"“”‘’]*)\s?(\d[\d.,'’]*)\s?([^\w\s.,;:!?()'\"“”‘’]*)")
_YEAR = re.compile(r"1\d{3}|20\d\d")


@dataclass(frozen=True, slots=True)
class _Grammar:
    """Folded words of a language.

    ``free`` ones claim nothing and may be put in: articles, "is", "as". ``limits`` may not be left out: conditions,
    alternatives, degrees, what may or must be, what is over. ``joins`` lead from one thing to another, ``rates`` from
    an amount to what it is paid for.
    """

    free: frozenset[str]
    limits: frozenset[str]
    joins: frozenset[str]
    rates: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


def _grammar(*, free: str, limits: str, joins: str, rates: str) -> _Grammar:
    return _Grammar(_words(free), _words(limits), _words(joins), _words(rates))


_GRAMMARS: Mapping[str, _Grammar] = {
    "en": _grammar(
        free="a an the of as is are it its there this these",
        limits="if unless only except until till or either but though although however otherwise whether that than"
        " about approximately almost nearly around roughly least most up more less over under maximum minimum"
        " may might must shall should can could would will was were had did formerly former previously once"
        " some any half partly allegedly supposedly not when while because before after without provided"
        " subject would-be says said claims claimed believes denied hardly rarely seldom usually sometimes"
        " planned proposed expected estimated",
        joins="and with to from by for between against instead",
        rates="a an per each every percent or to thousand million billion dozen",
    ),
    "de": _grammar(
        free="der die das den dem des ein eine einen einem einer eines ist sind es als dies diese dieser",
        limits="wenn falls sofern nur außer bis oder entweder aber sondern obwohl ob dass als etwa circa ca ungefähr"
        " fast mindestens höchstens mehr weniger über unter maximal minimal kann können darf dürfen muss"
        " müssen soll sollen sollte könnte würde wird werden war waren hatte wurde wurden früher ehemals einst"
        " einige teilweise angeblich weil vor nach ohne während selten manchmal meist geplant erwartet"
        " geschätzt zirka",
        joins="und mit zu von durch für zwischen gegen statt",
        rates="pro je im am in prozent oder bis tausend millionen milliarden monatlich jährlich täglich",
    ),
    "fr": _grammar(
        free="le la les un une des du de est sont il elle ce cette ces comme",
        limits="si sauf seulement uniquement jusque jusqu ou soit mais bien que quoique environ presque moins plus"
        " au maximum minimum peut peuvent doit doivent devrait pourrait sera seront était étaient avait fut"
        " ancien anciennement quelques parfois rarement avant après sans pendant prétend selon prévu estimé"
        " lorsque quand",
        joins="et avec à par pour entre contre",
        rates="par pour chaque % ou mille millions milliards mensuel annuel",
    ),
    "es": _grammar(
        free="el la los las un una unos unas de del es son lo este esta estos estas como",
        limits="si salvo excepto sólo solo solamente únicamente hasta o u pero aunque que aproximadamente casi menos"
        " más máximo mínimo puede pueden debe deben debería podría será serán era eran fue fueron había antes"
        " después antiguo algunos sin mientras según previsto estimado cuando",
        joins="y e con a por para entre contra",
        rates="por al a cada o mil millones mensual anual",
    ),
    "it": _grammar(
        free="il lo la i gli le un uno una di del della dei degli delle è sono questo questa come",
        limits="se salvo eccetto solo soltanto fino o oppure ma benché che circa quasi meno più massimo minimo può"
        " possono deve devono dovrebbe potrebbe sarà saranno era erano fu aveva prima dopo ex alcuni senza"
        " mentre secondo previsto stimato quando",
        joins="e ed con a da per tra fra contro",
        rates="per al all a ogni o mila milioni miliardi mensile annuo",
    ),
    "pt": _grammar(
        free="o os as um uma uns umas de do da dos das é são este esta como",
        limits="se salvo exceto só somente apenas até ou mas embora que cerca quase menos mais máximo mínimo pode"
        " podem deve devem deveria poderia será serão era eram foi foram tinha antes depois antigo alguns sem"
        " enquanto segundo previsto estimado quando",
        joins="e com a por para entre contra",
        rates="por ao a cada ou mil milhões mensal anual",
    ),
    "nl": _grammar(
        free="de het een is zijn van als dit deze",
        limits="als indien mits tenzij alleen slechts behalve tot of maar hoewel dat ongeveer bijna minstens"
        " hoogstens meer minder boven onder maximaal minimaal kan kunnen mag mogen moet moeten zou zal zullen"
        " was waren had werd voormalig sommige omdat voor na zonder terwijl volgens gepland geschat wanneer",
        joins="en met aan door tussen tegen",
        rates="per elke ieder in of tot duizend miljoen miljard",
    ),
}
"""Only languages whose limiting words are known are let through at all."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A folded word. ``is_name``: it has a capital or is a number; ``is_apart``: a comma or the like before it."""

    word: str
    is_name: bool
    is_apart: bool


def says_no_more(claim: str, sentence: str) -> bool:
    """Whether ``claim`` is the ``sentence``, shortened at most: nothing added, swapped, limited less or cut off."""
    grammar = _GRAMMARS.get(guess_language(sentence) or "en")
    if grammar is None or not _amounts_in(claim) <= _amounts_in(sentence) or is_reversed(claim, sentence):
        return False
    said = _tokenise(sentence)
    if any(is_spaceless(token.word) for token in said):
        return False
    wanted = [token for token in _tokenise(claim) if token.word not in grammar.free]
    if len(wanted) < _MIN_WORDS:
        return False
    places = _find_window(wanted, said)
    if places is not None:
        return _is_faithful(wanted, said, places, grammar, _MAX_LEFT_OUT)
    turned = _turn(wanted, said)
    places = _find_window(turned, said)
    return places is not None and _is_faithful(turned, said, places, grammar, 0)


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


def _is_faithful(
    wanted: Sequence[_Token], said: Sequence[_Token], places: Sequence[int], grammar: _Grammar, may_leave_out: int
) -> bool:
    """Whether what was left out of the sentence changes nothing of what is kept."""
    if all(said[at].is_name for at in places if at > 0):
        return False  # "Mary Poole" alone says nothing; what it means would be the model's word
    left_out = [at for at in range(len(said)) if at not in places]
    if any(said[at].word in grammar.limits for at in left_out):
        return False
    inner = [at for at in left_out if places[0] < at < places[-1] and said[at].word not in grammar.free]
    if len(inner) > may_leave_out or any(said[at].is_name or said[at].word in grammar.joins for at in inner):
        return False
    return not _crosses_a_break(wanted, said, places) and not _cuts_an_amount(said, places, grammar)


def _crosses_a_break(wanted: Sequence[_Token], said: Sequence[_Token], places: Sequence[int]) -> bool:
    """Whether words are next to each other that a comma of the sentence keeps apart."""
    steps = zip(places, places[1:], wanted[1:], strict=False)
    return any(
        not mine.is_apart and any(said[at].is_apart for at in range(before + 1, after + 1))
        for before, after, mine in steps
    )


def _cuts_an_amount(said: Sequence[_Token], places: Sequence[int], grammar: _Grammar) -> bool:
    """Whether "48 euros" is left of "48 euros a month", or "12" of "12 tons"."""
    last = places[-1]
    following = said[last + 1] if last + 1 < len(said) else None
    if following is None or following.is_apart:
        return False
    ends_in_number = said[last].word[0].isdigit()
    if ends_in_number and not _YEAR.fullmatch(said[last].word):
        return True
    is_amount = ends_in_number or (last > 0 and said[last - 1].word[0].isdigit())
    return is_amount and following.word in grammar.rates


def _amounts_in(text: str) -> frozenset[tuple[str, str, str]]:
    """Numbers with the signs that stand at them: ``-5``, ``$42``, ``12 %``."""
    return frozenset(_read_amounts(unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-")))


def _read_amounts(text: str) -> Iterator[tuple[str, str, str]]:
    for before, number, after in _AMOUNT.findall(text):
        for value in numbers_in(number):
            yield before, value, after
