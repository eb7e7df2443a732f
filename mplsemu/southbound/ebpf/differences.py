"""How the maps of a lab differ from the program, in its terms (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mplsemu.program.program import Program
from mplsemu.southbound.difference import Difference, DifferenceKind
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.contents import WRITE_ORDER, Contents, MapKey, contents_of, lsr_of
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.entry_text import key_text, value_text
from mplsemu.southbound.ebpf.layout import SETTINGS_KEY, unpack_word
from mplsemu.southbound.ebpf.names import Names, names_of
from mplsemu.southbound.ebpf.translate import settings

SETTINGS: Final = "settings"
COMPARED: Final = (*WRITE_ORDER, SETTINGS)
"""Maps whose every entry follows from the program; what is learned or counted does not."""
_NOBODY: Final = 1 << 32  # after the last LSR


def differences(
    program: Program, attached: Attached, wanted: Iterable[Entry], found: Contents
) -> list[Difference]:
    """Return how the maps differ from the program, LSR by LSR, map by map.

    All LSRs share the maps, so they are compared as a whole: entries that belong to no LSR of the
    program are surplus, too.

    Args:
        program: of the whole lab.
        attached: the interfaces of its LSRs.
        wanted: the entries of all LSRs.
        found: what is in the maps; maps that do not follow from the program are ignored.
    """
    names = names_of(program, attached)
    should = contents_of(wanted) | {(SETTINGS, SETTINGS_KEY): settings(program).pack()}
    has = {key: value for key, value in found.items() if key[0] in COMPARED}
    differing = [key for key in should.keys() | has.keys() if should.get(key) != has.get(key)]
    placed = [(_lsr_of(key, should.get(key) or has[key], names), key) for key in differing]
    return [
        _difference(lsr, key, has.get(key), should.get(key), names)
        for lsr, key in sorted(placed, key=_order)
    ]


def _order(placed: tuple[int | None, MapKey]) -> tuple[int, int, bytes]:
    lsr, (name, key) = placed
    return _NOBODY if lsr is None else lsr, COMPARED.index(name), key


def _lsr_of(key: MapKey, value: bytes, names: Names) -> int | None:
    """Return the LSR of an entry: of a port, that of its interface, whatever the entry says."""
    name, raw = key
    if name == SETTINGS:
        return None
    if name == "ports":
        return names.owners.get(unpack_word(raw), lsr_of(name, raw, value, names.owners))
    return lsr_of(name, raw, value, names.owners)


def _difference(
    lsr: int | None, key: MapKey, has: bytes | None, should: bytes | None, names: Names
) -> Difference:
    name, raw = key
    node = None if lsr is None else names.lsrs.get(lsr)
    entry = key_text(name, raw, names)
    if lsr is not None and node is None:
        entry = f"{names.lsr(lsr)}: {entry}"
    found = None if has is None else value_text(name, raw, has, names)
    wanted = None if should is None else value_text(name, raw, should, names)
    kind = DifferenceKind.CHANGED
    if has is None:
        kind = DifferenceKind.MISSING
    elif should is None:
        kind = DifferenceKind.SURPLUS
    elif found == wanted:  # the difference is in what the description leaves out
        found = f"{found}, {_octets(has, should)}"
    return Difference(node, name, entry, kind, found, wanted)


def _octets(has: bytes, should: bytes) -> str:
    """Name the octets that differ, by their offset in the record."""
    places = [at for at, (one, other) in enumerate(zip(has, should, strict=True)) if one != other]
    said = ", ".join(f"{at} ({has[at]:#04x}, not {should[at]:#04x})" for at in places)
    return f"but for octet {said}"
