"""Labs to measure with."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
NORDIC = TOPOLOGIES / "nordic.yaml"
ATTMPLS = TOPOLOGIES / "attmpls.yaml"
DUAL_HOMED = TOPOLOGIES / "dual-homed.yaml"


def chain(lsrs: int, name: str = "chain") -> str:
    """Return a lab of LSRs in a row, with an L3VPN and a VPLS from end to end, nothing shaped."""
    names = ["a", *(f"p{number}" for number in range(1, lsrs - 1)), "z"]
    nodes = "\n".join(f"    {each}: {{role: {'pe' if each in 'az' else 'p'}}}" for each in names)
    links = "\n".join(f"    - {x}-{y}" for x, y in pairwise(names))
    return f"""\
name: {name}
provider:
  defaults: {{bandwidth: 10 Gbit/s}}
  nodes:
{nodes}
  links:
{links}
vpns:
  routed:
    type: l3vpn
    sites:
      west: {{pe: a, subnet: 192.168.1.0/24}}
      east: {{pe: z, subnet: 192.168.2.0/24}}
  bridged:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {{west: {{pe: a}}, east: {{pe: z}}}}
"""
