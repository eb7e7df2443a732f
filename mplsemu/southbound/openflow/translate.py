"""The translator: what one LSR does, as the flows of its switch; it knows no framework."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.errors import CapabilityError, ProgramError
from mplsemu.program.program import Program
from mplsemu.program.services import ViaPe
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.flow_text import flow_text
from mplsemu.southbound.openflow.lsr import Lsr
from mplsemu.southbound.openflow.translate_choices import choice_flows
from mplsemu.southbound.openflow.translate_labels import label_flows
from mplsemu.southbound.openflow.translate_ports import port_flows
from mplsemu.southbound.openflow.translate_punts import punt_flows
from mplsemu.southbound.openflow.translate_sizes import size_flows
from mplsemu.southbound.openflow.translate_tunnels import tunnel_flows
from mplsemu.southbound.openflow.translate_vrf import vrf_flows
from mplsemu.southbound.openflow.translate_vsi import vsi_flows
from mplsemu.southbound.protection import named_backups


def flows(program: Program, node: str) -> tuple[Flow, ...]:
    """Return every flow of one LSR's switch, in the order of the pipeline's stages.

    The same program gives the same flows in the same order. Of other LSRs only the indexes are
    used.

    Raises:
        CapabilityError: the program asks for what the pipeline or Open vSwitch cannot do.
        ProgramError: there is no such LSR, or its program contradicts itself.
    """
    lsr = Lsr(program, node)
    for backup in named_backups(lsr.node):
        raise CapabilityError(f"{backup}; the openflow data plane does not switch over to one")
    found = tuple(_all_flows(lsr))
    seen: set[object] = set()
    for flow in found:
        if flow.key in seen:
            raise ProgramError(f"{node}: two flows for the same packets: {flow_text(flow)}")
        seen.add(flow.key)
    return found


def _all_flows(lsr: Lsr) -> Iterator[Flow]:
    routes = (hop for vrf in lsr.node.vrfs for route in vrf.routes for hop in route.next_hops)
    routed = frozenset(hop.egress for hop in routes if isinstance(hop, ViaPe))
    bridged = frozenset(wire.peer for vsi in lsr.node.vsis for wire in vsi.pseudowires)
    yield from label_flows(lsr)
    yield from tunnel_flows(lsr, routed, bridged)
    yield from punt_flows(lsr)
    yield from choice_flows(lsr)
    yield from size_flows(lsr, routed)
    yield from vrf_flows(lsr)
    yield from vsi_flows(lsr)
    yield from port_flows(lsr)
