"""The kernel's LSRs, the oracle's and the reference interpreter do the same, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.program.packet import BROADCAST_MAC, IpHeader
from mplsemu.program.program import Program
from tests import builders, strategies
from tests.ebpf.doubled import Kernel, doubled, kernel
from tests.oracles.ebpfcomparison import senders
from tests.places import LAB_FILES

pytestmark = pytest.mark.slow
PORTS = 100
MODES = [f"nordic-{ttl}-{null}" for ttl in TtlMode for null in NullLabel]
STRANGE = [
    ip_address(text)
    for text in (
        *("8.8.8.8", "127.0.0.1", "224.0.0.5", "255.255.255.255", "0.0.0.0"),
        *("2001:db8:ffff::1", "::1", "fe80::1", "fe80::2", "ff02::5"),
    )
]
EVERYBODY = {4: ip_address("10.255.255.254"), 6: ip_address("2001:db8:ffff::1")}


@pytest.fixture(scope="module")
def lsrs() -> Iterator[Kernel]:
    with kernel(PORTS) as made:
        yield made


@cache
def program_of(lab: str) -> Program:
    if lab in LAB_FILES:
        return compile_program(load(LAB_FILES[lab]).network)
    _, ttl, null = lab.split("-", 2)
    return compile_program(builders.nordic(ttl_mode=TtlMode(ttl), null_label=NullLabel(null)))


def ports_of(program: Program) -> int:
    return sum(len(node.adjacencies) + len(node.circuits) for node in program.nodes)


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_labs_are_served_the_same(lsrs: Kernel, lab):
    program = program_of(lab)
    if ports_of(program) > PORTS:
        pytest.skip(f"more than {PORTS} ports")
    comparison = doubled(program, lsrs)
    for sender in senders(program):
        header = IpHeader(sender.addresses[0], EVERYBODY[sender.addresses[0].version], dscp=46)
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
        comparison.send_to(sender, dict.fromkeys([*STRANGE, *own]))
    assert comparison.network.lsrs.count > 50


@st.composite
def labs(draw: st.DrawFn) -> Program:
    made = draw(strategies.networks())
    vpns = tuple(
        replace(vpn, control_word=draw(st.booleans())) if isinstance(vpn, Vpls | Vpws) else vpn
        for vpn in made.vpns
    )
    made = replace(made, vpns=vpns)
    before = compile_program(made)
    return compile_program(made, draw(strategies.failures(made, circuits=True)), previous=before)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(program=labs(), ttl=st.integers(0, 9))
def test_random_labs_are_served_the_same(lsrs: Kernel, program, ttl):
    if ports_of(program) > PORTS:
        return
    comparison = doubled(program, lsrs)
    for sender in senders(program):
        for own in sender.addresses[:1]:
            comparison.send(sender, BROADCAST_MAC, IpHeader(own, EVERYBODY[own.version]))
    comparison.teach()
    comparison.all_pairs()
    comparison.all_pairs(ttl=ttl, dscp=34)
