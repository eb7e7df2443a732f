"""A small lab with comments, to be filled with one's own: ``mplsemu new NAME``."""

from __future__ import annotations

from typing import Final

from mplsemu.lab.importers.writer import word
from mplsemu.lab.lab_name import check_lab_name

_TEXT: Final = """\
# A provider's network and what it sells. Every key: docs/lab-file.md. Lines with a key behind
# "# " are to be had by taking that away.
#   mplsemu check FILE            proves it: everyone reaches whom he should, and nobody else
#   mplsemu view FILE             draws it
#   sudo mplsemu up FILE          boots it
name: @NAME@

provider:
  # defaults: {bandwidth: 1 Gbit/s, delay: 0 ms, metric: 10}     # of every link
  nodes:                          # the LSRs; sites attach to those with role pe
    pe1: {role: pe}
    pe2: {role: pe}
    p1:
  links:
    - pe1-p1
    - p1-pe2
    # - {ends: [pe1, pe2], bandwidth: 100 Mbit/s, delay: 5 ms, metric: 30}

vpns:
  red:                            # L3VPN: the provider routes between the sites' subnets
    type: l3vpn
    customer: Red Ltd
    sites:
      north: {pe: pe1, subnet: 10.0.1.0/24, hosts: 2}
      south: {pe: pe2, subnet: [10.0.2.0/24, 2001:db8:2::/64]}
      # west: {pe: pe2, subnet: 10.0.3.0/24, ce: router, rate: 10 Mbit/s}
  blue:                           # another customer, with the same addresses
    type: l3vpn
    sites:
      north: {pe: pe1, subnet: 10.0.1.0/24}
      south: {pe: pe2, subnet: 10.0.2.0/24}
  lan:                            # VPLS: one LAN across all sites
    type: vpls
    subnet: 192.168.0.0/24
    sites:
      shop: {pe: pe1}
      mill: {pe: pe2}

# validate:                       # checks beside those that follow from the VPNs
#   - {ping: [red/north/h1, red/south/h1]}
#   - {ping: [red/north/h1, 192.168.0.1], expect: fail}
#   - {path: [red/north/h1, red/south/h1], via: p1}
"""


def skeleton(name: str) -> str:
    """Return the text of the lab file.

    Raises:
        LabError: a lab may not have that name.
    """
    check_lab_name(name)
    return _TEXT.replace("@NAME@", word(name))
