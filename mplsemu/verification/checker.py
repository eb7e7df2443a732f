"""What verifies the VPNs of one kind."""

from __future__ import annotations

from typing import Any, Protocol

from mplsemu.model.limits import Limits
from mplsemu.model.network import Network
from mplsemu.program.walk import Walker
from mplsemu.verification.verdict import Findings, Progress


class VpnChecker(Protocol):
    """Verifies the VPNs of a kind, in one program.

    Args:
        walker: of the program.
        network: what it is for.
        limits: of the data plane.
        whole: with sites that are exempt from the verdict; None: as `network`.
    """

    def __init__(
        self, walker: Walker, network: Network, limits: Limits, whole: Network | None = None
    ) -> None: ...

    def check(self, vpn: Any, progress: Progress | None = None) -> Findings:
        """Verify one VPN of the kind, in a program without `dangling` names.

        Args:
            vpn: of the network.
            progress: receives how much of it is done.
        """
