"""Where the words of a line go in an invisible text layer.

Everything here is in page pixels (origin top left, y down); :mod:`exports.text_layer` turns it into PDF operators.

Words of one line share one baseline and one size although their boxes differ ("on" is lower than "Of"): readers put
words on one line by baseline and size. Along the line every word keeps its own box.
"""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from exports.legal_text import to_legal_text
from pipeline.document import Box, Line, Page, Word

_STRONG_RTL = frozenset({"R", "AL"})
_FORWARD = frozenset({"L", "EN", "AN"})
_FIT_MIN_WORDS = 4
_FIT_MAX_SLOPE = math.tan(math.radians(8))
_MIN_EXTENT_PX = 0.5
# In heights of the line.
_LEAST_SPACE = 0.05
_WIDEST_SPACE = 30.0
_WIDEST_LETTER = 4.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a space. It begins where the piece before it ends, and ends ``end`` pixels after the run's start."""

    text: str
    end: float


@dataclass(frozen=True, slots=True)
class Run:
    """Words that are written as one string, from (x, y) on their baseline; ``height`` is in page pixels.

    ``angle`` is the direction in which left-to-right text goes on the page, in radians clockwise from the x axis. A
    ``mirrored`` run starts at its right end and goes left, with its characters in logical order.
    """

    pieces: tuple[Piece, ...]
    x: float
    y: float
    height: float
    angle: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class _Extent:
    """A box seen from a line: ``start``..``end`` along it, ``top``..``bottom`` across it."""

    start: float
    end: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class _String:
    """Pieces that are written as one string, and where along the line it starts."""

    start: float
    pieces: tuple[Piece, ...]
    mirrored: bool


def place_line(line: Line, page: Page) -> list[Run]:
    """The line's words and the spaces between them, in logical order.

    A line without words, or whose words do not spell its text, is laid as one run over its box.
    """
    words = match_words(line)
    if not words:
        return []
    angle = _angle_of(line, words, page)
    extents = [_seen_along(word.box, angle, page.skew_deg) for word in words]
    if len(words) >= _FIT_MIN_WORDS:
        slope = _fitted_slope(extents)
        if slope:
            angle += math.atan(slope)
            extents = [_seen_along(word.box, angle, page.skew_deg + math.degrees(math.atan(slope))) for word in words]
    top, bottom = _common_height(extents)
    spaced = find_spaces(line.text, words)
    extents = _part_neighbours(words, extents, spaced)
    if any(is_right_to_left(word.text) for word in words):
        strings = _by_direction(words, extents, spaced, bottom - top)
    else:
        strings = _as_strings(words, extents, spaced, bottom - top)
    return [_to_run(string, top, bottom, angle) for string in strings]


def match_words(line: Line) -> tuple[Word, ...]:
    """The line's words if they spell its text, else its text cut at spaces over the same boxes, else one word.

    Their texts are legal in XML and have no white space inside (a word that has some, as a correction may, is several);
    words without any text are left out.
    """
    words = tuple(part for word in line.words for part in _split(word))
    pieces = to_legal_text(line.text).split()
    if words and "".join(word.text for word in words) == "".join(pieces):
        return words
    if pieces and len(pieces) == len(words):
        return tuple(replace(word, text=piece) for piece, word in zip(pieces, words, strict=True))
    return (Word(" ".join(pieces), line.box, line.confidence),) if pieces else ()


def _split(word: Word) -> Iterator[Word]:
    """The words that white space makes of it, each with the share of its box that its letters have."""
    text = to_legal_text(word.text)
    pieces = text.split()
    if len(pieces) < 2:
        yield from (replace(word, text=piece) for piece in pieces)
        return
    leftwards = is_right_to_left(text)
    step = word.box.width / (sum(map(len, pieces)) + len(pieces) - 1)
    done = 0
    for piece in pieces:
        start, end = done * step, (done + len(piece)) * step
        left, right = (word.box.width - end, word.box.width - start) if leftwards else (start, end)
        box = Box(word.box.left + left, word.box.top, word.box.left + right, word.box.bottom)
        yield replace(word, text=piece, box=box)
        done += len(piece) + 1


def find_spaces(text: str, words: Sequence[Word]) -> list[bool]:
    """For each of :func:`match_words`, whether white space follows it in ``text``, the line's."""
    text = to_legal_text(text)
    flags: list[bool] = []
    position = 0
    for word in words:
        for character in word.text:
            if character.isspace():
                continue
            while position < len(text) and text[position].isspace():
                position += 1
            position += 1
        flags.append(position < len(text) and text[position].isspace())
    return flags


