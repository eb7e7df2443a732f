"""What the maps of a running lab hold, read from the kernel, without the controller."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from mplsemu.errors import DataPlaneError
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.contents import WRITE_ORDER, MapKey
from mplsemu.southbound.ebpf.maps import Map, open_map
from mplsemu.southbound.ebpf.tables import Table

READ: Final = (*WRITE_ORDER, "settings", "fdb")
"""The maps that determine forwarding, learned addresses too; not counters."""


def read_tables(tables: Mapping[str, Table]) -> dict[MapKey, bytes]:
    """Return the contents of maps."""
    return {(name, key): value for name in READ for key, value in tables[name].items()}


def read_attached(attached: Attached) -> dict[MapKey, bytes]:
    """Return the contents of a lab's maps.

    Raises:
        DataPlaneError: its maps are gone, or are those of another version.
        NotRootError: this process may not open them.
    """
    with ExitStack() as stack:
        return read_tables({name: stack.enter_context(_open(attached, name)) for name in READ})


def _open(attached: Attached, name: str) -> Map:
    number = attached.maps.get(name)
    if number is None:
        raise DataPlaneError(f"what is attached has no map {name}; boot the lab with this version")
    opened = open_map(number)
    if opened.name != name:
        opened.close()
        raise DataPlaneError(
            f"the kernel's map {number} is {opened.name!r}, not {name!r}: "
            "the lab that made it has ended"
        )
    return opened
