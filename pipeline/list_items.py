"""Markers that begin an item of a list, in several scripts."""

import re
from dataclasses import dataclass

_BULLETS = "•◦▪▫‣⁃●○■□◆◇►▶➢➤✓✔·∙"
_DASHES = "-–—*"
_NUMERALS_CJK = "一二三四五六七八九十"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_KANA_ORDER = "アイウエオカキクケコ"

_BULLET = re.compile(rf"\s*([{_BULLETS}])\s*(?=\S)|\s*([{_DASHES}])\s+(?=\S)")
# A number, one letter or a small Roman numeral, closed by . ) or a CJK comma; \d knows the digits of every script.
_NUMBER = re.compile(
    rf"\s*(?:[(（]\s*(\d{{1,3}}|[^\W\d_]|[ivx]{{2,5}}|[{_NUMERALS_CJK}]{{1,3}})\s*[)）]"
    rf"|(\d{{1,3}})(?:[.)](?=\s)|[.)](?=[^\W\d_])|[、．）])"
    rf"|([^\W\d_]|[ivx]{{2,5}})(?:[.)](?=\s))"
    rf"|([{_NUMERALS_CJK}{_KANA_ORDER}]{{1,3}})[、．]"
    rf"|([{_CIRCLED}]))\s*(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """``text`` as read, ``value`` a number or letter to compare, ``length`` characters up to the item's own text."""

    text: str
    is_bullet: bool
    value: str
    length: int

    @property
    def is_sign(self) -> bool:
        """Whether it says nothing but "here is an item": a bullet or a dash."""
        return self.is_bullet or self.value in _DASHES

    @property
    def number(self) -> int | None:
        """The item's number where it is written in digits, in any script's."""
        return int(self.value) if self.value.isdecimal() else None


def find_marker(text: str) -> Marker | None:
    """The marker that ``text`` begins with, or None."""
    found = _BULLET.match(text)
    if found:
        sign = found.group(1) or found.group(2)
        return Marker(sign, found.group(1) is not None, sign, found.end())
    found = _NUMBER.match(text)
    if found:
        value = next(group for group in found.groups() if group)
        return Marker(found.group().strip(), False, value, found.end())
    return None


def is_bullet(text: str) -> bool:
    """Whether this is a bullet and nothing else."""
    return len(text) == 1 and text in _BULLETS


def is_followed_by(marker: Marker, following: Marker) -> bool:
    """Whether ``following`` is the next item of the same list: the same bullet, the next number or letter."""
    if marker.is_sign:
        return following.value == marker.value
    if marker.number is not None and following.number is not None:
        return following.number == marker.number + 1
    if len(marker.value) == 1 and len(following.value) == 1:
        if marker.value in _CIRCLED or marker.value.isascii():
            return ord(following.value) == ord(marker.value) + 1
        for order in (_NUMERALS_CJK, _KANA_ORDER):
            if marker.value in order:
                return order.find(following.value) == order.index(marker.value) + 1
        return following.value != marker.value and 0 < ord(following.value) - ord(marker.value) <= 3
    return {marker.value, following.value} <= {"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi"}
