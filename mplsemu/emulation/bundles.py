"""The sites' ends of lines that share the load: an eBPF program makes one link of them.

It does so on every data plane: a kernel need not have a bonding driver.
"""

from __future__ import annotations

import socket
from typing import Final

from mplsemu.emulation.plan import LabPlan
from mplsemu.errors import EmulationError, MplsEmuError
from mplsemu.model.network import Network
from mplsemu.southbound.ebpf.bundle import Bundle, BundleProgram

_MAX_EXPRESS_ENDS: Final = 40
"""As of LSRs' ports: attaching more by tcx takes longer than it saves (fabric_ebpf.py)."""


def require_bundling(network: Network) -> None:
    """Check that this machine can bundle lines, if the lab has such sites.

    Raises:
        EmulationError: it cannot; names the first site that needs it.
    """
    for _, site in network.sites():
        if site.shares_load:
            try:
                BundleProgram.load().close()
            except MplsEmuError as problem:
                raise EmulationError(
                    f"site {site.circuit} has 'mode: load-sharing', which needs eBPF: {problem}"
                ) from problem
            return


def connect_bundles(plan: LabPlan) -> None:
    """Connect sites to their lines; the calling thread is in the lab's namespace.

    Raises:
        MplsEmuError: the kernel refuses it.
    """
    if not plan.bundles:
        return
    bundles = [
        Bundle(
            socket.if_nametoindex(each.site),
            (socket.if_nametoindex(each.lines[0]), socket.if_nametoindex(each.lines[1])),
        )
        for each in plan.bundles
    ]
    with BundleProgram.load() as program:
        program.connect(bundles, express=3 * len(bundles) <= _MAX_EXPRESS_ENDS)
