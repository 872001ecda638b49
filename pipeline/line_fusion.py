"""Two readings of one page: the better of each line, or what only the second one has."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from pipeline.document import Box, Line

_SAME_LINE = 0.5  # of the smaller box
_CLEARLY = 0.1
_AS_HIGH = 1.6
_SAID = 0.75
_BELIEVABLE = 0.6  # for a line that only the second reading has


def keep_better(first: Sequence[Line], second: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of ``first``, those replaced that ``second`` read with clearly more confidence, and those it missed.

    Both are in the same pixels, confidences on one scale. A line of one reading may be several in the other (a wide gap
    parts them); such lines are compared as a group, so that no word is lost or doubled.
    """
    kept: list[Line] = []
    for group, rivals in group_lines((first, second)):
        needed = _confidence(group) + _CLEARLY if group else _BELIEVABLE
        kept.extend(rivals if _confidence(rivals) > needed else group)
    return tuple(kept)


def drop_known_words(found: Sequence[Line], known: Sequence[Line]) -> tuple[Line, ...]:
    """What recognition found in a picture, without the words that lie on text that is known (printed over it).

    Both are in the same pixels. A line keeps the words beside the known ones; a line without words goes as a whole.
    """
    boxes = [word.box for line in known for word in line.words] or [line.box for line in known]
    kept = []
    for line in found:
        near = [box for box in boxes if line.box.intersection(box) > 0]
        words = tuple(word for word in line.words if not any(_overlap(word.box, box) > _SAME_LINE for box in near))
        if not near or (line.words and len(words) == len(line.words)):
            kept.append(line)
        elif words:
            text = " ".join(word.text for word in words)
            kept.append(replace(line, text=text, box=Box.around(word.box for word in words), words=words))
        elif not line.words and not any(_overlap(line.box, box) > _SAME_LINE for box in near):
            kept.append(line)
    return tuple(kept)


def drop_covered(lines: Sequence[Line], anew: Sequence[Line]) -> tuple[Line, ...]:
    """The lines without those that are parts of lines read anew as a whole."""
    return tuple(line for line in lines if not any(_is_part(line, other) for other in anew))


def _is_part(line: Line, whole: Line) -> bool:
    """Whether most of a line lies in another about as high, and most of its letters are there in their order."""
    if line.box.intersection(whole.box) <= _SAME_LINE * line.box.area or whole.box.height > _AS_HIGH * line.box.height:
        return False
    shared = SequenceMatcher(None, line.text, whole.text, autojunk=False).get_matching_blocks()
    return sum(block.size for block in shared) >= _SAID * len(line.text)


def group_lines(readings: Sequence[Sequence[Line]]) -> list[list[list[Line]]]:
    """Connected groups of lines of different readings that lie on each other; each group has a list for each reading.

    Groups come in the order of the first reading's lines, then those that only later readings have.
    """
    members = [(number, line) for number, lines in enumerate(readings) for line in lines]
    group_of = list(range(len(members)))
    for i, (number, line) in enumerate(members):
        for j in range(i + 1, len(members)):
            other_number, other = members[j]
            if number != other_number and group_of[i] != group_of[j] and _overlap(line.box, other.box) > _SAME_LINE:
                old, new = group_of[j], group_of[i]
                group_of = [new if group == old else group for group in group_of]
    groups: dict[int, list[list[Line]]] = {}
    for (number, line), group in zip(members, group_of, strict=True):
        groups.setdefault(group, [[] for _ in readings])[number].append(line)
    return list(groups.values())


def _overlap(box: Box, other: Box) -> float:
    smaller = min(box.area, other.area)
    return box.intersection(other) / smaller if smaller else 0.0


def _confidence(lines: Sequence[Line]) -> float:
    letters = sum(len(line.text) for line in lines)
    return sum((line.confidence or 0.0) * len(line.text) for line in lines) / letters if letters else -1.0
