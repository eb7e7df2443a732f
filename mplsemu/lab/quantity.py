"""Quantities with their units as a lab file writes them: ``10 Mbit/s``, ``5 ms``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_NUMBER_AND_UNIT: Final = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(\S*)\Z", re.ASCII)
_LONGEST: Final = 40
_EXPONENT: Final = {"": 0, "k": 3, "m": 6, "g": 9}
_LOOSE_RATE: Final = re.compile(r"([kmg]?)i?b(?:it)?s?(?:/s(?:ec)?|ps)?\Z")
_LOOSE_TIME: Final = {
    "us": "us", "usec": "us", "µs": "us", "μs": "us", "ms": "ms", "msec": "ms",
    "millisecond": "ms", "milliseconds": "ms", "s": "s", "sec": "s", "second": "s", "seconds": "s",
}  # fmt: skip


class QuantityError(ValueError):
    """A quantity that cannot be read; `remedy` says what to write instead."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Scale:
    """A kind of quantity: its units and the range it may have.

    Attributes:
        units: unit -> how many base units it is, smallest first.
        least: smallest quantity, as text.
        most: largest quantity, as text.
        examples: how to write one.
    """

    units: dict[str, int]
    least: str
    most: str
    examples: str

    @property
    def pattern(self) -> str:
        """Regular expression of what is written, for the JSON Schema."""
        units = "|".join(self.units)
        return rf"^[0-9]+(\.[0-9]+)?\s*({units})$"

    @property
    def smallest(self) -> Decimal:
        """The smallest quantity, in base units."""
        return self._read(self.least)

    @property
    def largest(self) -> Decimal:
        """The largest quantity, in base units."""
        return self._read(self.most)

    def read(self, text: str) -> Decimal:
        """Return the quantity in base units.

        Raises:
            QuantityError: no number, no unit, an unknown unit, or out of range.
        """
        quantity = self._read(text)
        if not self.smallest <= quantity <= self.largest:
            raise QuantityError(f"{text!r} is out of range", f"write {self.least} to {self.most}")
        return quantity

    def _read(self, text: str) -> Decimal:
        match = _NUMBER_AND_UNIT.match(text.strip()) if len(text) <= _LONGEST else None
        if match is None:
            raise QuantityError(
                f"{text[:_LONGEST]!r} is not a number with its unit", f"write {self.examples}"
            )
        number, unit = match.groups()
        if unit in self.units:
            return Decimal(number) * self.units[unit]
        if not unit:
            raise QuantityError(f"{text!r} has no unit", self._with_units(Decimal(number)))
        meant = self._meant(unit)
        remedy = f"write {number} {meant}" if meant else f"write {self.examples}"
        raise QuantityError(f"{text!r} has an unknown unit {unit!r}", remedy)

    def _with_units(self, number: Decimal) -> str:
        """Return what to write for a number without a unit: what is in range of it."""
        fitting = [
            f"{number} {unit}"
            for unit, size in self.units.items()
            if self.smallest <= number * size <= self.largest
        ]
        return f"write {' or '.join(fitting)}" if fitting else f"write {self.least} to {self.most}"

    def _meant(self, unit: str) -> str | None:
        """Return the unit that `unit` is a habit of: ``Mbps`` of ``Mbit/s``."""
        if "ms" in self.units or "s" in self.units:
            guess = _LOOSE_TIME.get(unit.lower())
            return guess if guess in self.units else None
        match = _LOOSE_RATE.match(unit.lower())
        if match is None or "B" in unit:  # bytes are not bits: do not guess
            return None
        factor = 10 ** _EXPONENT[match[1]]
        return next((known for known, size in self.units.items() if size == factor), None)


_RATE_UNITS: Final = {"bit/s": 1, "kbit/s": 1_000, "Mbit/s": 1_000_000, "Gbit/s": 1_000_000_000}
_EXAMPLE_RATES: Final = "for example 512 kbit/s, 10 Mbit/s or 1 Gbit/s"

BANDWIDTH: Final = Scale(_RATE_UNITS, "64 kbit/s", "100 Gbit/s", _EXAMPLE_RATES)
ACCESS_RATE: Final = Scale(_RATE_UNITS, "512 kbit/s", "1 Gbit/s", _EXAMPLE_RATES)
DELAY: Final = Scale(
    {"us": 1, "ms": 1_000, "s": 1_000_000}, "0 ms", "10 s", "for example 5 ms or 200 us"
)
LOSS: Final = Scale({"%": 1}, "0 %", "90 %", "for example 1 % or 0.5 %")
AGING: Final = Scale({"s": 1}, "10 s", "65535 s", "for example 300 s")
WAIT: Final = Scale({"s": 1}, "1 s", "600 s", "for example 10 s")
STORM_RATE: Final = Scale(_RATE_UNITS, "64 kbit/s", "10 Gbit/s", _EXAMPLE_RATES)
THROUGHPUT: Final = Scale(_RATE_UNITS, "1 kbit/s", "100 Gbit/s", _EXAMPLE_RATES)
