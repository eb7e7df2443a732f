"""The eBPF program in the kernel: loaded once, attached to every interface of every LSR."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Mapping
from ctypes import byref, sizeof
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mplsemu.errors import DataPlaneError
from mplsemu.southbound.ebpf.libbpf import (
    PROG_TYPE_SCHED_CLS,
    TC_INGRESS,
    TC_REPLACE,
    TCX_INGRESS,
    TcHook,
    TcOptions,
    failure,
    library,
    listening,
)
from mplsemu.southbound.ebpf.limits import INTERPRETED_LIMITS, LIMITS
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.maps import Map
from mplsemu.southbound.ebpf.sizes import FULL_FRAME

OBJECT_VARIABLE: Final = "MPLSEMU_EBPF_OBJECT"
"""Names another object file than the one that ships, for tests of compilers."""
PROGRAM: Final = "lsr"

_SHIPPED: Final = Path(__file__).with_name("lsr.bpf.o")
_SECTION: Final = b".rodata"
_CONSTANTS: Final = struct.Struct("=II")
_NO_CALLBACKS: Final = "callbacks are not allowed"
_HANDLE = _PRIORITY = 1
_LOG_LINES: Final = 12


class LoadedProgram:
    """A loaded program with its maps; `load` makes one.

    Interfaces keep the attached program and its maps after `close`, until they are deleted.

    Attributes:
        maps: by name.
        program_fd: a descriptor of the program.
        is_interpreted: whether the kernel has no JIT compiler: it then rejects callbacks, so loops
            are short.
        limits: what it can carry out.
    """

    def __init__(
        self, loaded: int, program_fd: int, maps: Mapping[str, Map], *, is_interpreted: bool
    ) -> None:
        self._object: int | None = loaded
        self.program_fd: Final = program_fd
        self.maps: Final = maps
        self.is_interpreted: Final = is_interpreted
        self.limits: Final = INTERPRETED_LIMITS if is_interpreted else LIMITS

    @classmethod
    def load(
        cls,
        path: Path | None = None,
        sizes: Mapping[str, int] | None = None,
        always_fits: int = FULL_FRAME,
    ) -> Self:
        """Load the program into the kernel, which verifies and compiles it.

        Args:
            path: of the object file; if None, the one that MPLSEMU_EBPF_OBJECT names, else the one
                that ships.
            sizes: capacities of maps by name; others have the object's.
            always_fits: octets of a frame that fits every link and circuit; only larger ones are
                compared with their interface's MTU.

        Raises:
            MissingToolError: libbpf is not installed.
            NotRootError: this process may not.
            DataPlaneError: there is no such file, or the kernel rejects it.
        """
        path = path or Path(os.environ.get(OBJECT_VARIABLE) or _SHIPPED)
        if not path.is_file():
            raise DataPlaneError(f"there is no {path}; type: scripts/build-ebpf")
        with listening() as heard:
            found, is_interpreted = _loaded(path, sizes or {}, always_fits, heard)
        try:
            return cls(found, *_parts(found, path), is_interpreted=is_interpreted)
        except BaseException:
            library().bpf_object__close(found)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def attach(self, interface: str | int, *, express: bool = True) -> None:
        """Attach the program to the ingress of an interface, before the kernel's own stack.

        Args:
            interface: name or ifindex, in the network namespace that the calling thread is in.
            express: by tcx where the kernel has it. It is some per cent faster, but each attachment
                waits for all CPUs: 15 ms instead of 2.

        Raises:
            DataPlaneError: there is no such interface, or the kernel refuses.
            NotRootError: this process may not.
        """
        attach_program(self.program_fd, interface, express=express)

    def close(self) -> None:
        """Release program and maps; a second call does nothing."""
        if self._object is not None:
            for each in self.maps.values():
                each.close()
            library().bpf_object__close(self._object)
            self._object = None


def attach_program(program_fd: int, interface: str | int, *, express: bool) -> None:
    """Attach a program to the ingress of an interface; see `LoadedProgram.attach`.

    Raises:
        DataPlaneError, NotRootError: likewise.
    """
    ifindex = interface if isinstance(interface, int) else _ifindex(interface)
    if express and _attach_express(program_fd, ifindex):
        return
    hook = TcHook(sizeof(TcHook), ifindex, TC_INGRESS, 0)
    with listening():
        made = library().bpf_tc_hook_create(byref(hook))
        if made and -made != errno.EEXIST:
            module = "the module sch_ingress is needed: modprobe sch_ingress"
            raise failure(f"attach the data plane to {interface}", made, module)
        options = TcOptions(sizeof(TcOptions), program_fd, TC_REPLACE, 0, _HANDLE, _PRIORITY)
        attached = library().bpf_tc_attach(byref(hook), byref(options))
    if attached:
        module = "the module cls_bpf is needed: modprobe cls_bpf"
        raise failure(f"attach the data plane to {interface}", attached, module)


def _attach_express(program_fd: int, ifindex: int) -> bool:
    """Attach by tcx, without a classifier of tc(8) (Linux 6.6)."""
    with listening():
        if not library().bpf_prog_attach(program_fd, ifindex, TCX_INGRESS, 0):
            return True
    return ctypes.get_errno() == errno.EEXIST  # attached already


def _ifindex(name: str) -> int:
    try:
        return socket.if_nametoindex(name)
    except OSError as error:
        raise DataPlaneError(f"there is no interface {name!r} in this namespace") from error


def open_object(path: Path) -> int:
    """Open an object file, as libbpf's handle.

    Raises:
        DataPlaneError: it cannot be read.
    """
    found = library().bpf_object__open(os.fsencode(path))
    number = library().libbpf_get_error(found)
    if not found or number:
        raise failure(f"read the data plane's program {path}", number or ctypes.get_errno())
    return int(found)


def _loaded(
    path: Path, sizes: Mapping[str, int], always_fits: int, heard: list[str]
) -> tuple[int, bool]:
    """Load an object file; return the object, and whether the kernel interprets it."""
    for is_interpreted in (False, True):
        found = open_object(path)
        try:
            library().bpf_program__set_type(_program(found, path), PROG_TYPE_SCHED_CLS)
            _set_sizes(found, sizes)
            _set_constants(found, path, _CONSTANTS.pack(is_interpreted, always_fits))
            refused = library().bpf_object__load(found)
        except BaseException:
            library().bpf_object__close(found)
            raise
        if not refused:
            return found, is_interpreted
        library().bpf_object__close(found)
        if not any(_NO_CALLBACKS in each for each in heard):
            break
    said = "".join(heard).splitlines()[-_LOG_LINES:]
    advice = "\n".join(("it takes Linux 5.17 or later; libbpf says:", *said))
    raise failure("load the data plane's program", refused, advice)


def _set_sizes(found: int, sizes: Mapping[str, int]) -> None:
    for name, most in sizes.items():
        each = library().bpf_object__find_map_by_name(found, name.encode())
        refused = library().bpf_map__set_max_entries(each, most) if each else errno.ENOENT
        if refused:
            raise failure(f"make the map {name} of {most} entries", refused)


def _set_constants(found: int, path: Path, value: bytes) -> None:
    """Set what the program calls ``constants``."""
    each = library().bpf_object__next_map(found, None)
    while each and not library().bpf_map__name(each).endswith(_SECTION):
        each = library().bpf_object__next_map(found, each)
    if not each or library().bpf_map__set_initial_value(each, value, len(value)):
        raise DataPlaneError(f"{path} has no constants; type: scripts/build-ebpf")


def _program(found: int, path: Path) -> int:
    program = library().bpf_object__find_program_by_name(found, PROGRAM.encode())
    if not program:
        raise DataPlaneError(f"{path} has no program {PROGRAM!r}; type: scripts/build-ebpf")
    return int(program)


def _parts(found: int, path: Path) -> tuple[int, dict[str, Map]]:
    """Return a descriptor of the program of a loaded object, and its maps."""
    maps: dict[str, Map] = {}
    for name in MAPS:
        fd = library().bpf_object__find_map_fd_by_name(found, name.encode())
        if fd == -errno.ENOENT:
            raise DataPlaneError(f"{path} has no map {name!r}; type: scripts/build-ebpf")
        if fd < 0:
            raise failure(f"open the data plane's map {name!r}", fd)
        maps[name] = Map(os.dup(fd))
    program_fd = int(library().bpf_program__fd(_program(found, path)))
    if program_fd < 0:
        raise failure("open the data plane's program", program_fd)
    return program_fd, maps
