"""A flow, its cookie, and a meter, as values."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from mplsemu.southbound.openflow.actions import Action
from mplsemu.southbound.openflow.match import Match

MAX_COOKIE: Final = (1 << 64) - 1
STATIC_COOKIE: Final = 0x4D << 56
LEARNED_COOKIE: Final = 0x4C << 56
COOKIE_KIND_MASK: Final = 0xFF << 56
_DIGEST_BYTES: Final = 7
_VSI_SHIFT: Final = 32
_MAX_VSI: Final = (1 << 24) - 1
_MAX_ATTACHMENT: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow; `table`, `priority` and `match` together identify it within a switch.

    Attributes:
        actions: in the order in which they are applied (an Apply-Actions instruction).
        goto: the table that follows them, None to end there.
        meter: id of a meter that packets pass before the actions.
    """

    table: int
    priority: int
    match: Match
    actions: tuple[Action, ...] = ()
    goto: int | None = None
    meter: int | None = None

    @property
    def key(self) -> tuple[int, int, Match]:
        """Its identity within a switch."""
        return self.table, self.priority, self.match

    @property
    def cookie(self) -> int:
        """64 bits: ``STATIC_COOKIE`` and a digest of everything else the flow says.

        Two flows have the same cookie if and only if they are equal, so a restarted controller
        reads from a switch's cookies what is installed.
        """
        content = repr(
            (
                int(self.table),
                self.priority,
                self.match,
                self.actions,
                self.goto if self.goto is None else int(self.goto),
                self.meter,
            )
        )
        digest = blake2b(content.encode(), digest_size=_DIGEST_BYTES).digest()
        return STATIC_COOKIE | int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter with one band that drops what is above a rate.

    Attributes:
        meter_id: of the switch; `OFPM_CONTROLLER` meters everything sent to the controller.
        rate_pps: packets per second.
        burst: packets that may come at once.
    """

    meter_id: int
    rate_pps: int
    burst: int


@dataclass(frozen=True, slots=True)
class BitMeter:
    """A meter that drops what is above a rate of bits, and counts it.

    Attributes:
        meter_id: of the switch.
        rate_kbps: thousands of bits per second, from the Ethernet header on.
        burst_kbits: thousands of bits that may come at once.
    """

    meter_id: int
    rate_kbps: int
    burst_kbits: int


AnyMeter = Meter | BitMeter


def learned_cookie(vsi: int, attachment: int) -> int:
    """Return the cookie of the MAC addresses learned from one circuit or pseudowire of a VSI.

    Args:
        vsi: index of the VSI at this PE.
        attachment: where they were learned, as the pipeline's source register holds it.

    Raises:
        ValueError: a number does not fit.
    """
    if not (0 <= vsi <= _MAX_VSI and 0 <= attachment <= _MAX_ATTACHMENT):
        raise ValueError(f"VSI {vsi}, attachment {attachment:#x} do not fit in a cookie")
    return LEARNED_COOKIE | vsi << _VSI_SHIFT | attachment


def learned_from_attachment(vsi: int, attachment: int) -> tuple[int, int]:
    """Return cookie and mask of what one VSI learned from one circuit or pseudowire."""
    return learned_cookie(vsi, attachment), MAX_COOKIE


def learned_by_vsi(vsi: int) -> tuple[int, int]:
    """Return cookie and mask of everything one VSI learned."""
    return learned_cookie(vsi, 0), MAX_COOKIE ^ _MAX_ATTACHMENT
