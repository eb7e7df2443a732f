"""The checks that a lab file adds under ``validate``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import assert_never

from mplsemu.control.cables import cables_of
from mplsemu.errors import LabError
from mplsemu.lab.document import Document, Path, quoted
from mplsemu.lab.schema import RawPath, RawPing, RawThroughput
from mplsemu.lab.schema_error import known_names_hint
from mplsemu.model.network import (
    HostRef,
    Network,
    PathCheck,
    PingCheck,
    ThroughputCheck,
    Validation,
)
from mplsemu.model.vpn import Host, IPAddress
from mplsemu.suggest import nearest


def build_checks(
    document: Document, raw: Iterable[RawPing | RawPath | RawThroughput], network: Network
) -> tuple[Validation, ...]:
    """Return the checks in the lab file's order.

    Args:
        document: the lab file, for its lines.
        raw: what stands under ``validate``.
        network: all else that the file says.

    Raises:
        LabError: a check names a host, an LSR or a link that is not there, has twice the same end,
            has no address family to use, or contradicts itself.
    """
    raw = list(raw)
    hosts = {str(ref): (ref, host) for ref, _, host in network.hosts()} if raw else {}
    builder = _Builder(document, network, hosts, cables_of(network) if raw else {})
    return tuple(builder.build(index, one) for index, one in enumerate(raw))


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes checks of one lab file.

    Attributes:
        document: the lab file.
        network: all else that it says.
        hosts: all of its hosts by their full names.
        cables: its links and circuits by every name that they have.
    """

    document: Document
    network: Network
    hosts: dict[str, tuple[HostRef, Host]]
    cables: dict[str, str]

    def build(self, index: int, raw: RawPing | RawPath | RawThroughput) -> Validation:
        where: Path = ("validate", index)
        match raw:
            case RawPing():
                return self._ping(where, raw)
            case RawPath():
                return self._path(where, raw)
            case RawThroughput():
                return self._throughput(where, raw)
            case _:
                assert_never(raw)

    def _ping(self, where: Path, raw: RawPing) -> PingCheck:
        answered = raw.expect == "reply"
        remedy = "write hosts with an address family in common, or expect: fail"
        source, target = self._ends(
            (*where, "ping"), raw.ping, "pings itself", remedy if answered else None
        )
        if raw.wait is not None and not answered:
            raise self.document.error(
                (*where, "wait"),
                f"{_what(where)}: it waits for a ping that must not be answered",
                "leave wait out: such a ping is always listened for",
            )
        return PingCheck(source, target, answered, raw.wait)

    def _path(self, where: Path, raw: RawPath) -> PathCheck:
        remedy = "write hosts with an address family in common"
        source, target = self._ends((*where, "path"), raw.path, "sends to itself", remedy)
        via, avoid = (
            tuple(self._stop((*where, key, number), name) for number, name in enumerate(names))
            for key, names in (("via", raw.via), ("avoid", raw.avoid))
        )
        if not raw.via and not raw.avoid and raw.depth is None:
            raise self.document.error(
                where,
                f"{_what(where)}: any path will do",
                "say which one: write via: [p1, p2], avoid: [p2] or depth: 2",
            )
        both = sorted(set(via) & set(avoid))
        if both:
            raise self.document.error(
                (*where, "avoid"),
                f"{_what(where)}: {both[0]} is under via and under avoid",
                "leave it out at one of them",
            )
        return PathCheck(source, target, via, avoid, raw.depth)

    def _throughput(self, where: Path, raw: RawThroughput) -> ThroughputCheck:
        path = (*where, "throughput")
        remedy = "write hosts with an address family in common"
        source, target = self._ends(path, raw.throughput, "sends to itself", remedy)
        if not isinstance(target, HostRef):
            raise self._unknown_host((*path, 1), raw.throughput[1])
        return ThroughputCheck(source, target, raw.least, raw.wait)

    # --- names ------------------------------------------------------------------------------

    def _ends(
        self, path: Path, texts: list[str], to_itself: str, need_family: str | None
    ) -> tuple[HostRef, HostRef | IPAddress]:
        """Return the two ends of a check; with a remedy in `need_family` they must be able to."""
        source_text, target_text = texts
        if source_text not in self.hosts:
            raise self._unknown_host((*path, 0), source_text)
        source, source_host = self.hosts[source_text]
        target: HostRef | IPAddress
        versions: set[int]
        if target_text in self.hosts:
            target, target_host = self.hosts[target_text]
            versions = {address.version for address in target_host.addresses}
        else:
            target = self._address((*path, 1), target_text)
            versions = {target.version}
            if target.is_link_local or target.is_loopback:  # every host has such addresses
                need_family = None
        if source == target:
            problem = f"{_what(path)}: {source} {to_itself}"
            raise self.document.error(path, problem, "write two different hosts")
        own: set[int] = {address.version for address in source_host.addresses}
        if need_family is not None and not own & versions:
            raise self.document.error(
                path,
                f"{_what(path)}: {source} has {_families(own)}, "
                f"{target_text} has {_families(versions)}",
                need_family,
            )
        return source, target

    def _address(self, path: Path, text: str) -> IPAddress:
        if "/" in text:
            raise self._unknown_host(path, text)
        try:
            return ip_address(text)
        except ValueError:
            raise self._unknown_host(path, text) from None

    def _unknown_host(self, path: Path, text: str) -> LabError:
        guess = nearest(text, self.hosts)
        remedy = (
            f"did you mean {guess!r}?" if guess else "write VPN/SITE/HOST, for example a/aarhus/h1"
        )
        return self.document.error(path, f"{_what(path)}: there is no host {quoted(text)}", remedy)

    def _stop(self, path: Path, name: str) -> str:
        """Return the LSR or core link that is meant."""
        provider = self.network.provider
        names = [node.name for node in provider.nodes]
        links = [link.name for link in provider.links]
        if name in names:
            return name
        if (meant := self.cables.get(name)) in links:
            return str(meant)
        known = [*names, *links]
        problem = f"{_what(path)}: there is no LSR or link {quoted(name)}"
        raise self.document.error(path, problem, known_names_hint(name, known, "LSRs and links"))


def _what(path: Path) -> str:
    """Return how a message calls the check that `path` is in."""
    return f"check {int(path[1]) + 1}"


def _families(versions: set[int]) -> str:
    return " and ".join(f"IPv{version}" for version in sorted(versions)) + " only"
