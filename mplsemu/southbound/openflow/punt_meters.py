"""Meters for punts: one per sender and class, so that no sender takes another's share.

A PE's senders are the circuits of its VRFs, and each VRF for packets from the core.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.program.program import NodeProgram
from mplsemu.southbound.openflow.flow import Meter
from mplsemu.southbound.openflow.match import IN_PORT, METADATA, Term
from mplsemu.southbound.openflow.pipeline import MeterId
from mplsemu.southbound.punt.rate_limits import PER_LSR, PER_SOURCE, PuntClass

_OF_ALL: Final = Meter(MeterId.CONTROLLER, PER_LSR.per_second, PER_LSR.burst)


class PuntMeters:
    """The meters of one LSR; they do not depend on the state of its links.

    Args:
        node: the LSR.
    """

    def __init__(self, node: NodeProgram) -> None:
        routed = {name for vrf in node.vrfs for name in vrf.circuits}
        ports = sorted(circuit.port for circuit in node.circuits if circuit.name in routed)
        senders = [Term(IN_PORT, port) for port in ports]
        senders += [Term(METADATA, index) for index in sorted(vrf.index for vrf in node.vrfs)]
        self._places: Final = {sender: place for place, sender in enumerate(senders)}

    @property
    def senders(self) -> tuple[Term, ...]:
        """The match of each sender's packets; circuits come first."""
        return tuple(self._places)

    def number(self, sender: Term, asked: PuntClass) -> int:
        """Return the number of a sender's meter, from 1.

        Raises:
            KeyError: the LSR has no such sender.
        """
        return self._places[sender] * len(PuntClass) + asked

    def __iter__(self) -> Iterator[Meter]:
        """Yield all of them, and OFPM_CONTROLLER."""
        yield _OF_ALL
        for number in range(1, len(self._places) * len(PuntClass) + 1):
            yield Meter(number, PER_SOURCE.per_second, PER_SOURCE.burst)
