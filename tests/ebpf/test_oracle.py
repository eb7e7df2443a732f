"""The kernel's LSRs, the oracle's and the reference interpreter do the same, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.program.packet import IpHeader
from mplsemu.program.program import Program
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests import strategies
from tests.ebpf.doubled import Kernel, doubled, kernel
from tests.oracles.senders import NOBODYS, STRANGE_TARGETS, senders
from tests.places import LAB_FILES
from tests.programs import MODES, program_of

pytestmark = pytest.mark.slow
PORTS = 100


@pytest.fixture(scope="module")
def lsrs() -> Iterator[Kernel]:
    with kernel(PORTS) as made:
        yield made


def ports_of(program: Program) -> int:
    return sum(len(node.adjacencies) + len(node.circuits) for node in program.nodes)


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_labs_are_served_the_same(lsrs: Kernel, lab):
    program = program_of(lab)
    if ports_of(program) > PORTS:
        pytest.skip(f"more than {PORTS} ports")
    comparison = doubled(program, lsrs)
    for sender in senders(program):
        header = IpHeader(sender.addresses[0], NOBODYS[sender.addresses[0].version], dscp=46)
        for vlans in ((), (7,), (100, 7)):
            comparison.send(sender, BROADCAST_MAC, header, vlans)
        if not sender.routed:
            group = replace(sender, mac="03:00:00:00:00:01")
            comparison.send(group, BROADCAST_MAC, header)
    comparison.teach()
    comparison.all_pairs(dscp=46)
    for ttl in range(1, 6):
        comparison.all_pairs(ttl=ttl)
    for sender in [each for each in senders(program) if each.routed][:4]:
        own = [
            gateway.ip for node in program.nodes for c in node.circuits for gateway in c.gateways
        ]
        comparison.send_to(sender, dict.fromkeys([*STRANGE_TARGETS, *own]))
    assert comparison.network.lsrs.count > 50


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(program=strategies.programs(), ttl=st.integers(0, 9))
def test_random_labs_are_served_the_same(lsrs: Kernel, program, ttl):
    if ports_of(program) > PORTS:
        return
    comparison = doubled(program, lsrs)
    for sender in senders(program):
        for own in sender.addresses[:1]:
            comparison.send(sender, BROADCAST_MAC, IpHeader(own, NOBODYS[own.version]))
    comparison.teach()
    comparison.all_pairs()
    comparison.all_pairs(ttl=ttl, dscp=34)
