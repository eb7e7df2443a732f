"""What no customer may see of the provider."""

from __future__ import annotations

from mplsemu.model.labels import FIRST_UNRESERVED
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.program import Program


def providers(program: Program) -> set[str]:
    """Every name, address and number of the provider's."""
    found = {program.lab, GATEWAY_MAC, *(link.name for link in program.links)}
    for node in program.nodes:
        found |= {node.name, str(node.router_id)}
        found |= {mac for end in node.adjacencies for mac in (end.mac, end.peer_mac)}
        found |= {str(vrf.rd) for vrf in node.vrfs}
        found |= {str(target) for vrf in node.vrfs for target in vrf.import_targets}
        found |= {str(int(entry.label)) for entry in node.ilm if entry.label >= FIRST_UNRESERVED}
    return found
