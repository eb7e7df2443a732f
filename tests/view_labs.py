"""Labs for the tests of pictures, tables and commands."""

from __future__ import annotations

from functools import cache

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.program.program import Program
from mplsemu.views.model import ProviderView
from mplsemu.views.overlay import with_vpn
from mplsemu.views.provider import provider_view
from mplsemu.views.tables.lsp import Lsp, lsps

#: provider's names, customers, VPNs and sites that are no part of one another's
NORTH = """\
name: polaris
provider:
  defaults: {delay: 5 ms}
  nodes:
    pe-kbh: {role: pe}
    pe-sth: {role: pe}
    pe-osl: {role: pe}
    core1:
    core2:
  links: [pe-kbh-core1, pe-sth-core1, core1-core2, pe-osl-core2, pe-kbh-core2]
vpns:
  alfa:
    type: l3vpn
    customer: Alfa Foods
    import: ["64512:1", "64512:5"]
    export: ["64512:1"]
    rd: "64512:1"
    sites:
      aarhus: {pe: pe-kbh, subnet: [192.168.1.0/24, "2001:db8:1::/64"], hosts: 2}
      stockholm: {pe: pe-sth, subnet: 192.168.2.0/24}
      oslo: {pe: pe-osl, subnet: 192.168.3.0/24, ce: router}
      odense: {pe: pe-kbh, subnet: 192.168.4.0/24, hosts: 5}
  beta:
    type: l3vpn
    customer: Beta Steel
    rd: "64512:2"
    import: ["64512:2"]
    export: ["64512:2"]
    sites:
      lyon: {pe: pe-kbh, subnet: 192.168.1.0/24}
      porto: {pe: pe-osl, subnet: 192.168.3.0/24}
  gamma:
    type: vpls
    customer: Gamma Bank
    subnet: 10.0.0.0/24
    sites: {malmo: {pe: pe-sth}, bergen: {pe: pe-osl}, ribe: {pe: pe-kbh, hosts: 2}}
  delta:
    type: vpws
    customer: Delta Post
    subnet: 10.9.0.0/24
    sites: {west: {pe: pe-kbh}, east: {pe: pe-osl}}
  epsilon:
    type: l3vpn
    customer: Epsilon Data
    rd: "64512:5"
    import: ["64512:5", "64512:1"]
    export: ["64512:5"]
    sites: {vault: {pe: pe-sth, subnet: 172.16.0.0/24}}
"""


@cache
def north(*down: str) -> Program:
    """The lab above, with some links or circuits down."""
    return compile_program(loads(NORTH, "polaris.yaml").network, down=frozenset(down))


def many_sites(count: int, kind: str) -> Program:
    """One VPN with many sites at two PEs."""
    lines = [
        "name: wide",
        "provider: {nodes: {left: {role: pe}, right: {role: pe}}, links: [left-right]}",
        f"vpns: {{huge: {{type: {kind},",
        " subnet: 10.0.0.0/16," if kind == "vpls" else "",
        " sites: {",
    ]
    for index in range(count):
        subnet = f", subnet: 10.{index}.0.0/24" if kind == "l3vpn" else ""
        lines.append(f"  s{index}: {{pe: {'left' if index % 2 else 'right'}{subnet}}},")
    return compile_program(loads("\n".join([*lines, "}}}"]), "wide.yaml").network)


def overlaid(program: Program, vpn: str = "v") -> ProviderView:
    """Return the provider's view with the LSPs of one VPN."""
    return with_vpn(provider_view(program), program, vpn)


def lsps_between(program: Program, ingress: str, egress: str) -> tuple[Lsp, ...]:
    """Return the LSPs from a PE to another, complete or not."""
    return tuple(
        lsp for lsp in lsps(program, ingress) if (lsp.ingress, lsp.egress) == (ingress, egress)
    )
