"""The translator: what one LSR does, as entries of the data plane's maps (pure).

`counting.py` says what has an entry of `counters`, whose values only the program writes. Learned
addresses are no entries either.
"""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.errors import CapabilityError, ProgramError
from mplsemu.model.topology import TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.program import Program
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.contents import WRITE_ORDER
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.entry_text import entry_text
from mplsemu.southbound.ebpf.layout import Settings
from mplsemu.southbound.ebpf.lsr import Lsr, mac_octets
from mplsemu.southbound.ebpf.translate_labels import label_entries, tunnel_entries
from mplsemu.southbound.ebpf.translate_ports import port_entries
from mplsemu.southbound.ebpf.translate_vrf import vrf_entries
from mplsemu.southbound.ebpf.translate_vsi import vsi_entries
from mplsemu.southbound.fdb_capacity import fdb_capacity
from mplsemu.southbound.protection import named_backups


def entries(program: Program, node: str, attached: Attached) -> tuple[Entry, ...]:
    """Return every entry that one LSR should have, in the order in which they are written.

    The same program gives the same entries. Of other LSRs only the indexes are used.

    Raises:
        CapabilityError: the program asks for what the data plane cannot do.
        DataPlaneError: a port of the LSR is not attached.
        ProgramError: there is no such LSR, or its program contradicts itself.
    """
    lsr = Lsr(program, node, attached)
    for backup in named_backups(lsr.node):
        raise CapabilityError(f"{backup}; the ebpf data plane does not switch over to one")
    found: dict[tuple[str, bytes], Entry] = {}
    for entry in _all_entries(lsr):
        if found.setdefault((entry.map, entry.key), entry) is not entry:
            raise ProgramError(f"{node}: two entries for the same: {entry_text(entry)}")
    return tuple(sorted(found.values(), key=_order))


def settings(program: Program) -> Settings:
    """Return the settings of all LSRs of a lab."""
    is_uniform = program.ttl_mode is TtlMode.UNIFORM
    return Settings(is_uniform, mac_octets(GATEWAY_MAC), fdb_capacity(program).share)


def _all_entries(lsr: Lsr) -> Iterator[Entry]:
    yield from label_entries(lsr)
    yield from tunnel_entries(lsr)
    yield from vrf_entries(lsr)
    yield from vsi_entries(lsr)
    yield from port_entries(lsr)


def _order(entry: Entry) -> tuple[int, int, bytes]:
    return entry.stage, WRITE_ORDER.index(entry.map), entry.key
