"""Whether two texts say the contrary of each other: by a "not" more or less, or by an opposite word."""

import re
from collections.abc import Mapping

from retrieval.language_guess import guess_language
from retrieval.terms import fold, split_words

_NEGATIONS = {
    "en": r"not|never|no|none|neither|nor|without|cannot|\w+n['’]t",
    "de": r"nicht|nie|niemals|kein\w*|weder|ohne",
    "fr": r"ne|n(?=['’])|pas|jamais|aucun\w*|sans",
    "es": r"no|nunca|sin|ningun\w*|ningún|jamás",
    "pt": r"não|nunca|sem|nenhum\w*|jamais",
    "it": r"non|mai|nessun\w*|senza",
    "nl": r"niet|nooit|geen|zonder",
    "sv": r"inte|aldrig|ingen|inget|inga|utan",
    "pl": r"nie|nigdy|bez|żad\w+",
    "ru": r"не|никогда|нет|ни|без",
    "uk": r"не|ніколи|немає|без",
    "el": r"δεν|δε|μην|ποτέ|χωρίς",
    "tr": r"değil\w*|hiçbir|asla",
    "ar": r"لا|ليس\w*|لم|لن|غير|بدون",
    "hi": "नहीं|बिना",
    "vi": r"không|chẳng",
}
"""Words that turn a statement round, by language: "sin" is "without" in Spanish and "its" in Swedish."""
_SPACELESS_NEGATIONS = r"不是|不会|不能|没有|未|ない|ません|않|없|ไม่"
_ASKED_OPENLY = re.compile(
    r"n['’]est-ce pas|không\s*[?？]*\s*$|หรือไม่|หรือยัง|(\w)不\1|有没有|没有\s*[?？]\s*$"
    r"|(?:なければ|なくては|ないと)(?:なら|なり|いけ)(?:ない|ません)|ませんか|ないですか|(?:없|않)(?:나요|습니까|을까요|아도)"
)
"""Yes-or-no questions and "must" in the shape of a negation: "or not?", "isn't it?", "may it not fail to"."""
_EVIDENCE_ONLY = {
    "en": r"except\w*|exclud\w*|lack\w*|fail\w*|unable|impossible|refus\w*|deni\w*|absence|rather|un\w{5,}|non"
    r"|forbid\w*|prohibit\w*",
    "de": r"un\w{5,}|fehl\w*|verbot\w*|ausgenommen|ausgeschlossen|außer|untersag\w*",
    "fr": r"absence|manque\w*|défaut|interdi\w*|exclu\w*|sauf|non|hors",
    "es": r"falta\w*|ausencia|prohib\w*|exclu\w*|excepto|salvo",
    "pt": r"falta\w*|ausência|proibi\w*|exclu\w*|exceto|salvo",
    "it": r"assenza|manca\w*|vietat\w*|proibit\w*|esclus\w*|tranne|eccetto",
    "nl": r"ontbre\w*|verbod\w*|uitgezonderd|behalve|on\w{5,}",
    "pl": r"brak\w*|zabron\w*|zakaz\w*|oprócz|wyłącz\w*",
    "ru": r"кроме|нельзя|запрещ\w*|отсутств\w*|исключ\w*",
    "uk": r"крім|заборон\w*|відсутн\w*|виключ\w*",
    "tr": r"yasak\w*|hariç|\w{3,}s[ıiuü]z",
}
_SPACELESS_EVIDENCE = r"不|無|无|非"


def is_negated(text: str, language: str | None, *, as_evidence: bool = False) -> bool:
    """Whether a text denies something, in the words of its language (None: English).

    Evidence may deny in more ways than a question would.
    """
    code = language or "en"
    words = [pattern[code] for pattern in (_NEGATIONS, _EVIDENCE_ONLY if as_evidence else {}) if code in pattern]
    loose = f"{_SPACELESS_NEGATIONS}|{_SPACELESS_EVIDENCE}" if as_evidence else _SPACELESS_NEGATIONS
    pattern = "|".join([*(rf"(?<!\w)(?:{one})(?!\w)" for one in words), loose])
    return re.search(pattern, text.casefold() if as_evidence else _ASKED_OPENLY.sub(" ", text.casefold())) is not None


