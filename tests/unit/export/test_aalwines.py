"""The export for AalWiNes is in its format; in it packets go where the interpreter sends them."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.cli.main import main
from mplsemu.control.compile import compile_program
from mplsemu.export.aalwines import aalwines
from mplsemu.lab.loader import load
from mplsemu.model.l3vpn import L3vpn
from mplsemu.program.codec import load_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Unresolved
from mplsemu.program.walk import Walker
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.builders import nordic
from tests.oracles.aalwinesrun import Network
from tests.oracles.mutants import mutants
from tests.places import TOPOLOGIES
from tests.programs import PROTECTED, repaired_ring, ring
from tests.strategies import failures, networks

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def routed_exits(walker, site, prefix):
    """Return the circuits by which packets to an ordinary address of a prefix leave."""
    address = prefix.network_address + min(77, prefix.num_addresses - 2)
    source = ip_address("192.0.2.1" if prefix.version == 4 else "2001:db8::1")
    walk = walker.walk(
        site.circuit, Packet("02:00:00:00:00:99", GATEWAY_MAC, IpHeader(source, address))
    )
    return {end.circuit for end in walk.ends if isinstance(end, Delivered | Unresolved)}


def from_anywhere(program):
    """A program that validates no sources: queries of AalWiNes know destinations alone."""
    return replace(
        program,
        nodes=tuple(
            replace(
                node,
                circuits=tuple(replace(each, strict_urpf=False) for each in node.circuits),
            )
            for node in program.nodes
        ),
    )


def compared(program, lab):
    """Compare every destination from every circuit; return how many."""
    exported, walker = Network(aalwines(program)), Walker(from_anywhere(program))
    count = 0
    prefixes = {subnet for _, site in lab.sites() for subnet in site.subnets}
    for vpn, site in lab.sites():
        node = program.node_of_circuit.get(site.circuit)
        if node is None or not node.circuit_by_name[site.circuit].up:
            continue
        table = vpn.policy(site.name).name if isinstance(vpn, L3vpn) else vpn.name
        entry = f"{node.name}/{table}"
        if isinstance(vpn, L3vpn):
            for prefix in prefixes:
                label = [k for k, said in exported.legend.items() if said == f"to {prefix}"]
                got = exported.exits(entry, site.circuit, tuple(label))
                wanted = routed_exits(walker, site, prefix)
                assert {out for _, out, _ in got} == wanted, (site.circuit, prefix)
                assert all(stack == tuple(label) for _, _, stack in got)
                count += 1
            continue
        frames = [("everyone, and unknown addresses", BROADCAST_MAC, False)]
        frames += [(h.mac, h.mac, True) for each in vpn.sites for h in each.hosts]
        for meaning, mac, learned in frames:
            label = [k for k, said in exported.legend.items() if said == f"to {meaning}"]
            got = exported.exits(entry, site.circuit, tuple(label))
            walk = walker.walk(site.circuit, Packet("02:00:00:00:00:99", mac), learned=learned)
            assert {out for _, out, _ in got} == {end.circuit for end in walk.deliveries}
            count += 1
    return count


@pytest.mark.parametrize("path", sorted(TOPOLOGIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_packets_leave_where_the_interpreter_says(path):
    lab = load(str(path)).network
    assert compared(compile_program(lab), lab) > 10


@few
@given(networks(), st.data())
def test_packets_leave_where_the_interpreter_says_on_any_network_with_things_down(lab, data):
    compared(compile_program(lab, data.draw(failures(lab, circuits=True))), lab)


def test_a_leak_is_in_the_export_too():
    lab = nordic()
    program = compile_program(lab)
    leaks = [each for each in mutants(program) if "is another VPN's" in each[0]]
    for _, mutant in random.Random(1).sample(leaks, 3):
        exported = Network(aalwines(mutant))
        escaped = [
            out
            for vpn, site in lab.sites()
            for label in exported.legend
            for _, out, _ in exported.exits(f"{site.pe}/{vpn.name}", site.circuit, (label,))
            if out.split("/")[0] != vpn.name
        ]
        assert escaped


def test_a_link_that_is_down_leads_nowhere():
    lab = nordic()
    exported = Network(aalwines(compile_program(lab, frozenset({"no-p2"}))))
    label = exported.label("to 192.168.3.0/24")
    assert exported.exits("dk/b", "b/aarhus", (label,)) == set()
    assert ("no", "no-p2") not in exported.far


def test_labels_on_links_are_the_real_ones():
    program = compile_program(nordic())
    exported = Network(aalwines(program))
    service = str(int(program.node("no").vrf_by_name["b"].label))
    (rule,) = exported.tables["dk/b", "b/aarhus"][exported.label("to 192.168.3.0/24")]
    assert rule["ops"] == [{"push": service}, {"push": exported.label("into the tunnel to no")}]
    (into,) = exported.tables["dk", "to b"][exported.label("into the tunnel to no")]
    tunnel = program.node("dk").ftn_by_egress["no"].nhlfes[0]
    assert into["ops"] == [{"swap": str(int(tunnel.operation.labels[0]))}]
    assert into["out"] == tunnel.link


def test_the_command_writes_either_format(tmp_path, capsys):
    path = str(TOPOLOGIES / "nordic.yaml")
    assert main(["export", path, "--format", "aalwines"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["network"]["name"] == "nordic"
    file = tmp_path / "out.json"
    assert main(["export", path, "--format", "program", "-o", str(file), "--down", "dk-p1"]) == 0
    assert not load_program(file.read_text()).link_by_name["dk-p1"].up
    assert main(["check", path, "--program", str(file)]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "aalwine"], "did you mean aalwines?"),
        ([], "--format"),
        (["--format", "aalwines", "-o", "/nowhere/x.json"], "/nowhere/x.json: cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_line(words, said, capsys):
    assert main(["export", str(TOPOLOGIES / "nordic.yaml"), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_the_documents_queries_are_about_this_network():
    """AalWiNes itself is not here; what its queries ask is asked of the oracle."""
    text = (TOPOLOGIES.parent / "docs" / "verification.md").read_text(encoding="utf-8")
    exported = Network(aalwines(compile_program(load(str(TOPOLOGIES / "nordic.yaml")).network)))
    (label,) = set(re.findall(r"<\[(\d+)\]>", text))
    assert exported.legend[label] == "to 192.168.3.0/24"
    assert {(at, out) for at, out, _ in exported.exits("dk/a", "a/aarhus", (label,))} == {
        ("no/a", "a/oslo")
    }
    way = exported.way("dk/a", "a/aarhus", (label,))
    assert [router for router, _ in way] == ["dk/a", "dk", "p1", "no", "no/a"]
    assert len(way[2][1]) == 3


@pytest.mark.parametrize("name", PROTECTED)
def test_packets_in_a_bypass_tunnel_leave_where_the_interpreter_says(name):
    compared(repaired_ring(name), ring())
