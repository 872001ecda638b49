"""White rectangles of a grid of cells, of which the gutters between columns are made."""

import numpy as np
from numpy.typing import NDArray

Run = tuple[int, int, int, int]
"""A rectangle of cells: x0, x1, y0, y1, the ends not in it."""


def find_white_runs(white: NDArray[np.bool_], min_width: int, min_height: int, *, most: int) -> list[Run]:
    """Empty rectangles (x0, x1, y0, y1) of a grid (x, y) that are maximal in y and at least so large, tallest first.

    At most ``most`` of them.
    """
    if white.shape[0] <= min_width:
        return []
    count, height = white.shape[0] - min_width + 1, white.shape[1]
    # A border above and below each column: along the flat array white begins and ends in turns.
    windows = np.zeros((count, height + 2), dtype=bool)
    inside = windows[:, 1:-1]
    inside[:] = white[:count]
    for shift in range(1, min_width):
        inside &= white[shift : shift + count]
    flat = windows.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    begins, ends = edges[::2], edges[1::2]
    tall = ends - begins >= min_height
    x, y0 = np.divmod(begins[tall], height + 2)
    y1 = ends[tall] - x * (height + 2)
    order = np.lexsort((x, y0, y0 - y1))
    runs: list[Run] = []
    for left, top, bottom in zip(x[order].tolist(), y0[order].tolist(), y1[order].tolist(), strict=True):
        if runs and runs[-1][1:] == (left + min_width - 1, top, bottom):
            runs[-1] = runs[-1][0], left + min_width, top, bottom
        elif len(runs) == most:
            break
        else:
            runs.append((left, left + min_width, top, bottom))
    return runs


def lengthen(white: NDArray[np.bool_], run: Run) -> Run:
    """The run as far up and down as a narrow strip in its middle third stays white.

    Detectors draw some boxes a little too long; one that reaches into a gutter must not cut it in two.
    """
    x0, x1, y0, y1 = run
    margin = (x1 - x0 - 1) // 3
    strips = white[x0 + margin : x1 - margin - 1] & white[x0 + margin + 1 : x1 - margin]
    tops = y0 - _count_white(strips[:, :y0][:, ::-1])
    bottoms = y1 + _count_white(strips[:, y1:])
    best = int(np.argmax(bottoms - tops))
    return x0, x1, int(tops[best]), int(bottoms[best])


def _count_white(strips: NDArray[np.bool_]) -> NDArray[np.intp]:
    """How many cells at the beginning of each row are white."""
    if not strips.shape[1]:
        return np.zeros(len(strips), dtype=np.intp)
    first = strips.argmin(axis=1)
    return np.where(strips[np.arange(len(strips)), first], strips.shape[1], first)
