"""Two readings of one page, the better of each line."""

from collections.abc import Sequence

from pipeline.document import Box, Line

_SAME_LINE = 0.5  # of the smaller box
_CLEARLY = 0.1
_BELIEVABLE = 0.6  # for a line that only the second reading has


def keep_better(first: Sequence[Line], second: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of ``first``, those replaced that ``second`` read with clearly more confidence, and those it missed.

    Both are in the same pixels, confidences on one scale. A line of one reading may be several in the other (a wide gap
    parts them); such lines are compared as a group, so that no word is lost or doubled.
    """
    kept: list[Line] = []
    for group, rivals in _groups(first, second):
        needed = _confidence(group) + _CLEARLY if group else _BELIEVABLE
        kept.extend(rivals if _confidence(rivals) > needed else group)
    return tuple(kept)


def _groups(first: Sequence[Line], second: Sequence[Line]) -> list[tuple[list[Line], list[Line]]]:
    """Connected groups of lines that lie on each other."""
    lines = [*first, *second]
    group_of = list(range(len(lines)))
    for i, line in enumerate(first):
        for j, other in enumerate(second, start=len(first)):
            if _overlap(line.box, other.box) > _SAME_LINE:
                old, new = group_of[j], group_of[i]
                group_of = [new if group == old else group for group in group_of]
    return [
        (
            [line for line, own in zip(first, group_of, strict=False) if own == group],
            [line for line, own in zip(second, group_of[len(first) :], strict=True) if own == group],
        )
        for group in dict.fromkeys(group_of)
    ]


def _overlap(box: Box, other: Box) -> float:
    smaller = min(box.area, other.area)
    return box.intersection(other) / smaller if smaller else 0.0


def _confidence(lines: Sequence[Line]) -> float:
    letters = sum(len(line.text) for line in lines)
    return sum((line.confidence or 0.0) * len(line.text) for line in lines) / letters if letters else -1.0
