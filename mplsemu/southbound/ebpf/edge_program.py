"""eBPF programs on the customers' side of access lines: they serve every data plane.

They need less of the kernel than the eBPF data plane.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mplsemu.errors import DataPlaneError
from mplsemu.southbound.ebpf.libbpf import (
    PROG_TYPE_SCHED_CLS,
    failure,
    library,
    listening,
)
from mplsemu.southbound.ebpf.loader import attach_program, open_object
from mplsemu.southbound.ebpf.maps import Map


class EdgeProgram:
    """A loaded program; interfaces keep it and its maps after `close`.

    Attributes:
        maps: by name.
    """

    def __init__(self, loaded: int, program_fd: int, maps: Mapping[str, Map]) -> None:
        self._object: int | None = loaded
        self._program_fd: Final = program_fd
        self.maps: Final = maps

    @classmethod
    def load_from(cls, name: str, maps: Iterable[str], what: str) -> Self:
        """Load the program of an object file that ships into the kernel.

        Args:
            name: of the program, and of its file.
            maps: names of its maps.
            what: is said to be impossible if it is.

        Raises:
            MissingToolError: libbpf is not installed.
            NotRootError: this process may not.
            DataPlaneError: the kernel rejects it.
        """
        shipped = Path(__file__).with_name(f"{name}.bpf.o")
        with listening():
            found = open_object(shipped)
            try:
                program = library().bpf_object__find_program_by_name(found, name.encode())
                if not program:
                    raise DataPlaneError(f"{shipped} has no program; type: scripts/build-ebpf")
                library().bpf_program__set_type(program, PROG_TYPE_SCHED_CLS)
                refused = library().bpf_object__load(found)
                if refused:
                    raise failure(what, refused)
                by_name = {each: _map(found, each) for each in maps}
                return cls(found, int(library().bpf_program__fd(program)), by_name)
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

    def attach(self, ends: Iterable[int], *, express: bool) -> None:
        """Attach it to interfaces of the namespace that the calling thread is in.

        Args:
            ends: their ifindexes; each once, however often it is named.
            express: see `LoadedProgram.attach`.

        Raises:
            DataPlaneError, NotRootError: the kernel refuses.
        """
        for end in dict.fromkeys(ends):
            attach_program(self._program_fd, end, express=express)

    def close(self) -> None:
        """Release program and maps; a second call does nothing."""
        if self._object is not None:
            for each in self.maps.values():
                each.close()
            library().bpf_object__close(self._object)
            self._object = None


def _map(found: int, name: str) -> Map:
    fd = library().bpf_object__find_map_fd_by_name(found, name.encode())
    if fd < 0:
        raise failure(f"open the map {name}", fd)
    return Map(os.dup(fd))
