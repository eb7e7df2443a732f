"""What is to be built where several lines of a site share its load."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """A site's end of lines that share its load: what makes one link of them.

    Attributes:
        name: Mininet's.
        full_name: ``VPN/SITE:lines/bundle``.
        site: the interface towards the site, in the lab's namespace; as are those of `lines`.
        lines: towards the PEs.
    """

    name: str
    full_name: str
    site: str
    lines: tuple[str, ...]
