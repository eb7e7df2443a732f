"""The program at a site's end of lines that share its load: src/bundle.bpf.c."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from mplsemu.southbound.ebpf.edge_program import EdgeProgram

_BUNDLE: Final = struct.Struct("=II")
_LINE: Final = struct.Struct("=II")
_IFINDEX: Final = struct.Struct("=I")
_WHAT: Final = "load the program that bundles the lines of sites that share their load"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The lines of a site: interfaces of one namespace, by ifindex.

    Attributes:
        site: towards the site.
        lines: towards its PEs.
    """

    site: int
    lines: tuple[int, int]


class BundleProgram(EdgeProgram):
    """The loaded program."""

    @classmethod
    def load(cls) -> Self:
        """Load it into the kernel; raises what `load_from` does."""
        return cls.load_from("bundle", ("bundles", "lines"), _WHAT)

    def connect(self, bundles: Iterable[Bundle], *, express: bool) -> None:
        """Bundle the lines of sites, all in use, in the namespace that the calling thread is in.

        Args:
            bundles: of one lab.
            express: see `LoadedProgram.attach`.

        Raises:
            DataPlaneError, NotRootError: the kernel refuses.
        """
        bundles = tuple(bundles)
        self.maps["bundles"].set_many(
            (_IFINDEX.pack(each.site), _BUNDLE.pack(*each.lines)) for each in bundles
        )
        self.maps["lines"].set_many(
            (_IFINDEX.pack(line), _LINE.pack(each.site, 0))
            for each in bundles
            for line in each.lines
        )
        ends = (end for each in bundles for end in (each.site, *each.lines))
        self.attach(ends, express=express)