_OPPOSITES = """more/less more/fewer most/least most/fewest highest/lowest higher/lower largest/smallest larger/smaller
biggest/smallest bigger/smaller greatest/least greater/less greater/smaller longest/shortest longer/shorter
increase/decrease increased/decreased increases/decreases rise/fall rose/fell gain/loss easy/difficult easy/hard
easier/harder easiest/hardest simple/complex general/specific quantitative/qualitative first/last earliest/latest
earlier/later before/after oldest/youngest oldest/newest older/newer older/younger old/new best/worst better/worse
strong/weak stronger/weaker strongest/weakest fast/slow faster/slower fastest/slowest hot/cold warm/cool north/south
northern/southern east/west eastern/western left/right upper/lower internal/external interior/exterior inner/outer
inside/outside maximum/minimum majority/minority public/private male/female men/women man/woman boys/girls import/export
imports/exports open/closed opened/closed begin/end began/ended start/stop started/stopped buy/sell bought/sold win/lose
won/lost winner/loser victory/defeat attack/defend accept/reject accepted/rejected allow/forbid allowed/forbidden
legal/illegal formal/informal direct/indirect common/rare common/uncommon known/unknown possible/impossible like/unlike
similar/different same/different agree/disagree agreed/disagreed appear/disappear include/exclude includes/excludes
including/excluding success/failure support/oppose supported/opposed supporters/opponents enemy/ally enemies/allies
positive/negative active/passive rich/poor wide/narrow deep/shallow heavy/light high/low early/late above/below
attract/repel attracted/repelled unite/divide united/divided create/destroy created/destroyed join/leave
joined/left raise/lower raised/lowered add/remove added/removed rural/urban ancient/modern present/absent parent/child
employer/employee debit/credit income/expense gross/net tenant/landlord buyer/seller lender/borrower arrival/departure
länger/kürzer größer/kleiner größte/kleinste höher/niedriger mehr/weniger vor/nach erste/letzte gewinn/verlust
plus/moins avant/après premier/dernier más/menos antes/después primero/último mayor/menor больше/меньше до/после"""


def _pair_up(pairs: str) -> Mapping[str, frozenset[str]]:
    opposites: dict[str, frozenset[str]] = {}
    for pair in pairs.split():
        left, right = (fold(word) for word in pair.split("/"))
        opposites[left] = opposites.get(left, frozenset()) | {right}
        opposites[right] = opposites.get(right, frozenset()) | {left}
    return opposites


_OPPOSITE_OF = _pair_up(_OPPOSITES)
_PREFIXES = ("non", "un", "in", "im", "ir", "il", "dis", "anti")


def is_reversed(claim: str, evidence: str) -> bool:
    """Whether a claim turns what the evidence says into its contrary, by a "not" more or less or an opposite word."""
    language = guess_language(claim) or guess_language(evidence)
    denies = is_negated(claim, language)
    if denies != is_negated(evidence, language, as_evidence=denies):
        return True
    return has_opposite(claim, evidence, language)


def has_opposite(claim: str, evidence: str, language: str | None) -> bool:
    """A word of the claim is missing from the evidence, which has its opposite instead."""
    asked = set(split_words(claim))
    said = set(split_words(evidence)) | {word.replace("-", "") for word in re.findall(r"\bnon-\w+", fold(evidence))}
    if is_negated(claim, language) or is_negated(evidence, language):
        return False
    for word in asked - said:
        if (_OPPOSITE_OF.get(word, frozenset()) & said) - asked:
            return True
        if len(word) >= 5 and any(prefix + word in said for prefix in _PREFIXES):
            return True
    return False
