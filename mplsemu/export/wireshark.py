"""What Wireshark and tshark must be told to decode frames on pseudowires.

Nothing in a packet says that a frame follows the labels: Wireshark takes a payload that begins like
an IP packet for one, and guesses at all others. Only the label tells (RFC 3032 section 2.2). So
Wireshark is told what each label carries, as by its menu *Decode As*: by option -d or in a profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mplsemu.program.stack_reading import Carried

_OPTION: Final = {Carried.ETHERNET: "pwethnocw", Carried.CONTROL_WORD: "pwethcw"}
"""Wireshark's names of its decoders, in options."""
_IN_FILES: Final = {
    Carried.ETHERNET: "Ethernet PW (no CW)",
    Carried.CONTROL_WORD: "Ethernet PW (with CW)",
}
"""The same, in its files."""
_MAX_LABELS: Final = 12
_COLUMNS: Final = """\
# A profile for a lab of mplsemu: its cables, and what its labels mean, are columns.
gui.column.format:
\t"No.", "%m",
\t"Time", "%t",
\t"Cable", "%Cus:frame.interface_name:0:R",
\t"Source", "%s",
\t"Destination", "%d",
\t"Protocol", "%p",
\t"Labels", "%Cus:frame.comment:0:R",
\t"Info", "%i"
"""

Below = Mapping[int, frozenset[Carried]]
"""What each label may carry."""


def options(below: Below) -> list[str]:
    """Return the command line options for the labels that are pseudowires' and nothing else."""
    return [
        word
        for label, carried in _pseudowires(below).items()
        for word in ("-d", f"mpls.label=={label},{_OPTION[carried]}")
    ]


def ambiguous(below: Below) -> list[int]:
    """Return the labels that are a pseudowire's at one LSR and something else at another."""
    return [
        label
        for label, found in below.items()
        if len(found) > 1 and any(carried.is_ethernet for carried in found)
    ]


def note(below: Below) -> str:
    """Return a note on how to read the capture; empty if Wireshark needs none."""
    words, both = options(below), ambiguous(below)
    notes = []
    if 0 < len(words) <= 2 * _MAX_LABELS:
        notes.append(f"VPLS frames in Wireshark and tshark: {' '.join(words)}")
    elif words:
        notes.append("VPLS frames in Wireshark and tshark: see mplsemu capture --profile")
    if both:
        notes.append(
            f"{_labels(both)}: a pseudowire's to one LSR, a VRF's to another: no option tells "
            "which, the packets' comments do"
        )
    return "; ".join(notes)


def profile(below: Below) -> dict[str, str]:
    """Return the files of a directory that is Wireshark's configuration, or a profile; by name."""
    lines = [
        f"decode_as_entry: mpls.label,{label},(none),{_IN_FILES[carried]}\n"
        for label, carried in _pseudowires(below).items()
    ]
    return {"decode_as_entries": "".join(lines), "preferences": _COLUMNS}


def _pseudowires(below: Below) -> dict[int, Carried]:
    alone = {label: next(iter(found)) for label, found in below.items() if len(found) == 1}
    return {label: carried for label, carried in alone.items() if carried.is_ethernet}


def _labels(labels: list[int]) -> str:
    shown = ", ".join(map(str, labels[:_MAX_LABELS]))
    more = f" and {len(labels) - _MAX_LABELS} more" if len(labels) > _MAX_LABELS else ""
    return f"label{'s' if len(labels) > 1 else ''} {shown}{more}"
