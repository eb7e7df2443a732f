"""The topology of a VPLS in a lab file: what is read, refused and noted."""

from __future__ import annotations

import pytest

from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpls_topology import MULTIPOINT, SpokePe, VplsTopology

LAB = """\
name: lab
provider:
  nodes: {x: {role: pe}, y: {role: pe}, p: }
  links: [x-p, p-y]
vpns:
  lan:
    type: vpls
    topology: hub-and-spoke
    subnet: 10.0.0.0/24
    sites:
      a: {pe: x, role: hub}
      b: {pe: x}
      c: {pe: y}
"""


def read(*changes: tuple[str, str]):
    text = LAB
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return loads(text, "lab.yaml")


def topology(*changes: tuple[str, str]) -> VplsTopology:
    (vpn,) = read(*changes).network.vpns
    assert isinstance(vpn, Vpls)
    return vpn.topology


def test_hubs_are_roots_and_all_others_leaves():
    found = topology()
    assert found.roots == {"a"}
    assert [found.is_leaf(site) for site in ("a", "b", "c")] == [False, True, True]


def test_a_mesh_has_neither():
    mesh = topology((", role: hub", ""), ("    topology: hub-and-spoke\n", ""))
    assert mesh == MULTIPOINT
    assert not mesh.is_leaf("b")


def test_hubs_only_are_noted():
    lab = read(("b: {pe: x}", "b: {pe: x, role: hub}"), ("c: {pe: y}", "c: {pe: y, role: hub}"))
    assert [note for note in lab.notes if "all its sites are hubs" in note]
    assert not [note for note in read().notes if "hubs" in note]


HUBS = """\
name: lab
provider:
  nodes: {x: {role: pe}, y: {role: pe}, z: {role: pe}, m: {role: pe}, p: }
  links: [x-p, p-y, m-x, m-y, z-p]
vpns:
  lan:
    type: vpls
    subnet: 10.0.0.0/24
    sites:
      a: {pe: m, hub: [x, y]}
      b: {pe: m, hub: [x, y]}
      c: {pe: z}
      d: {pe: x}
"""


def test_sites_say_the_hubs_of_their_pe():
    (vpn,) = loads(HUBS, "lab.yaml").network.vpns
    assert isinstance(vpn, Vpls)
    assert vpn.topology == VplsTopology(spokes=(SpokePe("m", ("x", "y")),))
    assert vpn.pes == ("m", "x", "y", "z")
    one = loads(HUBS.replace("[x, y]", "y"), "lab.yaml").network.vpns[0]
    assert one.topology.spokes == (SpokePe("m", ("y",)),)
    assert one.topology.hubs_of("m") == ("y",)
    assert one.topology.hubs_of("x") == ()


HUB_MISTAKES = {
    "no node": ("c: {pe: z}", "c: {pe: z, hub: w}", 12, "there is no node 'w'", "other PEs are"),
    "a P": ("c: {pe: z}", "c: {pe: z, hub: p}", 12, "hub 'p' is a P", "write p: {role: pe}"),
    "own PE": ("c: {pe: z}", "c: {pe: z, hub: [z]}", 12, "the site's own PE", "another PE"),
    "twice": ("c: {pe: z}", "c: {pe: z, hub: [x, x]}", 12, "hub 'x' is there twice", "once"),
    "chain": ("c: {pe: z}", "c: {pe: z, hub: m}", 12, "'m' is itself a spoke PE", "example x"),
    "two minds": (
        "b: {pe: m, hub: [x, y]}",
        "b: {pe: m, hub: y}",
        11,
        "site lan/b has the hub y, but site lan/a at the same PE, m, has the hub x and y",
        "the same hub at all sites of vpn lan at m",
    ),
    "forgotten": (
        "b: {pe: m, hub: [x, y]}",
        "b: {pe: m}",
        11,
        "site lan/b has no hub, but site lan/a",
        "the same hub",
    ),
    "two lines": ("c: {pe: z}", "c: {pe: [z, y], hub: x}", 12, "has no hub", "one of the PEs"),
    "one line of two to a spoke PE": (
        "c: {pe: z}",
        "c: {pe: [z, m]}",
        12,
        "site lan/c has two lines, and m is a spoke PE, of x and y",
        "write another PE than m",
    ),
    "a line to what turns out to be a spoke PE": (
        "a: {pe: m, hub: [x, y]}",
        "a: {pe: [z, m]}",
        10,
        "site lan/a has two lines, and m is a spoke PE, of x and y",
        "write another PE than m",
    ),
    "none": ("hub: [x, y]", "hub: []", 10, "hub has no entries", "write hub: dk"),
}


