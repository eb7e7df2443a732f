"""What nodes and lines of the pictures are, each with the style that it is drawn in."""

from __future__ import annotations

import enum
from typing import Final

from mplsemu.drawing.styles import LineStyle, LineTrait, NodeStyle, Shape

IS_BUTTON: Final = True


class NodeKind(NodeStyle, enum.Enum):
    """What a node is."""

    PE = ("pe", Shape.DOUBLE_FRAME, IS_BUTTON)
    P = ("p", Shape.OCTAGON, IS_BUTTON)
    SITE = ("site", Shape.CARD)
    CE = ("ce", Shape.TICKET)
    VIRTUAL_ROUTER = ("router", Shape.LOZENGE)
    VIRTUAL_SWITCH = ("switch", Shape.RAILED_BAR)
    NETWORK = ("network", Shape.CLOUD)
    """What joins a customer's virtual routers."""
    PARTNER = ("partner", Shape.NOTE)


class LineKind(LineStyle, enum.Enum):
    """What a line is."""

    LINK = ("link", LineTrait.BUTTON | LineTrait.MAY_FAIL)
    """Between two LSRs."""
    ACCESS = ("access", LineTrait.MAY_FAIL)
    """From a site to its virtual router or switch."""
    MEMBER = ("member", LineTrait.ARROW)
    """From a virtual router to the network that joins it with the others."""
    WAY = ("way", LineTrait.OVERLAY)
    """An overlay: an LSP, or a packet's path."""
    SEVERED = ("severed", LineTrait.BROKEN)
    """Two that should reach each other and do not."""
