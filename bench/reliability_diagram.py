"""Draw how often words were right against how sure an engine was of them, as an SVG file."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_SIZE = 260
_MARGIN = 56
_PANEL = _SIZE + _MARGIN + 24

Point = tuple[float, float, int]
"""Mean confidence of a bin (0..1), share of its words that were right (0..1), number of words."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram: the bins as the engine gave its numbers and after calibration, with the expected errors."""

    title: str
    before: Sequence[Point]
    after: Sequence[Point]
    error_before: float
    error_after: float


def draw_diagrams(panels: Sequence[Panel]) -> str:
    """The SVG text; dots grow with the words of their bin, the diagonal is perfect honesty."""
    width, height = _PANEL * len(panels) + 16, _SIZE + 2 * _MARGIN + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" '
        f'font-size="12" fill="#222"><rect width="{width}" height="{height}" fill="#fff"/>'
    ]
    for index, panel in enumerate(panels):
        parts.append(f'<g transform="translate({_MARGIN + index * _PANEL},{_MARGIN})">{_draw_panel(panel)}</g>')
    return "".join(parts) + "</svg>\n"


def _draw_panel(panel: Panel) -> str:
    parts = [f'<text x="0" y="-26" font-size="15" font-weight="600">{escape(panel.title)}</text>']
    parts.append(
        f'<text x="0" y="-8"><tspan fill="#c2410c">● own numbers, error {panel.error_before:.3f}</tspan>'
        f'<tspan dx="12" fill="#1d4ed8">● calibrated, {panel.error_after:.3f}</tspan></text>'
    )
    parts.append(f'<rect width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>')
    parts.append(f'<path d="M0 {_SIZE}L{_SIZE} 0" stroke="#999" stroke-dasharray="4 4"/>')
    for step in range(6):
        at = step * _SIZE / 5
        parts.append(f'<text x="{at}" y="{_SIZE + 16}" text-anchor="middle">{step / 5:.1f}</text>')
        parts.append(f'<text x="-8" y="{_SIZE - at + 4}" text-anchor="end">{step / 5:.1f}</text>')
    parts.append(f'<text x="{_SIZE / 2}" y="{_SIZE + 36}" text-anchor="middle">confidence</text>')
    parts.append(f'<text transform="translate(-38,{_SIZE / 2}) rotate(-90)" text-anchor="middle">words right</text>')
    parts += [_draw_curve(panel.before, "#c2410c"), _draw_curve(panel.after, "#1d4ed8")]
    return "".join(parts)


def _draw_curve(points: Sequence[Point], colour: str) -> str:
    places = [(x * _SIZE, (1 - y) * _SIZE, count) for x, y, count in points]
    most = max((count for _, _, count in points), default=1)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + 6 * (count / most) ** 0.5:.1f}" fill="{colour}"/>'
        for x, y, count in places
    )
    return f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>{dots}'