@pytest.mark.parametrize("name", HUB_MISTAKES)
def test_mistaken_hubs_are_refused_with_line_and_remedy(name):
    old, new, line, problem, remedy = HUB_MISTAKES[name]
    with pytest.raises(LabError) as caught:
        loads(HUBS.replace(old, new), "lab.yaml")
    error = caught.value
    assert error.location is not None
    assert error.location.line == line
    assert problem in str(error)
    assert error.remedy is not None
    assert remedy in error.remedy


MESH = """\
name: lab
provider:
  nodes: {x: {role: pe}, y: {role: pe}, z: {role: pe}, w-1: {role: pe}, p: }
  links: [x-p, p-y, z-p, {ends: [w-1, p]}]
vpns:
  lan:
    type: vpls
    subnet: 10.0.0.0/24
    pseudowires: [x-y, z-y, w-1-x]
    sites: {a: {pe: x}, b: {pe: y}, c: {pe: z}, d: {pe: w-1}}
"""


def test_a_partial_mesh_has_the_pseudowires_that_are_listed():
    (vpn,) = loads(MESH, "lab.yaml").network.vpns
    assert vpn.topology.mesh == {("x", "y"), ("y", "z"), ("w-1", "x")}
    assert vpn.topology.has_wire("z", "y")
    assert not vpn.topology.has_wire("x", "z")


MESH_MISTAKES = {
    "no PE": ("z-y", "z-p", "pseudowire 'z-p' does not name two PEs", "two of w-1, x, y or z"),
    "itself": ("z-y", "z-z", "pseudowire 'z-z' does not name two PEs", "example w-1-x"),
    "twice": ("z-y", "y-x", "pseudowire 'y-x' is there twice, first as 'x-y'", "write each once"),
    "parts": (", w-1-x", "", "leave it in 2 parts: w-1 | x, y, z", "for example by w-1-x"),
    "two lines": ("c: {pe: z}", "c: {pe: [z, x]}", "site lan/c has two lines", "one of the two"),
    "two hubs": ("c: {pe: z}", "c: {pe: z, hub: [x, y]}", "a site has two hubs", "one of the two"),
    "snooping": (
        "    pseudowires: [x-y",
        "    igmp_snooping: true\n    pseudowires: [x-y",
        "a partial mesh does not snoop",
        "or leave igmp_snooping out",
    ),
    "empty": ("[x-y, z-y, w-1-x]", "[]", "pseudowires has no entries", "write pseudowires:"),
}


@pytest.mark.parametrize("name", MESH_MISTAKES)
def test_mistaken_meshes_are_refused_with_line_and_remedy(name):
    old, new, problem, remedy = MESH_MISTAKES[name]
    with pytest.raises(LabError) as caught:
        loads(MESH.replace(old, new, 1), "lab.yaml")
    error = caught.value
    assert error.location is not None
    assert error.location.line == 9 + new.count("\n")
    assert problem in str(error)
    assert error.remedy is not None
    assert remedy in error.remedy


MISTAKES = {
    "no hub": ([(", role: hub", "")], 8, "no site is a hub", "role: hub at a site, for example"),
    "hub in a mesh": (
        [("topology: hub-and-spoke", "topology: mesh")],
        11,
        "site lan/a: role 'hub', but the topology of vpn lan is mesh",
        "write topology: hub-and-spoke at vpn lan, or leave the role out",
    ),
    "role": ([("role: hub", "role: root")], 11, "role: 'root' is not allowed", "write hub"),
    "topology": ([("hub-and-spoke", "tree")], 8, "'tree' is not allowed", "mesh or hub-and-spoke"),
    "of a vpws": (
        [("      b: {pe: x}\n", ""), ("type: vpls", "type: vpws"), (", role: hub", "")],
        8,
        "unknown key 'topology'",
        "only an l3vpn or a vpls has hubs and spokes",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_refused_with_line_and_remedy(name):
    changes, line, problem, remedy = MISTAKES[name]
    with pytest.raises(LabError) as caught:
        read(*changes)
    error = caught.value
    assert error.location is not None
    assert error.location.line == line
    assert problem in str(error)
    assert error.remedy is not None
    assert remedy in error.remedy
