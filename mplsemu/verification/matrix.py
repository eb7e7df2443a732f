"""The verdict on a program: about all packets from every circuit, by one packet of every class.

In an L3VPN a packet is forwarded by the VRF that it enters and by its destination, which is
compared with a few prefixes only (`address_classes`). In a VPLS or VPWS a frame is forwarded by its
circuit and by its destination: a group, a host, or an unknown address.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from mplsemu.model.limits import DEFAULT_LIMITS, Limits
from mplsemu.model.network import Network, Vpn
from mplsemu.model.vpn import VpnKind
from mplsemu.program.program import Program
from mplsemu.program.walk import Walker
from mplsemu.verification.checker import VpnChecker
from mplsemu.verification.conformance import check_conformance
from mplsemu.verification.homing import as_attached, check_homing
from mplsemu.verification.l2vpn import L2vpnChecker
from mplsemu.verification.l3vpn import L3vpnChecker
from mplsemu.verification.structure import check_structure, dangling
from mplsemu.verification.verdict import Findings, Progress, Verdict

CHECKERS: Final[Mapping[VpnKind, type[VpnChecker]]] = {
    VpnKind.L3VPN: L3vpnChecker,
    VpnKind.VPLS: L2vpnChecker,
    VpnKind.VPWS: L2vpnChecker,
    VpnKind.SIX_PE: L3vpnChecker,
}
"""What verifies a VPN, for each kind."""


def verify(
    program: Program,
    network: Network,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    down: Collection[str] = (),
) -> Verdict:
    """Check a program against what its network is for, with everything up.

    Within a VPN every host reaches every other, across VPNs only what is imported. Packets to an
    unused address end on its site's LAN; without a route they are dropped. Flooded frames arrive
    exactly once at each other site of their VPLS and nowhere else. There are no loops. TTL, label
    stack and size are within the limits of hosts and links. The structure is sound
    (`check_structure`) and that of this network (`check_conformance`).

    Args:
        program: what every LSR does.
        network: what it is for.
        limits: of the data plane.
        progress: receives how much is done.
        down: core links that have failed since the program was compiled: what holds before the
            network reconverges, when only backups repair (see `Nhlfe.backup`).
    """
    conformance = (*check_conformance(program, network), *check_homing(program, network))
    violations = [*conformance, *dangling(program)]
    findings: list[Findings] = []
    if not any(dangling(program)):  # else packets would be sent to what is not there
        violations += check_structure(program, network.provider.label_ranges, limits, down=down)
        attached = as_attached(network, program)
        findings = list(check_vpns(program, attached, limits, progress, down).values())
    violations += (violation for found in findings for violation in found.violations)
    return Verdict(
        violations=tuple(violations),
        pairs=pairs(network),
        walks=sum(found.walks for found in findings),
        ingresses=sum(1 for _ in network.sites()),
        classes=sum(found.classes for found in findings),
    )


def check_vpns(
    program: Program,
    network: Network,
    limits: Limits,
    progress: Progress | None = None,
    down: Collection[str] = (),
) -> dict[str, Findings]:
    """Verify all VPNs of a program without `dangling` names; return the findings by VPN.

    The network is that of `as_attached`.
    """
    verifier = VpnVerifier(Walker(program, down), network, limits)
    found = {}
    for done, vpn in enumerate(network.vpns):
        if progress is not None:
            progress("VPNs", done, len(network.vpns))
        found[vpn.name] = verifier.check(vpn, progress)
    return found


class VpnVerifier:
    """Verifies one VPN at a time; see `verify`.

    Args:
        walker: of the program.
        network: what it is for, without the sites that are exempt.
        limits: of the data plane.
        whole: with them, whose prefixes and CE routers decide what others are told; None: as
            `network`.
    """

    def __init__(
        self,
        walker: Walker,
        network: Network,
        limits: Limits = DEFAULT_LIMITS,
        whole: Network | None = None,
    ) -> None:
        found = whole or network
        made = {each: each(walker, network, limits, found) for each in CHECKERS.values()}
        self._checkers = {kind: made[checker] for kind, checker in CHECKERS.items()}

    def check(self, vpn: Vpn, progress: Progress | None = None) -> Findings:
        """Verify one VPN of a program without `dangling` names."""
        return self._checkers[vpn.kind].check(vpn, progress)


def pairs(network: Network) -> int:
    """Return how many ordered pairs of hosts there are."""
    hosts = sum(len(site.end_hosts) for _, site in network.sites())
    return hosts * (hosts - 1)