def is_right_to_left(text: str) -> bool:
    """Whether the first strong character of ``text`` is a right-to-left one (UAX #9, rules P2 and P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _STRONG_RTL:
            return True
        if kind == "L":
            return False
    return False


def _angle_of(line: Line, words: Sequence[Word], page: Page) -> float:
    turned = -page.rotation
    if page.rotation in {0, 180} and _is_vertical(line.box, words):
        turned += 90
    return math.radians(turned + page.skew_deg)


def _is_vertical(box: Box, words: Sequence[Word]) -> bool:
    """A column of East Asian text: far higher than wide although it has several characters."""
    characters = sum(len(word.text) for word in words)
    wide = any(unicodedata.east_asian_width(word.text[0]) == "W" for word in words if word.text)
    return wide and characters > 1 and box.height > 1.5 * box.width


def _seen_along(box: Box, angle: float, skew_deg: float) -> _Extent:
    """``box`` (drawn around tilted text, so too large) as the tilted rectangle that it was drawn around."""
    x, y = box.center
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    width, height = box.width, box.height
    if round(math.degrees(angle) / 90) % 2:
        width, height = height, width
    tilt = math.radians(abs(skew_deg))
    if 0 < tilt < math.radians(30):
        # w = W cos + H sin, h = W sin + H cos, solved for W and H; noise may make either impossible.
        scale = math.cos(2 * tilt)
        tight_width = (width * math.cos(tilt) - height * math.sin(tilt)) / scale
        tight_height = (height * math.cos(tilt) - width * math.sin(tilt)) / scale
        width = max(tight_width, width / 2)
        height = max(tight_height, height / 3)
    half_width, half_height = max(width, _MIN_EXTENT_PX) / 2, max(height, _MIN_EXTENT_PX) / 2
    return _Extent(along - half_width, along + half_width, across - half_height, across + half_height)


def _fitted_slope(extents: Sequence[_Extent]) -> float:
    """Least-squares slope of the words' bottoms and tops along the line; 0 unless it matters and is plausible."""
    xs = [(extent.start + extent.end) / 2 for extent in extents]
    ys = [(extent.top + extent.bottom) / 2 for extent in extents]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    if not spread:
        return 0.0
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    drift = abs(slope) * (max(xs) - min(xs))
    return slope if abs(slope) < _FIT_MAX_SLOPE and drift > 0.4 * median(e.height for e in extents) else 0.0


def _common_height(extents: Sequence[_Extent]) -> tuple[float, float]:
    """(top, bottom) around all words but those that stick out absurdly, such as a rule read as a bar."""
    usual = median(extent.height for extent in extents)
    middle_top, middle_bottom = median(e.top for e in extents), median(e.bottom for e in extents)
    top = min(e.top for e in extents if e.top >= middle_top - 0.5 * usual)
    bottom = max(e.bottom for e in extents if e.bottom <= middle_bottom + 0.5 * usual)
    return (top, bottom) if bottom - top > _MIN_EXTENT_PX else (middle_top, middle_bottom)


def _part_neighbours(words: Sequence[Word], extents: Sequence[_Extent], spaced: Sequence[bool]) -> list[_Extent]:
    """Extents that do not overlap, and leave no gap where there is no space.

    Readers take a gap between two Chinese or Thai words for a space and sort words by where they begin, but engines
    give a line's first word the box of the whole line at times.
    """
    parted = list(extents)
    leftwards = _are_leftwards(words) if any(is_right_to_left(word.text) for word in words) else [False] * len(words)
    for index in range(len(parted) - 1):
        word, following = parted[index], parted[index + 1]
        if leftwards[index] or leftwards[index + 1]:
            mirrored = _part(_mirrored(word), _mirrored(following), spaced[index])
            parted[index], parted[index + 1] = _mirrored(mirrored[0]), _mirrored(mirrored[1])
        elif word.start + word.end <= following.start + following.end or not any(leftwards):
            parted[index], parted[index + 1] = _part(word, following, spaced[index])
    return parted


def _mirrored(extent: _Extent) -> _Extent:
    return replace(extent, start=-extent.end, end=-extent.start)


def _part(word: _Extent, following: _Extent, is_spaced: bool) -> tuple[_Extent, _Extent]:
    """The same two, the second now after the first; unchanged where neither end of the overlap makes sense."""
    overlap = word.end - following.start
    if overlap <= 0 and is_spaced:
        return word, following
    if overlap < 0.3 * word.height:
        edge = (word.end + following.start) / 2
    else:
        edge = following.start if following.start > word.start + _MIN_EXTENT_PX else word.end
    if edge < word.start + _MIN_EXTENT_PX or edge > following.end - _MIN_EXTENT_PX:
        return word, following
    return replace(word, end=edge), replace(following, start=edge)


