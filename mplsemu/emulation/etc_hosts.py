"""The /etc/hosts of each node (hosts(5)): the names of its own VPN and of no other.

Host ``a/oslo/h1`` is ``oslo-h1``, ``a/oslo/h1`` and ``a-oslo-h1`` in all of VPN a, and ``h1`` at
its own site. LSRs have no addresses, so they know no names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mplsemu.emulation.plan import LabPlan
from mplsemu.errors import EmulationError

_LOCAL: Final = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
_MAX_LINES: Final = 50_000
"""In all files of a VPN; with more, its sites share one file, without names like ``h1``."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A host or CE router: its VPN, site, name there, Mininet name and addresses."""

    vpn: str
    site: str
    name: str
    node: str
    addresses: tuple[str, ...]

    @property
    def at_site(self) -> str:
        """Its short name in its VPN, if that is unique."""
        return f"{self.site}-{self.name}"

    @property
    def full(self) -> str:
        """Its full name."""
        return f"{self.vpn}/{self.site}/{self.name}"


def lsr_hosts_file(directory: Path) -> Path:
    """Return the file that all LSRs share, in the directory of all files."""
    return directory / "lsr"


def write_hosts_files(directory: Path, plan: LabPlan) -> dict[str, Path]:
    """Write the files of a lab's nodes into a new directory.

    Returns:
        Which file is whose, by Mininet name.

    Raises:
        EmulationError: one cannot be written.
    """
    named: dict[str, list[_Named]] = {}
    for each in _named(plan):
        named.setdefault(each.vpn, []).append(each)
    try:
        directory.mkdir(parents=True)
        lsrs = lsr_hosts_file(directory)
        lsrs.write_text(_LOCAL, encoding="ascii")
        files = dict.fromkeys((each.name for each in plan.lsrs), lsrs)
        files |= dict.fromkeys((lan.name for lan in plan.lans), lsrs)
        files |= dict.fromkeys((access.name for access in plan.accesses), lsrs)
        files |= dict.fromkeys((bundle.name for bundle in plan.bundles), lsrs)
        for vpn, members in named.items():
            files |= _write_vpn(directory / "vpn" / vpn, members)
    except OSError as error:
        raise EmulationError(f"cannot write {error.filename}: {error.strerror}") from error
    return files


def _write_vpn(directory: Path, members: list[_Named]) -> dict[str, Path]:
    directory.mkdir(parents=True)
    sites: dict[str, list[_Named]] = {}
    for each in members:
        sites.setdefault(each.site, []).append(each)
    everybody = _LOCAL + "".join(f"{line}\n" for line in _lines(members))
    if everybody.count("\n") * len(sites) > _MAX_LINES:
        shared = directory / ".all"  # a site name cannot begin with a dot
        shared.write_text(everybody, encoding="ascii")
        return {each.node: shared for each in members}
    for site, own in sites.items():
        near = "".join(f"{ip} {each.name}\n" for each in own for ip in each.addresses)
        (directory / site).write_text(everybody + near, encoding="ascii")
    return {each.node: directory / each.site for each in members}


def _lines(members: Iterable[_Named]) -> Iterator[str]:
    """Yield the lines that all files of a VPN share; ambiguous names are left out."""
    members = tuple(members)
    claimed = Counter(name for each in members for name in {each.at_site, each.node})
    for each in members:
        names = dict.fromkeys(
            (*(name for name in (each.at_site, each.node) if claimed[name] == 1), each.full)
        )
        for ip in each.addresses:
            yield f"{ip} {' '.join(names)}"


def _named(plan: LabPlan) -> Iterator[_Named]:
    for host in plan.hosts:
        addresses = tuple(str(address.ip) for address in host.addresses)
        yield _Named(host.ref.vpn, host.ref.site, host.ref.host, host.name, addresses)
    for ce in plan.ces:
        addresses = tuple(str(address.ip) for address in ce.lan)
        yield _Named(ce.ref.vpn, ce.ref.site, ce.ref.host, ce.name, addresses)
