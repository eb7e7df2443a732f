"""Capture filters in the language of pcap-filter(7), also for what is below a label stack."""

from __future__ import annotations

import re
import struct
import subprocess
from typing import Final

from mplsemu.emulation.openvswitch import find_tool
from mplsemu.errors import LabError

_BEHIND_LABELS: Final = re.compile(r"\b(mpls|ether|link|len|less|greater)\b")
"""Primitives that match the link layer or labels: such an expression is left as it is."""


def compile_filter(expression: str) -> bytes:
    """Compile an expression of pcap-filter(7) to a classic BPF socket filter.

    Raises:
        LabError: it is not a valid expression.
        MissingToolError: tcpdump is not installed.
    """
    command = [find_tool("tcpdump", "tcpdump"), "-y", "EN10MB", "-ddd", "--", expression]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stderr.strip().splitlines()[-1:] or ["tcpdump said nothing"]
        reason = words[0].removeprefix("tcpdump: ")
        raise LabError(
            f"no filter {expression!r}: {reason}", remedy="see pcap-filter(7), say 'mpls' or 'arp'"
        )
    count, *lines = done.stdout.split("\n")
    code = [tuple(map(int, line.split())) for line in lines[: int(count)]]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def sees_labels(expression: str) -> bool:
    """Whether an expression matches labelled packets as it is written."""
    return not expression or _BEHIND_LABELS.search(expression) is not None


def behind_labels(expression: str) -> str | None:
    """Return the expression for IP packets below one or two labels; None if there can be none.

    pcap-filter(7): each ``mpls`` moves everything that follows it in the expression, also behind
    an ``or``, past one more label; so the one for two labels stands within the one for one.
    """
    word = expression if re.fullmatch(r"\w+", expression) else f"({expression})"
    behind = f"mpls and ({word} or (mpls and {word}))"
    try:
        compile_filter(behind)
    except LabError:  # ARP, for example, is never below a label
        return None
    return behind
