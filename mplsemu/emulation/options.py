"""How a lab is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mplsemu.emulation.fabric import Progress


@dataclass(frozen=True, slots=True)
class LabOptions:
    """How a lab is built.

    Attributes:
        shape: emulate rates and delays.
        progress: told what is going on.
        hosts_files: a directory to be made, for what nodes see as their /etc/hosts; None leaves
            them the machine's.
        hidden: directories that hosts and CE routers see empty.
    """

    shape: bool = True
    progress: Progress = lambda _stage, _done, _total: None
    hosts_files: Path | None = None
    hidden: tuple[Path, ...] = ()
