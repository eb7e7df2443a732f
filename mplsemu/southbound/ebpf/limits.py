"""What the eBPF data plane can carry out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mplsemu.southbound.ebpf.kinds import FEW_MEMBERS, MAX_MEMBERS, MAX_PUSH
from mplsemu.southbound.plane.limits import Limits

LIMITS: Final = Limits(
    pushed_labels=MAX_PUSH,
    swapped_labels=1,
    members=MAX_MEMBERS,
    port=(1 << 32) - 1,
    index=0xFFFF,  # 16 bits of a counter's id
    control_word=True,
    mac_limit=True,
    backups=False,
)

INTERPRETED_LIMITS: Final = replace(LIMITS, members=FEW_MEMBERS, tags=0)
"""Where the kernel has no JIT compiler: it takes no callbacks then, and so only short loops, of
which the verifier follows every turn; with tags that is more than Linux 6.1 allows."""
