"""The program on the customers' side of access lines that carry tags: src/access.bpf.c."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mplsemu.errors import DataPlaneError
from mplsemu.model.tags import VlanTags
from mplsemu.southbound.ebpf.libbpf import (
    PROG_TYPE_SCHED_CLS,
    failure,
    library,
    listening,
)
from mplsemu.southbound.ebpf.loader import attach_program, open_object
from mplsemu.southbound.ebpf.maps import Map

_SHIPPED: Final = Path(__file__).with_name("access.bpf.o")
_PROGRAM: Final = b"access"
_ON_LINE: Final = struct.Struct("=IHHHxx")
_IFINDEX: Final = struct.Struct("=I")
_WHAT: Final = "load the program that tags frames of sites on shared access lines"


@dataclass(frozen=True, slots=True)
class SiteOnLine:
    """A site on an access line: two interfaces of one namespace.

    Attributes:
        interface: towards the site, by ifindex.
        line: towards the PE, likewise.
        tags: of the site's frames on the line; None: untagged.
    """

    interface: int
    line: int
    tags: VlanTags | None


class AccessProgram:
    """The loaded program; interfaces keep it and its maps after `close`.

    It needs less of the kernel than the eBPF data plane, and so serves every data plane.
    """

    def __init__(self, loaded: int, program_fd: int, sites: Map, lines: Map) -> None:
        self._object: int | None = loaded
        self._program_fd: Final = program_fd
        self._sites, self._lines = sites, lines

    @classmethod
    def load(cls) -> Self:
        """Load it into the kernel.

        Raises:
            MissingToolError: libbpf is not installed.
            NotRootError: this process may not.
            DataPlaneError: the kernel rejects it.
        """
        with listening():
            found = open_object(_SHIPPED)
            try:
                program = library().bpf_object__find_program_by_name(found, _PROGRAM)
                if not program:
                    raise DataPlaneError(f"{_SHIPPED} has no program; type: scripts/build-ebpf")
                library().bpf_program__set_type(program, PROG_TYPE_SCHED_CLS)
                refused = library().bpf_object__load(found)
                if refused:
                    raise failure(_WHAT, refused)
                sites, lines = (_map(found, name) for name in (b"sites", b"lines"))
                return cls(found, int(library().bpf_program__fd(program)), sites, lines)
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

    def connect(self, sites: Iterable[SiteOnLine], *, express: bool) -> None:
        """Connect sites and their lines, all in the namespace that the calling thread is in.

        Args:
            sites: of one lab.
            express: see `LoadedProgram.attach`.

        Raises:
            DataPlaneError, NotRootError: the kernel refuses.
        """
        sites = tuple(sites)
        self._sites.set_many(
            (_on_line(each.line, each.tags), _IFINDEX.pack(each.interface)) for each in sites
        )
        self._lines.set_many(
            (_IFINDEX.pack(each.interface), _on_line(each.line, each.tags)) for each in sites
        )
        ends = dict.fromkeys(end for each in sites for end in (each.line, each.interface))
        for end in ends:
            attach_program(self._program_fd, end, express=express)

    def close(self) -> None:
        """Release program and maps; a second call does nothing."""
        if self._object is not None:
            self._sites.close()
            self._lines.close()
            library().bpf_object__close(self._object)
            self._object = None


def _map(found: int, name: bytes) -> Map:
    fd = library().bpf_object__find_map_fd_by_name(found, name)
    if fd < 0:
        raise failure(f"open the map {name.decode()}", fd)
    return Map(os.dup(fd))


def _on_line(line: int, tags: VlanTags | None) -> bytes:
    if tags is None:
        return _ON_LINE.pack(line, 0, 0, 0)
    return _ON_LINE.pack(line, tags.outer_type, tags.outer, tags.inner or 0)
