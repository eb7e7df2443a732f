"""An interface of a running lab, and how to get to it."""

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
