"""Which data plane a lab gets: the one asked for, or the best that works on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import CapabilityError, LabError
from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network
from mplsemu.model.vpls import Vpls
from mplsemu.program.program import Program
from mplsemu.running.dataplanes import DataPlaneName
from mplsemu.running.selftest import first_line, why_not_ebpf
from mplsemu.southbound.ebpf.limits import LIMITS as EBPF_LIMITS
from mplsemu.southbound.openflow.limits import LIMITS as OPENFLOW_LIMITS
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.limits import excess

DATAPLANE_VARIABLE: Final = "MPLSEMU_DATAPLANE"
"""Names the data plane of labs for which neither the file nor the command line does."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The data plane of a lab.

    Attributes:
        name: its name.
        fallback_reason: why `auto` did not choose ebpf; else None.
    """

    name: DataPlaneName
    fallback_reason: str | None = None

    def notes(self) -> tuple[str, ...]:
        """Return notes for the user about the choice."""
        if self.fallback_reason is None:
            return ()
        reason = first_line(self.fallback_reason)
        return (f"LSRs are those of {self.name}, as ebpf is not to be had here: {reason}",)


def parse_choice(name: str) -> DataPlaneChoice:
    """Return the choice that a name stands for.

    Raises:
        LabError: there is no such data plane.
    """
    try:
        return DataPlaneChoice(name)
    except ValueError:
        names = ", ".join(DataPlaneChoice)
        raise LabError(f"no data plane {name!r} here", remedy=f"write one of: {names}") from None


def requested(typed: DataPlaneChoice | None, in_file: DataPlaneChoice) -> DataPlaneChoice:
    """Return the data plane asked for: on the command line, else in the lab or the environment.

    Raises:
        LabError: the environment names an unknown data plane.
    """
    if typed is not None:
        return typed
    if in_file is not DataPlaneChoice.AUTO:
        return in_file
    return parse_choice(os.environ.get(DATAPLANE_VARIABLE) or DataPlaneChoice.AUTO)


def choose(asked_for: DataPlaneChoice, network: Network, program: Program) -> Chosen:
    """Return the data plane for a lab; `auto` runs the self-test of ebpf.

    Raises:
        CapabilityError: the data plane cannot do what the lab asks for.
    """
    if asked_for is DataPlaneChoice.EBPF:
        if (too_much := next(excess(program, EBPF_LIMITS), None)) is not None:
            raise CapabilityError(f"the data plane ebpf cannot do this: {too_much}")
        return Chosen("ebpf")
    fallback_reason = None
    if asked_for is DataPlaneChoice.AUTO:
        fallback_reason = next(excess(program, EBPF_LIMITS), None) or why_not_ebpf()
        if fallback_reason is None:
            return Chosen("ebpf")
    problem = next(_beyond_openflow(network, program), None)
    if problem is None:
        return Chosen("openflow", fallback_reason)
    remedy = (
        f"and ebpf is not to be had here: {first_line(fallback_reason)}"
        if fallback_reason
        else "write --dataplane ebpf (or auto)"
    )
    raise CapabilityError(f"the data plane openflow cannot do this: {problem}; {remedy}")


def _beyond_openflow(network: Network, program: Program) -> Iterator[str]:
    """Yield what a lab asks for and Open vSwitch cannot do."""
    for vpn in network.vpns:
        has_word = not isinstance(vpn, L3vpn) and vpn.control_word
        if has_word and not OPENFLOW_LIMITS.control_word:
            yield f"VPN {vpn.name} has a control word on its pseudowires (control_word)"
        has_limit = isinstance(vpn, Vpls) and vpn.mac_limit is not None
        if has_limit and not OPENFLOW_LIMITS.mac_limit:
            yield f"VPN {vpn.name} has a limit of MAC addresses (mac_limit)"
    yield from excess(program, OPENFLOW_LIMITS)
    try:  # some limits show only when an entry is translated
        for node in program.nodes:
            flows(program, node.name)
    except CapabilityError as error:
        yield str(error)
