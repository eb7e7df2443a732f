"""The program on the customers' side of access lines that carry tags: src/access.bpf.c."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from mplsemu.model.tags import TagType, VlanTags
from mplsemu.southbound.ebpf.edge_program import EdgeProgram

_ON_LINE: Final = struct.Struct("=IHHHxx")
_IFINDEX: Final = struct.Struct("=I")
_DIRECT: Final = 1 << 31
_WHAT: Final = "load the program that tags frames of sites on shared access lines"


@dataclass(frozen=True, slots=True)
class SiteOnLine:
    """A site on an access line: two interfaces of one namespace.

    Attributes:
        interface: towards the site, by ifindex.
        line: towards the PE, likewise.
        tags: of the site's frames on the line; None: untagged.
        direct: whether the line's other end is in another namespace, so that frames are handed to
            it at once.
    """

    interface: int
    line: int
    tags: VlanTags | None
    direct: bool = False

    @property
    def way_out(self) -> int:
        """The line as the program leaves by it.

        What has a tag in the packet, not beside it, goes the usual way: there the kernel looks anew
        where the headers are.
        """
        in_packet = self.tags is not None and (
            self.tags.inner is not None or self.tags.outer_type is TagType.OLD_SERVICE
        )
        return self.line | _DIRECT if self.direct and not in_packet else self.line


class AccessProgram(EdgeProgram):
    """The loaded program."""

    @classmethod
    def load(cls) -> Self:
        """Load it into the kernel; raises what `load_from` does."""
        return cls.load_from("access", ("sites", "lines"), _WHAT)

    def connect(self, sites: Iterable[SiteOnLine], *, express: bool) -> None:
        """Connect sites and their lines, all in the namespace that the calling thread is in.

        Args:
            sites: of one lab.
            express: see `LoadedProgram.attach`.

        Raises:
            DataPlaneError, NotRootError: the kernel refuses.
        """
        sites = tuple(sites)
        self.maps["sites"].set_many(
            (_on_line(each.line, each.tags), _IFINDEX.pack(each.interface)) for each in sites
        )
        self.maps["lines"].set_many(
            (_IFINDEX.pack(each.interface), _on_line(each.way_out, each.tags)) for each in sites
        )
        ends = (end for each in sites for end in (each.line, each.interface))
        self.attach(ends, express=express)


def _on_line(line: int, tags: VlanTags | None) -> bytes:
    if tags is None:
        return _ON_LINE.pack(line, 0, 0, 0)
    return _ON_LINE.pack(line, tags.outer_type, tags.outer, tags.inner or 0)
