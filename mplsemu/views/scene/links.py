"""What a picture says about links: on each what is special, once what is usual."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from mplsemu.views.model import LinkView
from mplsemu.views.text.units import delay, rate

_ALL_SAID: Final = 12
"""Links at most, for each to have everything written on it that differs from link to link."""

_METRICS_SAID: Final = 120
"""Links at most, for each to have its metric written on it where all differ."""

_THINNEST: Final = 1.4
_WIDTH_PER_DECADE: Final = 0.8
_SLOWEST_BPS: Final = 1e7


@dataclass(frozen=True, slots=True)
class _Fact:
    """Something that every link has: what it is called, and how it reads."""

    name: str
    value: Callable[[LinkView], float]
    text: Callable[[LinkView], str]
    alone: Callable[[LinkView], str]


_FACTS: Final = (
    _Fact(
        "bandwidth",
        lambda link: link.bandwidth_bps,
        lambda link: rate(link.bandwidth_bps),
        lambda link: rate(link.bandwidth_bps),
    ),
    _Fact(
        "delay", lambda link: link.delay_ms, lambda link: _short(link.delay_ms),
        lambda link: _short(link.delay_ms),
    ),
    _Fact(
        "metric", lambda link: link.metric, lambda link: f"metric {link.metric}",
        lambda link: f"{link.metric}",
    ),
)  # fmt: skip


def _short(milliseconds: float) -> str:
    return f"{milliseconds:.3g} ms"


class LinkWords:
    """What is written on the links of one network.

    Where at least half of all links have the same bandwidth, that is the usual one: it is said
    once, and only others are written on their links. Likewise delay and metric.
    """

    def __init__(self, links: Sequence[LinkView]) -> None:
        self._links = links
        self._usual = {fact.name: _usual(links, fact) for fact in _FACTS}

    def on(self, link: LinkView) -> str:
        """Return what is written on a link, nothing where all is usual."""
        return ", ".join(filter(None, (self._said(link, fact) for fact in _FACTS)))

    def summary(self) -> str:
        """Return what all links have in common, and between which values the rest lies."""
        if not self._links:
            return "No links"
        words = filter(None, (self._of_all(fact) for fact in _FACTS))
        return "Links: " + "; ".join(words)

    def _said(self, link: LinkView, fact: _Fact) -> str | None:
        usual = self._usual[fact.name]
        if usual is not None:
            return None if fact.value(link) == usual else fact.text(link)
        if len(self._links) <= _ALL_SAID:
            return fact.text(link)
        if fact.name == "metric" and len(self._links) <= _METRICS_SAID:
            return fact.alone(link)
        return None

    def _of_all(self, fact: _Fact) -> str | None:
        ordered = sorted(self._links, key=fact.value)
        usual = self._usual[fact.name]
        low, high = ordered[0], ordered[-1]
        if usual is None:
            low_text = fact.text(low).removesuffix(" ms")
            between = f"{low_text} to {fact.alone(high)}"
            name = "delay " if fact.name == "delay" else ""
            said = self._said(high, fact)
            where = ": the number on each" if said == fact.alone(high) and not name else ""
            return f"{name}{between}{where if fact.name == 'metric' else ''}"
        text = fact.text(next(link for link in self._links if fact.value(link) == usual))
        if fact.value(low) == fact.value(high):
            return None if fact.name == "delay" and usual == 0 else text
        return f"{text} unless another is written on it"


def _usual(links: Sequence[LinkView], fact: _Fact) -> float | None:
    counts: Counter[Hashable] = Counter(fact.value(link) for link in links)
    for value, number in counts.most_common(1):
        if 2 * number >= len(links) and isinstance(value, int | float):
            return value
    return None


def about_link(link: LinkView) -> str:
    """Return everything about a link in a sentence."""
    facts = [
        f"{link.name}: {link.ends[0]} to {link.ends[1]}",
        rate(link.bandwidth_bps),
        delay(link.delay_ms),
        f"metric {link.metric}",
        "up" if link.up else "down",
    ]
    if link.load_bps is not None:
        there, back = (rate(bps) for bps in link.load_bps)
        facts.append(f"load {there} there and {back} back")
    return ", ".join(facts)


def load_share(link: LinkView) -> float | None:
    """Return which share of a link is used, 0 to 1, in the busier direction."""
    if link.load_bps is None:
        return None
    return min(max(*link.load_bps, 0.0) / max(link.bandwidth_bps, 1), 1.0)


def stroke_width(link: LinkView) -> float:
    """Return how wide a link is drawn: wider by so much for ten times the bandwidth."""
    decades = math.log10(max(link.bandwidth_bps, 1) / _SLOWEST_BPS)
    return round(_THINNEST + _WIDTH_PER_DECADE * min(max(decades, 0.0), 4.0), 2)
