"""Names that Linux, Open vSwitch and Mininet accept, made from names of any length.

An interface name has at most 15 bytes (IFNAMSIZ - 1); names in a lab file may be longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mplsemu.model.network import HostRef
from mplsemu.program.hosts import short_name

MAX_INTERFACE_NAME: Final = 15
HOST_INTERFACE: Final = "eth0"
"""The interface of every host; on a CE router the one towards the PE."""
CE_LAN_INTERFACE: Final = "eth1"

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z", re.ASCII)
_RESERVED: Final = (
    # mean all interfaces below /proc/sys/net
    *("all", "default"),
    # exist in every new namespace
    *("lo", "ovs-netdev", "ovs-system", "tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip6tnl0"),
    *("ip6gre0", "ip_vti0", "ip6_vti0", "dummy0", "ifb0", "ifb1", "bond0", "teql0"),
)


def is_interface_name(name: str) -> bool:
    """Whether Linux accepts an interface name, and shells and tools do not misread it."""
    return len(name) <= MAX_INTERFACE_NAME and _PLAIN.match(name) is not None


class InterfaceNames:
    """Assigns unique interface names."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*_RESERVED, *taken}

    def claim(self, wanted: str, short: str) -> str:
        """Return `wanted` if it is valid and free, else `short`, else `short` with a letter.

        Args:
            wanted: the name a user would expect.
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
    """Assigns unique Mininet node names of any length."""

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
    """Return the Mininet name of a host (``a-aarhus-h1``), valid in its shell and CLI."""
    return short_name(HostRef(vpn, site, host))


def _with_suffixes(short: str) -> Iterable[str]:
    number = 0
    while True:
        yield f"{short}x{number:x}"
        number += 1
