"""The commands that build a lab: lines for ``ip -batch``, arguments of one ovs-vsctl call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_interface, ip_network
from typing import Final

from mplsemu.emulation.naming import CE_LAN_INTERFACE, HOST_INTERFACE
from mplsemu.emulation.plan import (
    CePlan,
    Endpoint,
    HostPlan,
    LabPlan,
    LanPlan,
    LsrPlan,
)
from mplsemu.model.vpn import IPInterface, IPNetwork
from mplsemu.program.gateway import LINK_LOCAL_GATEWAY
from mplsemu.program.services import CeRoute
from mplsemu.southbound.openflow.learned import TableLimit

LINK_GROUP: Final = 4364
"""Group of every interface of a lab: one message to the kernel raises or deletes them all."""
DATAPATH_DEVICES: Final = ("ovs-netdev",)
_ONE_QUEUE: Final = "numtxqueues 1 numrxqueues 1"  # the kernel's default is one queue per CPU
_FROM_PE: Final = 4364
"""A CE router's routing table for packets from its PE, and the priority of the rule for it."""
_RULE_FROM_PE: Final = f"rule add iif {HOST_INTERFACE} lookup {_FROM_PE} priority {_FROM_PE}"
_MAX_CONTROLLER_BACKOFF_MS: Final = 1000


def link_lines(plan: LabPlan, pids: Mapping[str, int], lab: int) -> Iterator[str]:
    """Yield the lines that make every bridge and veth pair and bring up what is in the lab.

    Args:
        plan: what to build.
        pids: a process in the namespace of every node that has one of its own, by Mininet name.
        lab: a process or thread in the lab's namespace.
    """
    bridges = {lan.name: lan.bridge for lan in plan.lans}
    for lan in plan.lans:
        yield _bridge_line(lan)
    for pair in plan.veth_pairs:
        # if the first end has no ifindex, the kernel ignores that of the second
        near, far = sorted(pair.ends, key=lambda end: end.ifindex is None)
        yield (
            f"link add {_veth_end(near, pids, lab)} group {LINK_GROUP}"
            f" type veth peer {_veth_end(far, pids, lab)} group {LINK_GROUP}"
        )
    for _, end in plan.ports():
        if not end.own_namespace and end.node in bridges:
            yield f"link set {end.interface} master {bridges[end.node]}"
    yield f"link set group {LINK_GROUP} up"


def _bridge_line(lan: LanPlan) -> str:
    return (
        f"link add {lan.bridge} group {LINK_GROUP} type bridge"
        " stp_state 0 forward_delay 0 mcast_snooping 0"
    )


def _veth_end(end: Endpoint, pids: Mapping[str, int], lab: int) -> str:
    index = f" index {end.ifindex}" if end.ifindex else ""
    address = f" address {end.mac}" if end.mac else ""
    # always given: without it, the second end goes to the first end's namespace
    netns = pids[end.node] if end.own_namespace else lab
    return f"{end.interface}{index}{address} mtu {end.mtu} {_ONE_QUEUE} netns {netns}"


def host_lines(host: HostPlan) -> Iterator[str]:
    """Yield the lines that configure a host, to be run in its namespace."""
    yield "link set lo up"
    yield f"link set {HOST_INTERFACE} up"
    for address in host.addresses:
        yield _address_line(address, HOST_INTERFACE)
    for loopback in host.loopbacks:
        yield _address_line(ip_interface(loopback), "lo")
    for gateway in host.gateways:
        own = [each for each in host.addresses if gateway in each.network]
        # of several IPv6 addresses in a subnet Linux would choose the latest
        source = _source(gateway.version, own) if len(own) > 1 else ""
        yield f"route add default via {gateway} dev {HOST_INTERFACE}{source}"


def ce_lines(ce: CePlan) -> Iterator[str]:
    """Yield the lines that configure a CE router, to be run in its namespace.

    Its default routes prefer its LAN addresses as source: other sites have no route to the PE-CE
    link. A station of a VPLS has routes to the other sites' LANs instead.
    """
    yield "link set lo up"
    yield f"link set {HOST_INTERFACE} up"
    yield f"link set {CE_LAN_INTERFACE} up"
    for address in ce.router.wan:
        yield _address_line(address, HOST_INTERFACE)
    for address in ce.lan:
        yield _address_line(address, CE_LAN_INTERFACE)
    if ce.by_vpls is not None:
        for way in ce.by_vpls:
            yield f"route add {way.prefix} via {way.via} dev {HOST_INTERFACE}"
        return
    others = {route.prefix for route in ce.routes}
    for version in sorted({address.version for address in (*ce.router.wan, *ce.lan)}):
        everything = ip_network("0.0.0.0/0" if version == 4 else "::/0")
        if everything not in others:
            yield _route_to_pe(everything, ce)
    for route in ce.routes:
        yield _behind_lan(route) if route.via is not None else _route_to_pe(route.prefix, ce)
    for version in sorted({route.prefix.version for route in ce.routes if route.via is None}):
        yield from _from_pe_lines(version, ce)


