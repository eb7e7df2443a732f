"""Rates, delays and shares as text."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_LARGEST_DENOMINATOR: Final = 4096
_RATES: Final = ((10**9, "Gbit/s"), (10**6, "Mbit/s"), (10**3, "kbit/s"))


def rate(bps: float) -> str:
    """Return ``1 Gbit/s`` for 10**9."""
    for size, unit in _RATES:
        if bps >= size:
            return f"{bps / size:.6g} {unit}"
    return f"{bps:.6g} bit/s"


def delay(milliseconds: float) -> str:
    """Return ``5 ms``, rounded to a tenth of a microsecond."""
    return f"{round(milliseconds, 4):g} ms"


def impairment(loss_percent: float, jitter_ms: float) -> str:
    """Return ``jitter 2 ms, loss 1 %``: of a link, what it has; empty if nothing."""
    said = [f"jitter {delay(jitter_ms)}"] if jitter_ms else []
    said += [f"loss {loss_percent:g} %"] if loss_percent else []
    return ", ".join(said)


def metric(value: int | tuple[int, int]) -> str:
    """Return ``10``; ``10/30`` for a metric of 30 in the opposite direction of a link's ends."""
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)


def part(share: float) -> str:
    """Return ``1/3``; ``below 1/4096`` if it is less."""
    if share < 1 / _LARGEST_DENOMINATOR:
        return f"below 1/{_LARGEST_DENOMINATOR}"
    return str(Fraction(share).limit_denominator(_LARGEST_DENOMINATOR))
