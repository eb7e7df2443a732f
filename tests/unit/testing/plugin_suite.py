"""A lab, and what a run of somebody's tests of it says."""

import re

LAB = """\
name: small
provider:
  nodes: {dk: {role: pe}, se: {role: pe}, no: {role: pe}, p1: , p2: }
  links: [dk-p1, se-p1, dk-p2, se-p2, no-p2]
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: ["192.168.1.0/24", "2001:db8:1::/64"], hosts: 2}
      y: {pe: se, subnet: ["192.168.2.0/24", "2001:db8:2::/64"]}
      z: {pe: no, subnet: 192.168.3.0/24, ce: router}
  b:
    type: l3vpn
    sites: {x: {pe: dk, subnet: 192.168.1.0/24}, y: {pe: se, subnet: 192.168.2.0/24}}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {x: {pe: dk, hosts: 2}, y: {pe: se}, z: {pe: no}}
"""
IMPORTS_A = """
  b:
    type: l3vpn
    import: [64512:1, 64512:2]
    sites: {x: {pe: dk, subnet: 172.16.1.0/24}, y: {pe: se, subnet: 172.16.2.0/24}}
  c:
"""
SHARED = re.sub(r"\n  b:.*\n  c:\n", IMPORTS_A, LAB, flags=re.DOTALL)
MARK = 'import pytest\n\npytestmark = pytest.mark.lab("small.yaml")\n'


def said(result):
    return result.stdout.str()
