"""Styles: what the SVG writer must know of a kind of node or line, apart from its colours.

A user of this package declares its kinds as enumerations of styles, and gives each its colours in a
`Palette`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class Shape(enum.Enum):
    """The outline of a node; each kind has its own, so that colour is never all that tells."""

    DOUBLE_FRAME = enum.auto()
    OCTAGON = enum.auto()
    CARD = enum.auto()
    TICKET = enum.auto()
    LOZENGE = enum.auto()
    RAILED_BAR = enum.auto()
    CLOUD = enum.auto()
    NOTE = enum.auto()


@dataclass(frozen=True)  # no slots: enumerations inherit from it
class NodeStyle:
    """How a kind of node is drawn.

    Attributes:
        css_class: its class in SVG.
        shape: its outline.
        is_button: whether it can be chosen in an interactive picture.
    """

    css_class: str
    shape: Shape
    is_button: bool = False


class LineTrait(enum.Flag):
    """What is special about a kind of line."""

    BUTTON = enum.auto()
    """It can be chosen in an interactive picture."""
    MAY_FAIL = enum.auto()
    """An interactive picture may mark it as down later."""
    ARROW = enum.auto()
    """An arrow in the line's colour may stand at its end."""
    BROKEN = enum.auto()
    """It is always crossed out: it says that something is missing."""
    OVERLAY = enum.auto()
    """It is drawn over other lines, coloured by its number, with arrows and the number on it."""


_NO_TRAITS: Final = LineTrait(0)


@dataclass(frozen=True)
class LineStyle:
    """How a kind of line is drawn.

    Attributes:
        css_class: its class in SVG.
        traits: what is special about it.
    """

    css_class: str
    traits: LineTrait = _NO_TRAITS

    @property
    def is_button(self) -> bool:
        """Whether it can be chosen in an interactive picture."""
        return LineTrait.BUTTON in self.traits

    @property
    def may_fail(self) -> bool:
        """Whether an interactive picture may mark it as down later."""
        return LineTrait.MAY_FAIL in self.traits

    @property
    def is_broken(self) -> bool:
        """Whether it is always crossed out."""
        return LineTrait.BROKEN in self.traits

    @property
    def is_overlay(self) -> bool:
        """Whether it is drawn over other lines, coloured by its number."""
        return LineTrait.OVERLAY in self.traits
