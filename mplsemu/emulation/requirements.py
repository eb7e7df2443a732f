"""What a lab needs of this machine, checked before it is built."""

from __future__ import annotations

import os
import re
import resource
import stat
from pathlib import Path
from typing import Final

from mplsemu.emulation.openvswitch import find_tool
from mplsemu.errors import EmulationError

_TOOLS: Final = (
    ("mnexec", "mininet"),
    ("ip", "iproute2"),
    ("tc", "iproute2"),
    ("bash", "bash"),
)
_CAPABILITIES: Final = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_SYS_ADMIN": 21}
_OPEN_FILES: Final = 16_384
_FILES_OF_A_LAB: Final = 128
_FILES_OF_A_NODE: Final = 8  # its shell, its namespace, and what a probe opens there


def require_tools() -> None:
    """Check that the tools that every lab needs are installed.

    Raises:
        MissingToolError: one is not; names its Debian package.
        EmulationError: the machine, or its container, lacks something.
    """
    if (problem := machine_problem()) is not None:
        raise EmulationError(problem)
    for tool, package in _TOOLS:
        find_tool(tool, package)


def machine_problem() -> str | None:
    """Return what this machine, or its container, lacks for a lab; None if nothing.

    What only root has is checked only for root.
    """
    try:
        is_null = stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    except OSError:
        is_null = False
    if not is_null:
        return f"there is no {os.devnull} here; type: mknod -m 666 {os.devnull} c 1 3"
    if os.geteuid() != 0:
        return None
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    held = int(effective[1], 16) if effective else -1
    missing = [name for name, bit in _CAPABILITIES.items() if not held >> bit & 1]
    if missing:
        return (
            f"root lacks {' and '.join(missing)} here (capabilities(7)); "
            "start the container with --privileged"
        )
    return None


def require_open_files(nodes: int) -> None:
    """Raise the limit of open files, of this process and its daemons, to what a lab needs.

    Args:
        nodes: number of nodes that will have a namespace: hosts, CE routers, LSRs.

    Raises:
        EmulationError: that is not permitted; says what to type.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _FILES_OF_A_LAB + _FILES_OF_A_NODE * nodes
    wanted = max(needed, _OPEN_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = hard if hard == resource.RLIM_INFINITY else max(hard, wanted)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    except (OSError, ValueError):  # root in a container cannot exceed the hard limit
        if hard < needed:
            raise EmulationError(
                f"a process may open {hard} files here, and this lab takes {needed};"
                f" type: ulimit -n {wanted}"
            ) from None
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
