"""What a lab file leaves open, addresses for one: when the file changes, what stays keeps it."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.numbering import number_network
from mplsemu.errors import LabError
from mplsemu.lab.loader import LoadedLab, loads
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.numbers import NO_NUMBERS, Numbers

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PES = ("a", "b", "c")


@st.composite
def lab_files(draw: st.DrawFn) -> str:
    """Return lab files of a small world of names: two of them have many of these in common."""
    nodes = [*draw(st.permutations(PES)), *draw(st.lists(st.sampled_from("pqr"), unique=True))]
    links = [f"{one}-{other}" for one, other in pairwise(nodes)]
    links += draw(st.lists(st.sampled_from(["a-b", "b-c", "a-c"]), unique=True))
    vpns: dict[str, object] = {}
    names = st.lists(st.sampled_from(["red", "green", "blue", "lan", "wire"]), unique=True)
    for name in draw(names):
        count = 2 if name == "wire" else draw(st.integers(1, 4))
        sites = draw(st.permutations(range(1, 5)))[:count]
        vpns[name] = _vpn(draw, name, sites)
    provider = {
        "nodes": {name: {"role": "pe" if name in PES else "p"} for name in nodes},
        "links": list(dict.fromkeys(links)),
    }
    return json.dumps({"name": "lab", "provider": provider, "vpns": vpns})


def _vpn(draw: st.DrawFn, name: str, sites: list[int]) -> dict[str, object]:
    prefix = "10.0.0.4" if name in {"lan", "wire"} else "10.0.{}.20"
    made: dict[str, dict[str, object]] = {
        f"s{site}": {
            "pe": draw(st.sampled_from(PES)),
            "hosts": _hosts(draw, prefix.format(site), site, name),
        }
        for site in sites
    }
    if name in {"lan", "wire"}:
        kind = "vpls" if name == "lan" else "vpws"
        return {"type": kind, "subnet": ["10.0.0.0/26", "2001:db8::/64"], "sites": made}
    for site in sites:
        made[f"s{site}"]["subnet"] = [f"10.0.{site}.0/24"]
        if draw(st.booleans()):
            made[f"s{site}"]["ce"] = "router" if site % 2 else {"wan": f"15.1.{site}.0/30"}
    return {"type": "l3vpn", "sites": made}


def _hosts(draw: st.DrawFn, prefix: str, site: int, vpn: str) -> object:
    """Return hosts by number or by name; of some names, always the same, addresses are given."""
    count = draw(st.integers(0, 3))
    kind = draw(st.sampled_from(["number", "names", "given"]))
    if kind == "number":
        return str(count)
    names = draw(st.permutations(["h2", "pbx", "phone", "h1"]))[:count]
    if kind == "names":
        return names
    given = {f"g{number}": f"{prefix}{2 * site - 1 + number}" for number in range(2)}
    number = ["red", "green", "blue", "lan", "wire"].index(vpn)
    mac = {"mac": f"02:00:00:00:00:{0xD0 + 5 * site + number:02x}"}
    return dict.fromkeys(names) | given | {"m": mac}


def automatic(lab: LoadedLab) -> dict[tuple[str, ...], object]:
    """Return everything that the lab file leaves open, by the name of what has it."""
    network = lab.network
    found: dict[tuple[str, ...], object] = {
        ("router ID", node.name): node.router_id for node in network.provider.nodes
    }
    for vpn, site in network.sites():
        if isinstance(vpn, L3vpn):
            found["targets", vpn.name] = vpn.rd, vpn.import_targets, vpn.export_targets
        if site.ce is not None:
            found["CE", site.circuit] = site.ce
        for host in site.hosts:
            found["host", site.circuit, host.name] = host
    return found


def assert_unique(lab: LoadedLab) -> None:
    network = lab.network
    ids = [node.router_id for node in network.provider.nodes]
    macs = [host.mac for _, _, host in network.hosts()]
    macs += [
        mac for _, site in network.sites() if site.ce for mac in (site.ce.mac, site.ce.lan_mac)
    ]
    rds = [vpn.rd for vpn in network.vpns if isinstance(vpn, L3vpn)]
    for values in (ids, macs, rds):
        assert len(values) == len(set(values))
    for vpn in network.vpns:
        addresses = [each for site in vpn.sites for host in site.hosts for each in host.addresses]
        links = [site.ce.wan for site in vpn.sites if site.ce]
        assert len(addresses) == len(set(addresses))
        assert len(links) == len(set(links))


@few
@given(st.lists(lab_files(), min_size=2, max_size=5))
def test_however_a_lab_file_is_edited_what_stays_keeps_what_it_had(texts):
    known: dict[tuple[str, ...], object] = {}
    numbers: Numbers = NO_NUMBERS
    program = None
    for text in texts:
        lab = loads(text, "lab.yaml", numbers)
        numbers = number_network(lab.network, lab.numbers)
        assert_unique(lab)
        found = automatic(lab)
        assert {name: known.get(name, value) for name, value in found.items()} == found
        known |= found
        program = compile_program(lab.network, previous=program, numbers=numbers)
        for node in lab.network.provider.nodes:  # one number for both, as ever
            assert program.node(node.name).index == int(node.router_id) & 0xFFFF


def test_a_site_in_the_middle_of_a_vpls_gets_addresses_behind_all_others():
    text = """
name: lab
provider: {{nodes: {{a: {{role: pe}}}}}}
vpns:
  lan: {{type: vpls, subnet: 10.0.0.0/29, sites: {{{}}}}}
"""
    first = loads(text.format("x: {pe: a}, z: {pe: a, hosts: 2}"), "f")
    second = loads(text.format("x: {pe: a}, y: {pe: a}, z: {pe: a, hosts: 2}"), "f", first.numbers)
    addresses = {
        f"{ref.site}/{ref.host}": str(host.addresses[0].ip)
        for ref, _, host in second.network.hosts()
    }
    assert addresses == {
        "x/h1": "10.0.0.1",
        "y/h1": "10.0.0.4",
        "z/h1": "10.0.0.2",
        "z/h2": "10.0.0.3",
    }
    full = "x: {pe: a}, y: {pe: a}, z: {pe: a, hosts: 2}, w: {pe: a, hosts: 2}"
    third = loads(text.format(full), "f", second.numbers)
    exchanged = "y: {pe: a}, z: {pe: a, hosts: 2}, w: {pe: a, hosts: 2}, v: {pe: a}"
    with pytest.raises(LabError, match="take those out first"):
        loads(text.format(exchanged), "f", third.numbers)
    without_x = loads(text.format(exchanged.replace(", v: {pe: a}", "")), "f", third.numbers)
    loads(text.format(exchanged), "f", without_x.numbers)
