"""A thin binding to libbpf (version 0.5 or later), which knows nothing of what the program does.

See bpf(2) and the headers bpf/bpf.h and bpf/libbpf.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_uint32, c_uint64, c_void_p
from functools import lru_cache
from typing import Final

from mplsemu.errors import DataPlaneError, MissingToolError, NotRootError

_SONAMES: Final = ("libbpf.so.1", "libbpf.so.0")
_MESSAGE_OCTETS: Final = 1 << 16
PROG_TYPE_SCHED_CLS: Final = 3
TCX_INGRESS: Final = 46
"""enum bpf_attach_type's number, of Linux 6.6 and later."""
TC_INGRESS: Final = 1
TC_REPLACE: Final = 1
ENOTSUPP: Final = 524
"""The kernel's own errno for what it does not implement; errno.h has no name for it."""


class BatchOptions(ctypes.Structure):
    """struct bpf_map_batch_opts."""

    _fields_ = (("sz", c_size_t), ("elem_flags", c_uint64), ("flags", c_uint64))


class MapInfo(ctypes.Structure):
    """The beginning of struct bpf_map_info."""

    _fields_ = (
        ("type", c_uint32),
        ("id", c_uint32),
        ("key_size", c_uint32),
        ("value_size", c_uint32),
        ("max_entries", c_uint32),
        ("map_flags", c_uint32),
        ("name", ctypes.c_char * 16),
    )


class TcHook(ctypes.Structure):
    """struct bpf_tc_hook."""

    _fields_ = (
        ("sz", c_size_t),
        ("ifindex", c_int),
        ("attach_point", c_int),
        ("parent", c_uint32),
    )


class TcOptions(ctypes.Structure):
    """struct bpf_tc_opts."""

    _fields_ = (
        ("sz", c_size_t),
        ("prog_fd", c_int),
        ("flags", c_uint32),
        ("prog_id", c_uint32),
        ("handle", c_uint32),
        ("priority", c_uint32),
    )


SampleCallback = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)
_PrintCallback = ctypes.CFUNCTYPE(c_int, c_int, c_char_p, c_void_p)

_PROTOTYPES: Final[tuple[tuple[str, type | None, tuple[type, ...]], ...]] = (
    ("libbpf_get_error", c_long, (c_void_p,)),
    ("libbpf_num_possible_cpus", c_int, ()),
    ("bpf_object__open", c_void_p, (c_char_p,)),
    ("bpf_object__load", c_int, (c_void_p,)),
    ("bpf_object__close", None, (c_void_p,)),
    ("bpf_object__find_program_by_name", c_void_p, (c_void_p, c_char_p)),
    ("bpf_object__next_map", c_void_p, (c_void_p, c_void_p)),
    ("bpf_map__name", c_char_p, (c_void_p,)),
    ("bpf_map__set_initial_value", c_int, (c_void_p, c_void_p, c_size_t)),
    ("bpf_object__find_map_by_name", c_void_p, (c_void_p, c_char_p)),
    ("bpf_map__set_max_entries", c_int, (c_void_p, c_uint32)),
    ("bpf_object__find_map_fd_by_name", c_int, (c_void_p, c_char_p)),
    ("bpf_program__set_type", c_int, (c_void_p, c_int)),
    ("bpf_program__fd", c_int, (c_void_p,)),
    ("bpf_obj_get_info_by_fd", c_int, (c_int, c_void_p, POINTER(c_uint32))),
    ("bpf_map_get_fd_by_id", c_int, (c_uint32,)),
    ("bpf_map_lookup_elem", c_int, (c_int, c_void_p, c_void_p)),
    ("bpf_map_update_elem", c_int, (c_int, c_void_p, c_void_p, c_uint64)),
    ("bpf_map_delete_elem", c_int, (c_int, c_void_p)),
    ("bpf_map_get_next_key", c_int, (c_int, c_void_p, c_void_p)),
    (
        "bpf_map_update_batch",
        c_int,
        (c_int, c_void_p, c_void_p, POINTER(c_uint32), POINTER(BatchOptions)),
    ),
    ("bpf_map_delete_batch", c_int, (c_int, c_void_p, POINTER(c_uint32), POINTER(BatchOptions))),
    (
        "bpf_map_lookup_batch",
        c_int,
        (
            c_int,
            c_void_p,
            c_void_p,
            c_void_p,
            c_void_p,
            POINTER(c_uint32),
            POINTER(BatchOptions),
        ),
    ),
    ("bpf_prog_attach", c_int, (c_int, c_int, c_int, c_uint32)),
    ("bpf_tc_hook_create", c_int, (POINTER(TcHook),)),
    ("bpf_tc_attach", c_int, (POINTER(TcHook), POINTER(TcOptions))),
    ("ring_buffer__new", c_void_p, (c_int, SampleCallback, c_void_p, c_void_p)),
    ("ring_buffer__poll", c_int, (c_void_p, c_int)),
    ("ring_buffer__consume", c_int, (c_void_p,)),
    ("ring_buffer__epoll_fd", c_int, (c_void_p,)),
    ("ring_buffer__free", None, (c_void_p,)),
)

_heard: list[str] = []
"""What libbpf has logged since `listening` began: its log callback is one per process."""


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """Return libbpf with its functions' types declared, and its logging silenced.

    Raises:
        MissingToolError: it is not installed.
    """
    for soname in _SONAMES:
        try:
            found = ctypes.CDLL(soname, use_errno=True)
        except OSError:
            continue
        for name, result, arguments in _PROTOTYPES:
            function = getattr(found, name)
            function.restype, function.argtypes = result, list(arguments)
        found.libbpf_set_print(_ON_MESSAGE)
        return found
    raise MissingToolError(
        "libbpf is not installed; type: sudo apt-get install libbpf1 (Ubuntu 22.04: libbpf0)"
    )


def _hear(_level: int, template: bytes, arguments: int) -> int:
    text = ctypes.create_string_buffer(_MESSAGE_OCTETS)
    ctypes.CDLL(None).vsnprintf(text, c_size_t(len(text)), template, c_void_p(arguments))
    _heard.append(text.value.decode(errors="replace"))
    return 0


_ON_MESSAGE: Final = _PrintCallback(_hear)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect what libbpf logs meanwhile, the verifier's log too."""
    _heard.clear()
    yield _heard


def failure(what: str, number: int, advice: str = "") -> DataPlaneError | NotRootError:
    """Return the error for something that the kernel refused.

    Args:
        what: was asked of it, as in "cannot `what`".
        number: errno, of either sign.
        advice: what to do about it, if anybody knows.
    """
    number = abs(number)
    if number == errno.EPERM:
        return NotRootError(
            f"cannot {what}: not permitted; eBPF needs root (or CAP_BPF and CAP_NET_ADMIN)"
        )
    reason = "this kernel does not implement it" if number == ENOTSUPP else os.strerror(number)
    return DataPlaneError(f"cannot {what}: {reason}" + (f"; {advice}" if advice else ""))
