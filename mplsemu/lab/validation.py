"""The checks that a lab file adds under ``validate``."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from mplsemu.errors import LabError
from mplsemu.lab.complaint import nearest
from mplsemu.lab.document import Document, Path, shown
from mplsemu.lab.schema import RawPing
from mplsemu.model.network import HostRef, Network, PingCheck
from mplsemu.model.vpn import Host, IPAddress


def build_checks(
    document: Document, raw: Iterable[RawPing], network: Network
) -> tuple[PingCheck, ...]:
    """Return the checks in the lab file's order.

    Args:
        document: the lab file, for its lines.
        raw: what stands under ``validate``.
        network: all else that the file says.

    Raises:
        LabError: a check names no host, pings itself, or has no address family to ping with.
    """
    raw = list(raw)
    hosts = {str(ref): (ref, host) for ref, _, host in network.hosts()} if raw else {}
    return tuple(_check(document, index, one, hosts) for index, one in enumerate(raw))


def _check(
    document: Document, index: int, raw: RawPing, hosts: dict[str, tuple[HostRef, Host]]
) -> PingCheck:
    path: Path = ("validate", index, "ping")
    what = f"check {index + 1}"
    source_text, target_text = raw.ping
    if source_text not in hosts:
        raise _unknown_host(document, (*path, 0), what, source_text, hosts)
    source, source_host = hosts[source_text]
    target: HostRef | IPAddress
    versions: set[int]
    if target_text in hosts:
        target, target_host = hosts[target_text]
        versions = {address.version for address in target_host.addresses}
    else:
        target = _address(document, (*path, 1), what, target_text, hosts)
        versions = {target.version}
    if source == target:
        problem = f"{what}: {source} pings itself"
        raise document.error(path, problem, "write two different hosts")
    expect_reply = raw.expect == "reply"
    own: set[int] = {address.version for address in source_host.addresses}
    if expect_reply and not own & versions:
        raise document.error(
            path,
            f"{what}: {source} has {_families(own)}, {target_text} has {_families(versions)}",
            "write hosts with an address family in common, or expect: fail",
        )
    return PingCheck(source, target, expect_reply)


def _families(versions: set[int]) -> str:
    return " and ".join(f"IPv{version}" for version in sorted(versions)) + " only"


def _address(
    document: Document,
    path: Path,
    what: str,
    text: str,
    hosts: dict[str, tuple[HostRef, Host]],
) -> IPAddress:
    if "/" in text:
        raise _unknown_host(document, path, what, text, hosts)
    try:
        return ip_address(text)
    except ValueError:
        raise _unknown_host(document, path, what, text, hosts) from None


def _unknown_host(
    document: Document, path: Path, what: str, text: str, hosts: Iterable[str]
) -> LabError:
    guess = nearest(text, hosts)
    remedy = f"did you mean {guess!r}?" if guess else "write VPN/SITE/hN, for example a/aarhus/h1"
    return document.error(path, f"{what}: there is no host {shown(text)}", remedy)
