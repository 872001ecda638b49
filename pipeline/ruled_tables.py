"""Tables drawn with rules: where the rules are, the cells are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.document import Box
from pipeline.rules import Rules


@dataclass(frozen=True, slots=True)
class GridCell:
    """A place in a grid, merged from ``row_span`` × ``column_span`` fields; ``box`` in page pixels."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box


@dataclass(frozen=True, slots=True)
class Grid:
    """The fields between the rules of one table. ``xs`` and ``ys`` are the positions of the rules in page pixels."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[GridCell, ...]

    @property
    def box(self) -> Box:
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])


def find_grids(rules: Rules, line_height: float) -> tuple[Grid, ...]:
    """Grids of at least two rows or columns, from the top of the page. Frames around a single field are no grid."""
    reach = 0.6 * line_height
    grids = (_to_grid(*group, line_height) for group in _groups(rules, reach))
    return tuple(sorted((grid for grid in grids if grid is not None), key=lambda grid: (grid.ys[0], grid.xs[0])))


def find_stacks(rules: Rules, grids: Sequence[Grid], line_height: float) -> tuple[tuple[Box, ...], ...]:
    """Horizontal rules that begin and end alike, one above the other: at least three, outside of all grids."""
    free = [rule for rule in rules.horizontal if not any(rule.intersection(_grown(g.box, line_height)) for g in grids)]
    stacks: list[list[Box]] = []
    for rule in free:
        for stack in stacks:
            last = stack[-1]
            if abs(last.left - rule.left) < 1.5 * line_height and abs(last.right - rule.right) < 1.5 * line_height:
                stack.append(rule)
                break
        else:
            stacks.append([rule])
    return tuple(tuple(stack) for stack in stacks if len(stack) >= 3)


def _grown(box: Box, margin: float) -> Box:
    return Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)


def _groups(rules: Rules, reach: float) -> list[tuple[list[Box], list[Box]]]:
    """(horizontal, vertical) rules that touch each other, directly or through others."""
    everything = [*rules.horizontal, *rules.vertical]
    parents = list(range(len(everything)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    count = len(rules.horizontal)
    for i, horizontal in enumerate(rules.horizontal):
        near = _grown(horizontal, reach)
        for j, vertical in enumerate(rules.vertical, start=count):
            if near.intersection(_grown(vertical, 0.5)):
                parents[root(i)] = root(j)
    groups: dict[int, tuple[list[Box], list[Box]]] = {}
    for index, rule in enumerate(everything):
        groups.setdefault(root(index), ([], []))[0 if index < count else 1].append(rule)
    return list(groups.values())


def _to_grid(horizontal: Sequence[Box], vertical: Sequence[Box], line_height: float) -> Grid | None:
    if len(horizontal) < 2 or not vertical:
        return None
    near = 0.5 * line_height
    ys = _positions([(rule.top + rule.bottom) / 2 for rule in horizontal], near)
    # A table may be open at its sides: its horizontal rules then stand out beyond the outer vertical ones.
    ends = [min(rule.left for rule in horizontal), max(rule.right for rule in horizontal)]
    uprights = [(rule.left + rule.right) / 2 for rule in vertical]
    open_ends = [end for end in ends if all(abs(end - x) > 1.5 * line_height for x in uprights)]
    xs = _positions([*uprights, *open_ends], near)
    if len(xs) < 2 or len(ys) < 2 or (len(xs) - 1) * (len(ys) - 1) < 2:
        return None
    walls = _Walls(tuple(horizontal), tuple(vertical), near)
    cells = _merge_fields(xs, ys, walls)
    return Grid(tuple(xs), tuple(ys), cells) if len(cells) >= 2 else None


def _positions(values: Sequence[float], near: float) -> list[float]:
    """Values with those nearer than ``near`` drawn together to their mean."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] < near:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


@dataclass(frozen=True, slots=True)
class _Walls:
    """Answers whether a rule runs between two fields; ``near`` is how far it may lie beside, in pixels."""

    horizontal: tuple[Box, ...]
    vertical: tuple[Box, ...]
    near: float

    def is_below(self, y: float, left: float, right: float) -> bool:
        covered = sum(
            max(0.0, min(rule.right, right) - max(rule.left, left))
            for rule in self.horizontal
            if abs((rule.top + rule.bottom) / 2 - y) < self.near
        )
        return covered >= 0.5 * (right - left)

    def is_beside(self, x: float, top: float, bottom: float) -> bool:
        covered = sum(
            max(0.0, min(rule.bottom, bottom) - max(rule.top, top))
            for rule in self.vertical
            if abs((rule.left + rule.right) / 2 - x) < self.near
        )
        return covered >= 0.5 * (bottom - top)


def _merge_fields(xs: Sequence[float], ys: Sequence[float], walls: _Walls) -> tuple[GridCell, ...]:
    """Fields without a rule between them are one cell; cells are rectangles, grown to the right first, then down."""
    columns, rows = list(pairwise(xs)), list(pairwise(ys))
    taken: set[tuple[int, int]] = set()
    cells: list[GridCell] = []
    for row, (top, bottom) in enumerate(rows):
        for column in range(len(columns)):
            if (row, column) in taken:
                continue
            last = column
            while last + 1 < len(columns) and (row, last + 1) not in taken:
                if walls.is_beside(columns[last][1], top, bottom):
                    break
                last += 1
            low = _lowest_row(row, column, last, columns, rows, walls)
            taken |= {(r, c) for r in range(row, low + 1) for c in range(column, last + 1)}
            box = Box(columns[column][0], top, columns[last][1], rows[low][1])
            cells.append(GridCell(row, column, low - row + 1, last - column + 1, box))
    return tuple(cells)


def _lowest_row(
    row: int,
    first: int,
    last: int,
    columns: Sequence[tuple[float, float]],
    rows: Sequence[tuple[float, float]],
    walls: _Walls,
) -> int:
    """The last row that the fields ``first``..``last`` of ``row`` reach down to without a rule in between."""
    low = row
    while low + 1 < len(rows):
        is_closed = any(walls.is_below(rows[low][1], left, right) for left, right in columns[first : last + 1])
        is_parted = any(walls.is_beside(columns[c][1], *rows[low + 1]) for c in range(first, last))
        if is_closed or is_parted:
            break
        low += 1
    return low
