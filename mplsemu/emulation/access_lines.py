"""The far ends of access lines that carry tags: an eBPF program parts each among its sites.

It does so on every data plane: a host's kernel need not know VLANs, and a bridge that filters
VLANs, where the kernel has one, would take a customer's own tags for its own.
"""

from __future__ import annotations

import socket
from typing import Final

from mplsemu.emulation.access_plan import AccessPlan
from mplsemu.emulation.bundle_plan import BundlePlan
from mplsemu.emulation.bundles import connect_bundles
from mplsemu.emulation.plan import LabPlan
from mplsemu.errors import EmulationError, MplsEmuError
from mplsemu.model.network import Network
from mplsemu.southbound.ebpf.access import AccessProgram, SiteOnLine

LineEnd = AccessPlan | BundlePlan
"""What is at the customers' end of lines, where a program is."""
_MAX_EXPRESS_ENDS: Final = 40
"""As of LSRs' ports: attaching more by tcx takes longer than it saves (fabric_ebpf.py)."""


def require_tagging(network: Network) -> None:
    """Check that this machine can part access lines among sites, if the lab has such lines.

    Raises:
        EmulationError: it cannot; names the first site that needs it.
    """
    for _, site in network.sites():
        if site.vlan is not None or site.port is not None:
            if (problem := why_no_tagging()) is not None:
                key = "port" if site.vlan is None else "vlan"
                raise EmulationError(
                    f"site {site.circuit} has {key!r}, which needs eBPF: {problem}"
                )
            return


def why_no_tagging() -> str | None:
    """Return why frames of sites cannot be tagged here; None if they can."""
    try:
        AccessProgram.load().close()
    except MplsEmuError as error:
        return str(error)
    return None


def connect_access_lines(plan: LabPlan) -> None:
    """Connect sites to lines where a program does it; the thread is in the lab's namespace.

    Raises:
        MplsEmuError: the kernel refuses it.
    """
    connect_bundles(plan)
    if not plan.accesses:
        return
    number = socket.if_nametoindex
    direct = _leading_out(plan)
    sites = [
        SiteOnLine(
            number(site.interface),
            number(access.line),
            site.tags,
            direct=access.line in direct,
        )
        for access in plan.accesses
        for site in access.sites
    ]
    with AccessProgram.load() as program:
        express = len(sites) + len(plan.accesses) <= _MAX_EXPRESS_ENDS
        program.connect(sites, express=express)


def _leading_out(plan: LabPlan) -> frozenset[str]:
    """Return the interfaces of unshaped lines whose ends at the PE are in other namespaces."""
    return frozenset(
        near.interface
        for far, near in (pair.ends for pair in plan.veth_pairs if pair.rate_bps is None)
        if far.own_namespace and not near.own_namespace
    )
