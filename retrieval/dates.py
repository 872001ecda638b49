"""Days named in a text, as numbers, so that "3 May 2024" and "03/05/24" can be told to be the same."""

import re
from collections.abc import Iterator

from retrieval.forms import NUMERIC_DATE
from retrieval.terms import fold

Day = tuple[int, int, int]
"""Year (two digits count from 2000), month, day."""

_MONTHS = (
    "jan|ene|gen|янв|ιαν|oca|sty|يناير|जनवरी",
    "feb|fev|fevr|фев|φεβ|sub|lut|فبراير|फरवरी",
    "mar|maerz|мар|mrt|مارس|मार्च",
    "apr|avr|abr|апр|απρ|nis|kwi|ابريل|अप्रैल",
    "may|mai|maj|mag|mei|май|мая|μαι|مايو|मई",
    "jun|juin|giu|июн|ιουν|haz|cze|يونيو|जून",
    "jul|juil|lug|июл|ιουλ|tem|lip|يوليو|जुलाई",
    "aug|aou|ago|авг|αυγ|sie|اغسطس|अगस्त",
    "sep|set|сен|σεπ|eyl|wrz|سبتمبر|सितंबर",
    "oct|okt|out|ott|окт|οκτ|eki|paz|اكتوبر|अक्टूबर",
    "nov|ноя|νοε|kas|lis|نوفمبر|नवंबर",
    "dec|dez|dic|дек|δεκ|ara|gru|ديسمبر|दिसंबर",
)
_MONTH = "|".join(f"(?P<m{number}>{names})" for number, names in enumerate(_MONTHS, 1))
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|\.)?[\s\-/]*(?:de |of )?(?:{_MONTH})[^\W\d]*[\s\-/.,]*(?:de )?(\d{{4}}"
    rf"|\d{{2}})(?!\d)"
)
_MONTH_FIRST = re.compile(
    rf"(?<!\w)(?:{_MONTH})[^\W\d]*\.?[\s\-/]*(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}|\d{{2}})(?!\d)"
)
_MONTHS_A_YEAR, _DAYS_A_MONTH = 12, 31
_CENTURY = 2000


def find_days(text: str) -> frozenset[Day]:
    """All days that the text may mean; "03/05/24" is two."""
    folded = fold(text)
    return frozenset(day for day in (*_numeric(folded), *_written(folded)) if _is_day(day))


def _numeric(text: str) -> Iterator[Day]:
    for match in NUMERIC_DATE.finditer(text):
        if match["y1"]:
            yield int(match["y1"]), int(match["m1"]), int(match["d1"])
            continue
        first, second, year = int(match["a"]), int(match["b"]), _to_year(match["y2"])
        yield year, second, first
        yield year, first, second
        if len(match["y2"]) == len(match["a"]) == 2:  # 24-05-03
            yield _to_year(match["a"]), second, int(match["y2"])


def _written(text: str) -> Iterator[Day]:
    for pattern, match in ((one, match) for one in (_DAY_FIRST, _MONTH_FIRST) for match in one.finditer(text)):
        month = next(number for number in range(1, 13) if match[f"m{number}"])
        plain = [group for name, group in enumerate(match.groups(), 1) if name not in pattern.groupindex.values()]
        yield _to_year(plain[1]), month, int(plain[0])


def _to_year(digits: str) -> int:
    return int(digits) + (_CENTURY if len(digits) == 2 else 0)


def _is_day(day: Day) -> bool:
    return 1 <= day[1] <= _MONTHS_A_YEAR and 1 <= day[2] <= _DAYS_A_MONTH
