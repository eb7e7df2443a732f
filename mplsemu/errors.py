"""Every error that mplsemu raises on purpose.

MplsEmuError
+-- LabError            the lab file or an argument is wrong: file, line, value, remedy
|   +-- LabSyntaxError  it is not YAML, or not a mapping
+-- LabelError          a label outside its range, or a special-purpose label where none may stand
|   +-- LabelSpaceError
+-- ProgramError        a forwarding program that cannot be read, or that contradicts itself
+-- PacketError         bytes that are no packet of the kind they should be
+-- CapabilityError     the data plane cannot do what the program asks (say, push four labels)
+-- EmulationError      the machine cannot carry the lab: rights, tools, daemons
|   +-- NotRootError
|   +-- MissingToolError
|   +-- NodeGoneError   a node's process or interface is no longer there
|   +-- DataPlaneError  the kernel refuses the eBPF data plane, or a map of it an entry
+-- LabNotRunningError  no running lab of that name
+-- LabRunningError     a lab of that name already runs
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LONG_WORD: Final = re.compile(r"\S{400,}")  # a path may be long, a value of a lab file may not
_LEFT_OF_A_WORD: Final = 64
_MAX_CHARACTERS: Final = 8000


def clip(text: str) -> str:
    """Return a message with long words, and what is too long to read, cut off."""
    text = _LONG_WORD.sub(lambda word: f"{word[0][:_LEFT_OF_A_WORD]}...", text)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]} ..."


class MplsEmuError(Exception):
    """Base of the tree; the message is one a user can act on, and no longer than he reads."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(clip(each) if isinstance(each, str) else each for each in args))


@dataclass(frozen=True, slots=True)
class Location:
    """Where in a lab file something stands; ``line`` counts from 1, None where unknown."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class LabError(MplsEmuError):
    """The lab file (or what a user typed about it) is wrong.

    Args:
        problem: what is wrong, with the object and the value.
        location: where it stands, if it stands in a file.
        remedy: what to write or type instead.
    """

    def __init__(
        self, problem: str, *, location: Location | None = None, remedy: str | None = None
    ) -> None:
        self.problem = problem
        self.location = location
        self.remedy = remedy
        where = f"{location}: " if location else ""
        what_next = f"; {remedy}" if remedy else ""
        super().__init__(f"{where}{problem}{what_next}")


class LabSyntaxError(LabError):
    """The lab file is not YAML, or its top is not a mapping."""


class LabelError(MplsEmuError, ValueError):
    """A label outside 0..1,048,575, or special-purpose where none may stand (RFC 7274)."""


class LabelSpaceError(LabelError):
    """An LSR needs more labels than its label range holds."""


class ProgramError(MplsEmuError):
    """A forwarding program that cannot be read, or that contradicts itself."""


class PacketError(MplsEmuError, ValueError):
    """Bytes that are no packet of the kind they should be: cut short, damaged, or another."""


class CapabilityError(MplsEmuError):
    """The data plane cannot do what the forwarding program asks of it."""


class EmulationError(MplsEmuError):
    """The machine cannot carry the lab."""


class NotRootError(EmulationError):
    """The command needs root."""


class MissingToolError(EmulationError):
    """A program or library that the emulation needs is not installed."""


class NodeGoneError(EmulationError):
    """A node of a running lab, or its interface, is no longer there."""


class DataPlaneError(EmulationError):
    """The kernel does not take the eBPF data plane: its program, an attachment or a map entry."""


class LabNotRunningError(MplsEmuError):
    """No lab of that name runs here."""


class LabRunningError(MplsEmuError):
    """A lab of that name runs here already."""