def _as_strings(
    words: Sequence[Word], extents: Sequence[_Extent], spaced: Sequence[bool], height: float
) -> Iterator[_String]:
    """Left-to-right words in one string, spaces filling the gaps; a new one after a gap too wide for a space.

    One string for a line matters to PDFium: it sorts strings of about the same height by where they begin, which mixes
    the end of one skewed line with the beginning of the next.
    """
    pieces: list[Piece] = []
    start = end = 0.0
    for index, (word, extent) in enumerate(zip(words, extents, strict=True)):
        if pieces and (extent.start < end - 0.5 * height or extent.start > end + _WIDEST_SPACE * height):
            yield _String(start, tuple(pieces), mirrored=False)
            pieces = []
        if not pieces:
            start = extent.start
        elif spaced[index - 1]:
            pieces.append(Piece(" ", extent.start - start))
        end = extent.end
        pieces.append(Piece(word.text, end - start))
        if index + 1 < len(words) and spaced[index]:
            end = _leave_room(extent, extents[index + 1], height)
            pieces[-1] = Piece(word.text, end - start)
    if pieces:
        yield _String(start, tuple(pieces), mirrored=False)


def _leave_room(extent: _Extent, following: _Extent, height: float) -> float:
    """Where a word ends so that a visible space fits before the next one."""
    latest = following.start - _LEAST_SPACE * height
    return (
        max(min(extent.end, latest), (extent.start + extent.end) / 2) if following.start > extent.start else extent.end
    )


def _by_direction(
    words: Sequence[Word], extents: Sequence[_Extent], spaced: Sequence[bool], height: float
) -> Iterator[_String]:
    """A line with right-to-left words: neighbours of one direction in one string, in logical order.

    Right-to-left strings are mirrored: PDFium and Poppler turn the letters of such strings round, MuPDF and pdfminer
    take them as they come, so that logical order suits all four. Numbers and Latin words among them are not mirrored.
    """
    leftwards = _are_leftwards(words)
    first = 0
    for index in range(1, len(words) + 1):
        if index < len(words) and leftwards[index] == leftwards[first]:
            continue
        part = slice(first, index)
        mirrored = leftwards[first]
        seen = [_mirrored(extent) for extent in extents[part]] if mirrored else extents[part]
        for string in _as_strings(words[part], seen, spaced[part], height):
            yield replace(string, start=-string.start, mirrored=True) if mirrored else string
        if index < len(words) and spaced[index - 1]:
            start, end, backwards = _space(extents[index - 1], extents[index], mirrored, height)
            yield _String(end if backwards else start, (Piece(" ", end - start),), backwards)
        first = index


def _are_leftwards(words: Sequence[Word]) -> list[bool]:
    """Which words of a right-to-left line go leftwards: those of such letters, lone punctuation, single digits.

    A single digit reads the same in both directions, and MuPDF breaks a line where its direction turns.
    """
    return [
        is_right_to_left(word.text)
        or not any(unicodedata.bidirectional(letter) in _FORWARD for letter in word.text)
        or (len(word.text) == 1 and word.text.isdecimal())
        for word in words
    ]


def _space(word: _Extent, following: _Extent, mirrored: bool, height: float) -> tuple[float, float, bool]:
    """Where the space between two words goes, and whether it is read leftwards.

    Where the next word stands elsewhere (the direction of writing changes), the space follows its word.
    """
    least = _LEAST_SPACE * height
    backwards = following.start + following.end < word.start + word.end
    start, end = (following.end, word.start) if backwards else (word.end, following.start)
    if backwards != mirrored or end - start > _WIDEST_SPACE * height:
        start, end = (word.start - least, word.start) if mirrored else (word.end, word.end + least)
        return start, end, mirrored
    if end - start < least:
        middle = (start + end) / 2
        start, end = middle - least / 2, middle + least / 2
    return start, end, backwards


def _to_run(string: _String, top: float, bottom: float, angle: float) -> Run:
    x = string.start * math.cos(angle) - bottom * math.sin(angle)
    y = string.start * math.sin(angle) + bottom * math.cos(angle)
    characters = sum(len(piece.text) for piece in string.pieces)
    # A lone dash is far wider than high; letters of a sane shape are what readers expect.
    height = max(bottom - top, string.pieces[-1].end / (_WIDEST_LETTER * max(characters, 1)))
    return Run(string.pieces, x, y, height, angle, string.mirrored)
