"""What the controller must know of a running data plane: maps, interfaces, namespaces.

The emulation writes it after attaching the program; the controller reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import DataPlaneError

ATTACHED_FILE: Final = "ebpf.json"
"""In the directory of the lab."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A data plane that is in place.

    Attributes:
        maps: the kernel's id of each map, by the map's name.
        ports: ifindex of every port, by LSR and port number.
        interfaces: name of every port's interface, by LSR and port number.
        direct: ifindexes whose egress needs no queue and no tap.
        pids: of each LSR a process in its network namespace.
    """

    maps: Mapping[str, int]
    ports: Mapping[str, Mapping[int, int]]
    interfaces: Mapping[str, Mapping[int, str]]
    direct: frozenset[int]
    pids: Mapping[str, int]


def dump_attached(attached: Attached) -> str:
    """Return it as JSON, the same text for the same value."""
    document = {
        "maps": dict(attached.maps),
        "ports": {lsr: dict(ports) for lsr, ports in attached.ports.items()},
        "interfaces": {lsr: dict(names) for lsr, names in attached.interfaces.items()},
        "direct": sorted(attached.direct),
        "pids": dict(attached.pids),
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def load_attached(text: str) -> Attached:
    """Return what `dump_attached` wrote.

    Raises:
        DataPlaneError: the text is not of that form.
    """
    try:
        document = json.loads(text)
        return Attached(
            maps={str(name): int(number) for name, number in document["maps"].items()},
            ports={
                str(lsr): {int(port): int(ifindex) for port, ifindex in ports.items()}
                for lsr, ports in document["ports"].items()
            },
            interfaces={
                str(lsr): {int(port): str(name) for port, name in names.items()}
                for lsr, names in document["interfaces"].items()
            },
            direct=frozenset(map(int, document["direct"])),
            pids={str(lsr): int(pid) for lsr, pid in document["pids"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataPlaneError(
            f"cannot read what is attached ({error!r}); a lab of this version writes it at boot"
        ) from error
