"""A line chart as SVG: one series, axes from zero, and the straight line that it should be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 24, 76, 48
_STYLE = """
text { font: 13px sans-serif; fill: #1a1a1a } .title { font-weight: bold }
.grid { stroke: #d5d5d5 } .axis { stroke: #444 }
.line { fill: none; stroke: #0072b2; stroke-width: 2 }
.fit { stroke: #d55e00; stroke-dasharray: 5 4; stroke-width: 1.5 } circle { fill: #0072b2 }
.ground { fill: #fff }
@media (prefers-color-scheme: dark) {
 text { fill: #eee } .ground { fill: #1b1b1b } .grid { stroke: #3a3a3a } .axis { stroke: #bbb }
 .line { stroke: #56b4e9 } circle { fill: #56b4e9 } .fit { stroke: #e69f00 }
}
"""


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a line; `points` are x and y, by x."""

    title: str
    points: tuple[tuple[float, float], ...]


def line_chart(series: Series, *, x: str, y: str) -> str:
    """Return the chart, with the least-squares line through the points beside them."""
    most_x, step_x = _axis(max(point[0] for point in series.points))
    most_y, step_y = _axis(max(point[1] for point in series.points))

    def at(px: float, py: float) -> tuple[float, float]:
        across, up = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + across * px / most_x, _HEIGHT - _BOTTOM - up * py / most_y

    slope, start = _fit(series.points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(series.title)}</title><style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}"/>',
        f'<text class="title" x="8" y="20">{escape(series.title)}</text>',
        f'<text x="8" y="38">dashed: the straight line through the points, '
        f"{slope * 1000:.3g} ms a piece</text>",
    ]
    for tick in _ticks(most_y, step_y):
        (x0, y0), (x1, _) = at(0, tick), at(most_x, tick)
        parts.append(
            f'<line class="grid" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y0:.1f}"/>'
        )
        parts.append(f'<text x="{x0 - 8:.1f}" y="{y0 + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for tick in _ticks(most_x, step_x):
        px, py = at(tick, 0)
        parts.append(f'<text x="{px:.1f}" y="{py + 18:.1f}" text-anchor="middle">{tick:g}</text>')
    (x0, y0), (x1, _), (_, y1) = at(0, 0), at(most_x, 0), at(0, most_y)
    parts.append(f'<path class="axis" fill="none" d="M{x0:.1f} {y1:.1f}V{y0:.1f}H{x1:.1f}"/>')
    parts.append(f'<text x="{x1:.1f}" y="{_HEIGHT - 10}" text-anchor="end">{escape(x)}</text>')
    parts.append(f'<text x="8" y="{_TOP - 14}">{escape(y)}</text>')
    last = series.points[-1][0]
    (fx0, fy0), (fx1, fy1) = at(0, max(start, 0)), at(last, start + slope * last)
    parts.append(f'<line class="fit" x1="{fx0:.1f}" y1="{fy0:.1f}" x2="{fx1:.1f}" y2="{fy1:.1f}"/>')
    places = [at(*point) for point in series.points]
    line = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
    parts.append(f'<polyline class="line" points="{line}"/>')
    parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4"/>' for px, py in places]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axis(most: float) -> tuple[float, float]:
    """Return where an axis ends and how far its ticks are apart: 1, 2 or 5 times a power of ten."""
    rough = most / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return step * math.ceil(most / step), step


def _ticks(most: float, step: float) -> list[float]:
    return [step * number for number in range(round(most / step) + 1)]


def _fit(points: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    mean_x = sum(px for px, _ in points) / len(points)
    mean_y = sum(py for _, py in points) / len(points)
    slope = sum((px - mean_x) * (py - mean_y) for px, py in points)
    slope /= sum((px - mean_x) ** 2 for px, _ in points)
    return slope, mean_y - slope * mean_x
