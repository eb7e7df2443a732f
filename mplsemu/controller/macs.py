"""What the switches have learned: MAC addresses by VPLS, read from their flow tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mplsemu.program.program import NodeProgram
from mplsemu.southbound.openflow.flow import COOKIE_KIND_MASK, LEARNED_COOKIE
from mplsemu.southbound.openflow.pipeline import FROM_PSEUDOWIRE

if TYPE_CHECKING:
    from mplsemu.controller.controller import Controller

_VSI_SHIFT = 32
_ATTACHMENT_MASK = (1 << _VSI_SHIFT) - 1


def learned_macs(controller: Controller) -> list[dict[str, Any]]:
    """Ask every switch what it learned; only the controller's worker may call this.

    Returns:
        Objects with ``node``, ``vsi``, ``mac`` and where it was learned: ``circuit`` or
        ``peer`` (the PE at the other end of the pseudowire), the other None; sorted.
    """
    assert controller.installer is not None  # attached before any switch can connect
    connected = controller.switches.connected()
    answers = controller.installer.read_flows(switch.datapath_id for switch in connected)
    found = []
    for switch in connected:
        node = controller.program.node(switch.name)
        for flow in answers.get(switch.datapath_id, ()):
            if flow.cookie & COOKIE_KIND_MASK == LEARNED_COOKIE:
                entry = _entry(node, flow)
                if entry is not None:
                    found.append(entry)
    return sorted(found, key=lambda entry: (entry["vsi"], entry["node"], entry["mac"]))


def _entry(node: NodeProgram, flow: Any) -> dict[str, Any] | None:
    index = (flow.cookie & ~COOKIE_KIND_MASK) >> _VSI_SHIFT
    attachment = flow.cookie & _ATTACHMENT_MASK
    vsi = next((vsi for vsi in node.vsis if vsi.index == index), None)
    if vsi is None:
        return None
    peer = circuit = None
    if attachment & FROM_PSEUDOWIRE:
        number = attachment ^ FROM_PSEUDOWIRE
        peer = next((pw.peer for pw in vsi.pseudowires if pw.index == number), None)
    else:
        circuit = next((ac.name for ac in node.circuits if ac.port == attachment), None)
    mac = flow.match["eth_dst"]
    return {"node": node.name, "vsi": vsi.name, "mac": mac, "circuit": circuit, "peer": peer}
