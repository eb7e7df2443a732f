"""State of the LSRs as the controller knows it: connected, live ports, installed program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mplsemu.program.program import NodeProgram

Cables = Mapping[str, tuple[tuple[int, str], ...]]
"""Of each LSR its ports, each with a link or circuit that it carries (control/ports.py)."""


@dataclass(slots=True)
class LsrState:
    """One LSR.

    Attributes:
        name: of it.
        connected: whether it can be programmed.
        live_ports: ports that carry packets, as last reported; None before the first report.
        node: the node program it has; None if it is not known to have all of one.
        errors: how many messages it rejected.
    """

    name: str
    connected: bool = False
    live_ports: frozenset[int] | None = None
    node: NodeProgram | None = None
    errors: int = 0


class LsrStates:
    """All LSRs of a lab by name, and the links and circuits at their ports.

    Args:
        lsrs: their names.
        cables: at their ports.
    """

    def __init__(self, lsrs: Iterable[str], cables: Cables) -> None:
        self._by_name = {name: LsrState(name) for name in lsrs}
        self.number_ports(cables)

    def number_ports(self, cables: Cables) -> None:
        """Note which links and circuits are at which port."""
        self._cables = {name: cables.get(name, ()) for name in self._by_name}

    def __iter__(self) -> Iterator[LsrState]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> LsrState:
        return self._by_name[name]

    def connected(self) -> list[LsrState]:
        """Return the LSRs that can be programmed."""
        return [lsr for lsr in self if lsr.connected]

    def down(self) -> frozenset[str]:
        """Return the links and circuits that are down, as last reported.

        The ports of an LSR that never connected count as up.
        """
        return frozenset(
            name
            for lsr in self
            if lsr.live_ports is not None
            for port, name in self._cables[lsr.name]
            if port not in lsr.live_ports
        )
