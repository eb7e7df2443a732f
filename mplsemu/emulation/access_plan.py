"""The far end of an access line that carries tags, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.tags import VlanTags


@dataclass(frozen=True, slots=True)
class SitePort:
    """A site on an access line that carries tags, seen from the line's far end.

    Attributes:
        interface: towards the site.
        tags: of its frames on the line; None: untagged.
    """

    interface: str
    tags: VlanTags | None


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """The far end of an access line that carries tags: what parts it among sites.

    Attributes:
        name: Mininet's.
        full_name: the line's, and ``/access``.
        line: the interface towards the PE, in the lab's namespace; as are those towards sites.
        sites: on the line.
    """

    name: str
    full_name: str
    line: str
    sites: tuple[SitePort, ...]
