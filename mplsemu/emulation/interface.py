"""An interface of a running lab, and the process by which its namespace is found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of a running lab.

    Attributes:
        name: its name.
        pid: a process in the namespace it is in.
    """

    name: str
    pid: int
