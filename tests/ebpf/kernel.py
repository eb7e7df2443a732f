"""One packet through a loaded program without any network: BPF_PROG_TEST_RUN of bpf(2)."""

from __future__ import annotations

import ctypes
import enum
import os
import platform
from dataclasses import dataclass

_BPF_PROG_TEST_RUN = 10
_SYSCALL = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361}[platform.machine()]
_IFINDEX_AT = 40  # in struct __sk_buff
_GSO_SIZE_AT = 176
_CONTEXT_OCTETS = 192
_LARGEST = 1 << 17


class Verdict(enum.IntEnum):
    """What the program tells the kernel to do: TC_ACT_*."""

    OK = 0
    SHOT = 2
    REDIRECT = 7


@dataclass(frozen=True)
class Outcome:
    """What came of a packet; `frame` is what the program made of it, dropped or not.

    A tag that the kernel keeps beside the packet is not in it.
    """

    verdict: Verdict
    frame: bytes


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("prog_fd", ctypes.c_uint32),
        ("retval", ctypes.c_uint32),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("data_in", ctypes.c_uint64),
        ("data_out", ctypes.c_uint64),
        ("repeat", ctypes.c_uint32),
        ("duration", ctypes.c_uint32),
        ("ctx_size_in", ctypes.c_uint32),
        ("ctx_size_out", ctypes.c_uint32),
        ("ctx_in", ctypes.c_uint64),
        ("ctx_out", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32),
        ("batch_size", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def bpf(command: int, attributes: ctypes.Structure | ctypes.Array[ctypes.c_char]) -> int:
    """Call bpf(2)."""
    size = ctypes.sizeof(attributes)
    result: int = _libc.syscall(_SYSCALL, command, ctypes.byref(attributes), size)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def run(
    program_fd: int, frame: bytes, ifindex: int, repeat: int = 1, *, gso_size: int = 0
) -> Outcome:
    """Run a program on a frame as if it had come by an interface of this namespace.

    Where `gso_size` is not 0 it is yet to be segmented, into pieces of so many octets of payload.
    """
    outcome, _ = timed_run(program_fd, frame, ifindex, repeat, gso_size=gso_size)
    return outcome


def timed_run(
    program_fd: int, frame: bytes, ifindex: int, repeat: int, *, gso_size: int = 0
) -> tuple[Outcome, int]:
    """Run a program on a frame, many times; return also the nanoseconds of one time."""
    data_in = ctypes.create_string_buffer(frame, len(frame))
    data_out = ctypes.create_string_buffer(_LARGEST)
    context = ctypes.create_string_buffer(_CONTEXT_OCTETS)
    ctypes.c_uint32.from_buffer(context, _IFINDEX_AT).value = ifindex
    ctypes.c_uint32.from_buffer(context, _GSO_SIZE_AT).value = gso_size
    attributes = _Attributes(
        prog_fd=program_fd,
        data_size_in=len(frame),
        data_size_out=_LARGEST,
        data_in=ctypes.addressof(data_in),
        data_out=ctypes.addressof(data_out),
        repeat=repeat,
        ctx_size_in=_CONTEXT_OCTETS,
        ctx_in=ctypes.addressof(context),
    )
    bpf(_BPF_PROG_TEST_RUN, attributes)
    verdict = ctypes.c_int32(attributes.retval).value
    return Outcome(Verdict(verdict), data_out.raw[: attributes.data_size_out]), attributes.duration
