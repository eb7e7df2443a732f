"""Names that Linux, Open vSwitch and Mininet accept, made from names of any length.

An interface name holds 15 bytes (IFNAMSIZ - 1); a lab's names have no such bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mplsemu.model.network import HostRef
from mplsemu.program.hosts import short_name

MAX_INTERFACE_NAME: Final = 15
HOST_INTERFACE: Final = "eth0"
"""A host's interface, in every host the same; on a CE router the one towards the PE."""
CE_LAN_INTERFACE: Final = "eth1"

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z", re.ASCII)
_RESERVED: Final = (
    # stand for every interface below /proc/sys/net
    *("all", "default"),
    # appear in a new namespace by themselves
    *("lo", "ovs-netdev", "ovs-system", "tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip6tnl0"),
    *("ip6gre0", "ip_vti0", "ip6_vti0", "dummy0", "ifb0", "ifb1", "bond0", "teql0"),
)


def is_interface_name(name: str) -> bool:
    """Whether Linux takes the name for an interface, and no shell or tool misreads it."""
    return len(name) <= MAX_INTERFACE_NAME and _PLAIN.match(name) is not None


class InterfaceNames:
    """Hands out interface names, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*_RESERVED, *taken}

    def claim(self, wanted: str, short: str) -> str:
        """Return `wanted` if it can be had, else `short`, else `short` with a letter.

        Args:
            wanted: the name people would expect.
            short: at most 12 bytes.
        """
        for name in (wanted, short):
            if is_interface_name(name) and name not in self._taken:
                break
        else:
            name = next(n for n in _with_suffixes(short) if n not in self._taken)
        self._taken.add(name)
        return name


class NodeNames:
    """Hands out Mininet node names, each once; they may have any length."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def claim(self, wanted: str) -> str:
        """Return `wanted`, or with ``.2``, ``.3``, ... behind it if it is taken."""
        name = wanted
        number = 2
        while name in self._taken:
            name = f"{wanted}.{number}"
            number += 1
        self._taken.add(name)
        return name


def host_node_name(vpn: str, site: str, host: str) -> str:
    """Return the Mininet name of a host (``a-aarhus-h1``), which its shell and CLI can take."""
    return short_name(HostRef(vpn, site, host))


def _with_suffixes(short: str) -> Iterable[str]:
    number = 0
    while True:
        yield f"{short}x{number:x}"
        number += 1