def _route_to_pe(prefix: IPNetwork, ce: CePlan) -> str:
    """Return the line for a CE router's way to its PE: without an address there, its link-local.

    IPv4 packets too may have an IPv6 next hop (RFC 8950 section 3).
    """
    given = (address.ip for address in ce.router.pe_wan if address.version == prefix.version)
    gateway = next(given, LINK_LOCAL_GATEWAY)
    where = "default" if not prefix.prefixlen else str(prefix)
    way = f"{where} via {gateway}"
    if gateway.version != prefix.version:
        way = f"{prefix} via inet6 {gateway}"
    return f"route add {way} dev {HOST_INTERFACE}{_source(prefix.version, ce.lan)}"


def ce_inet6_lines(ce: CePlan) -> Iterator[str]:
    """Yield the lines of a CE router that do not say that they are about IPv6: for ``ip -6``."""
    if any(route.via is None and route.prefix.version == 6 for route in ce.routes):
        yield _RULE_FROM_PE


def _behind_lan(route: CeRoute) -> str:
    return f"route add {route.prefix} via {route.via} dev {CE_LAN_INTERFACE}"


def _from_pe_lines(version: int, ce: CePlan) -> Iterator[str]:
    """Yield the lines of a table for what comes from the PE: only what is for spokes goes back.

    Where the VRF has a route no longer, as a site is cut off, packets would go round and round.
    """
    if version == 4:
        yield _RULE_FROM_PE
    for address in (each for each in ce.router.wan if each.version == version):
        yield f"route add {address.network} dev {HOST_INTERFACE} table {_FROM_PE}"
    for address in (each for each in ce.lan if each.version == version):
        yield f"route add {address.network} dev {CE_LAN_INTERFACE} table {_FROM_PE}"
    for route in ce.routes:
        if route.prefix.version != version:
            continue
        if route.via is not None:
            yield f"{_behind_lan(route)} table {_FROM_PE}"
        elif route.returns:
            yield f"{_route_to_pe(route.prefix, ce)} table {_FROM_PE}"


def _source(version: int, lan: Iterable[IPInterface]) -> str:
    own = next((address.ip for address in lan if address.version == version), None)
    return "" if own is None else f" src {own}"


def single_frame_line(end: Endpoint) -> str:
    """Return the line that turns segmentation offload off (see segmentation.py)."""
    return f"link set dev {end.interface} gso_max_segs 1"


def _address_line(address: IPInterface, interface: str) -> str:
    # duplicate address detection would delay each lab by a second
    nodad = " nodad" if address.version == 6 else ""
    return f"address add {address} dev {interface}{nodad}"


def bridge_arguments(
    lsr: LsrPlan,
    ports: Iterable[Endpoint],
    datapath: str,
    controllers: Sequence[str],
    limit: TableLimit | None = None,
) -> Iterator[str]:
    """Yield the ovs-vsctl arguments that make one LSR, its controllers before its ports.

    Args:
        lsr: the router.
        ports: its interfaces.
        datapath: ``system`` or ``netdev``.
        controllers: targets, as in ovs-vsctl(8): ``unix:FILE``, ``tcp:HOST:PORT``.
        limit: of one of its flow tables.
    """
    bridge = lsr.bridge
    yield from ("--", "--may-exist", "add-br", bridge, "--", "set", "Bridge", bridge)
    yield from (
        f"datapath_type={datapath}",
        "fail_mode=secure",
        "protocols=OpenFlow13",
        f"other_config:datapath-id={lsr.dpid:016x}",
        "other_config:disable-in-band=true",
    )
    if controllers:
        yield from ("--", "set-controller", bridge, *controllers)
        yield from ("--", "set", "Controller", bridge, "connection_mode=out-of-band")
        yield f"max_backoff={_MAX_CONTROLLER_BACKOFF_MS}"
    if limit is not None:
        yield from ("--", f"--id=@table{lsr.dpid}", "create", "Flow_Table")
        yield from (f"flow_limit={limit.flows}", "overflow_policy=evict")
        yield f'groups="{limit.groups}"'
        yield from ("--", "set", "Bridge", bridge, f"flow_tables:{limit.table}=@table{lsr.dpid}")
    for end in ports:
        yield from ("--", "--may-exist", "add-port", bridge, end.interface)
        yield from ("--", "set", "Interface", end.interface, f"ofport_request={end.port}")
        yield from ("--", "set", "Port", end.interface, "qos=@noop")


OWN_QDISCS: Final = ("--", "--id=@noop", "create", "QoS", "type=linux-noop")
"""Part of every transaction: Open vSwitch would remove our HTB from its ports otherwise."""


def removal_lines(plan: LabPlan, datapath: str) -> Iterator[str]:
    """Yield the lines that remove every interface of a lab that is not in a host.

    The devices of the userspace datapath outlive it; they join the group, so that one command
    deletes them all. Those of the kernel datapath are removed with it, and ip(8) cannot do it.
    """
    if datapath == "netdev":
        for name in (*(lsr.bridge for lsr in plan.lsrs), *DATAPATH_DEVICES):
            yield f"link set dev {name} group {LINK_GROUP}"
    yield f"link delete group {LINK_GROUP}"
