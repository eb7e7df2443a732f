"""Captions of links: on each link what is special about it, once what is usual."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mplsemu.model.limits import CORE_MTU
from mplsemu.views.model import LinkView
from mplsemu.views.phrases import metric_of
from mplsemu.views.units import delay, impairment, rate

_ALL_SAID: Final = 12
"""Links at most for writing on each everything that differs from link to link."""

_METRICS_SAID: Final = 120
"""Links at most for writing its metric on each, if there is no usual metric."""

_THINNEST: Final = 1.4
_WIDTH_PER_DECADE: Final = 0.8
_SLOWEST_BPS: Final = 1e7


@dataclass(frozen=True, slots=True)
class _Fact:
    """A property of links: its values, how one reads, how a range, and how a link's own read."""

    values: Callable[[LinkView], tuple[float, ...]]
    text: Callable[[float], str]
    between: Callable[[float, float], str]
    of_link: Callable[[LinkView], str]


def _milliseconds(value: float) -> str:
    return f"{value:.3g} ms"


_BANDWIDTH: Final = _Fact(
    lambda link: (link.bandwidth_bps,),
    rate,
    lambda low, high: f"{rate(low)} to {rate(high)}",
    lambda link: rate(link.bandwidth_bps),
)
_DELAY: Final = _Fact(
    lambda link: (link.delay_ms,),
    _milliseconds,
    lambda low, high: f"delay {low:.3g} to {_milliseconds(high)}",
    lambda link: _milliseconds(link.delay_ms),
)
_METRIC: Final = _Fact(
    lambda link: link.metrics if link.border is None else (),
    lambda metric: f"metric {metric}",
    lambda low, high: f"metric {low} to {high}",
    metric_of,
)
_MTU: Final = _Fact(
    lambda link: (link.mtu,),
    lambda mtu: f"MTU {mtu:.0f}",
    lambda low, high: f"MTU {low:.0f} to {high:.0f}",
    lambda link: f"MTU {link.mtu}",
)
_FACTS: Final = (_BANDWIDTH, _DELAY, _METRIC, _MTU)
_UNSAID: Final = {_DELAY: 0, _MTU: CORE_MTU}
"""What is not told where all links have it."""


class LinkCaptions:
    """The captions of the links of one network.

    The bandwidth that at least half of all links have is the usual one: it is told once, and only
    other bandwidths are written on their links. Likewise delay and metric.
    """

    def __init__(self, links: Sequence[LinkView]) -> None:
        self._links = links
        self._usual = {fact: _usual(_values(fact, links)) for fact in _FACTS}
        # without a usual metric the bare number is enough
        self._is_numbered = self._usual[_METRIC] is None and _ALL_SAID < len(links) <= _METRICS_SAID

    def on(self, link: LinkView) -> str:
        """Return what is written on a link; empty if all is usual."""
        said = [self._said(link, fact) for fact in _FACTS]
        return ", ".join(filter(None, [*said, impairment(link.loss_percent, link.jitter_ms)]))

    def summary(self) -> str:
        """Return what is usual, and the ranges of what has no usual value."""
        if not self._links:
            return "No links"
        return "Links: " + "; ".join(filter(None, (self._of_all(fact) for fact in _FACTS)))

    def _said(self, link: LinkView, fact: _Fact) -> str | None:
        usual = self._usual[fact]
        if usual is not None:
            return None if {*fact.values(link)} == {usual} else fact.of_link(link)
        if len(self._links) <= _ALL_SAID:
            return fact.of_link(link)
        if fact is _METRIC and self._is_numbered:
            is_one = isinstance(link.metric, int)
            return str(link.metric) if is_one else metric_of(link)
        return None

    def _of_all(self, fact: _Fact) -> str | None:
        values = _values(fact, self._links)
        if not values:
            return None
        low, high, usual = min(values), max(values), self._usual[fact]
        if usual is None:
            on_each = ": the number on each" if fact is _METRIC and self._is_numbered else ""
            return fact.between(low, high) + on_each
        if low < high:
            another = "" if fact is _MTU else "another is "  # few words: it is told last
            return f"{fact.text(usual)} unless {another}written on it"
        return None if _UNSAID.get(fact) == usual else fact.text(usual)


def _values(fact: _Fact, links: Sequence[LinkView]) -> list[float]:
    return [value for link in links for value in fact.values(link)]


def _usual(values: Sequence[float]) -> float | None:
    """Return the value of at least half of all, if there is one."""
    for value, number in Counter(values).most_common(1):
        if 2 * number >= len(values):
            return value
    return None


def about_link(link: LinkView) -> str:
    """Return a link's description in a sentence."""
    facts = [
        f"{link.name}: {link.ends[0]} to {link.ends[1]}",
        rate(link.bandwidth_bps),
        delay(link.delay_ms),
        *filter(None, [impairment(link.loss_percent, link.jitter_ms)]),
        metric_of(link),
        "up" if link.up else "down",
    ]
    if link.mtu != CORE_MTU:
        facts.insert(-1, f"MTU {link.mtu}")
    if link.load_bps is not None:
        there, back = (rate(bps) for bps in link.load_bps)
        facts.append(f"load {there} there and {back} back")
    return ", ".join(facts)


def load_share(link: LinkView) -> float | None:
    """Return the load of a link in its busier direction, 0 to 1."""
    if link.load_bps is None:
        return None
    return min(max(*link.load_bps, 0.0) / max(link.bandwidth_bps, 1), 1.0)


def stroke_width(link: LinkView) -> float:
    """Return the stroke width of a link, which grows with the logarithm of its bandwidth."""
    decades = math.log10(max(link.bandwidth_bps, 1) / _SLOWEST_BPS)
    return round(_THINNEST + _WIDTH_PER_DECADE * min(max(decades, 0.0), 4.0), 2)
