"""A host's interface that tags what it sends, the tag beside the packet as a VLAN interface has it.

Two programs of a few instructions, because not every kernel has the module 8021q.
"""

from __future__ import annotations

import ctypes
import os
import struct

from mplsemu.southbound.ebpf.libbpf import PROG_TYPE_SCHED_CLS, TCX_INGRESS, library
from tests.ebpf.kernel import bpf

_BPF_PROG_LOAD = 5
_TCX_EGRESS = 47
_VLAN_PUSH, _VLAN_POP = 18, 19
_MOV_IMMEDIATE, _CALL, _EXIT = 0xB7, 0x85, 0x95
VLAN = 9
_PUSH = (
    (_MOV_IMMEDIATE, 2, int.from_bytes(b"\x81\x00", "little")),
    (_MOV_IMMEDIATE, 3, VLAN),
    (_CALL, 0, _VLAN_PUSH),
    (_MOV_IMMEDIATE, 0, 0),
    (_EXIT, 0, 0),
)
_POP = ((_CALL, 0, _VLAN_POP), (_MOV_IMMEDIATE, 0, 0), (_EXIT, 0, 0))


def tag(ifindex: int) -> None:
    """Have an interface of the calling thread's namespace tag what it sends, and untag the rest."""
    for instructions, where in ((_PUSH, _TCX_EGRESS), (_POP, TCX_INGRESS)):
        fd = _load(instructions)
        try:
            if library().bpf_prog_attach(fd, ifindex, where, 0):
                raise OSError(ctypes.get_errno(), "cannot attach")
        finally:
            os.close(fd)


def _load(instructions: tuple[tuple[int, int, int], ...]) -> int:
    code = b"".join(struct.pack("=BBhi", code, to, 0, number) for code, to, number in instructions)
    held = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack(
        "=IIQQ",
        PROG_TYPE_SCHED_CLS,
        len(instructions),
        ctypes.addressof(held),
        ctypes.addressof(licence),
    )
    return bpf(_BPF_PROG_LOAD, ctypes.create_string_buffer(attributes, 128))
