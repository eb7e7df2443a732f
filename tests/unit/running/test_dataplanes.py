"""What a lab's data plane checks before there are nodes."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import CapabilityError
from mplsemu.lab.loader import loads
from mplsemu.running.dataplanes import EbpfLab
from mplsemu.running.directory import LabDirectory
from mplsemu.southbound.ebpf.limits import LIMITS

LAB = """
name: small
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {x: {pe: dk}, y: {pe: dk}, z: {pe: dk}, w: {pe: se}}
"""


@pytest.mark.parametrize("most", [2, 3])
def test_a_vsi_with_more_members_than_the_loaded_program_floods_to_is_told(most):
    plane = EbpfLab(LabDirectory("small"), compile_program(loads(LAB, "lab.yaml").network))
    done = []
    plane.fabric = SimpleNamespace(
        start=lambda: done.append("start"),
        stop=lambda: done.append("stop"),
        limits=replace(LIMITS, members=most),
    )
    if most == 3:
        plane.begin()
        assert done == ["start"]
        return
    told = "no JIT compiler: dk: VSI c has 3 circuits or pseudowires; it floods to at most 2"
    with pytest.raises(CapabilityError, match=told):
        plane.begin()
    assert done == ["start", "stop"]
