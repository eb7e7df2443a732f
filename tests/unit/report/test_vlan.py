"""Tables say which VLAN tags tell a circuit from others at its port, as text and as JSON."""

from __future__ import annotations

from mplsemu.report.tables import table_object
from mplsemu.views.tables.vrf import vrf_tables
from mplsemu.views.text.show import draw_vrfs
from tests.programs import program_of


def test_a_circuit_of_a_shared_port_has_its_vlan_in_the_json():
    program = program_of("vlan")
    (west,) = table_object(program, "vrf", "west")["nodes"]
    circuits = {each["name"]: each for vrf in west["vrfs"] for each in vrf["circuits"]}
    assert {name: each.get("vlan") for name, each in circuits.items()} == {
        "red/office": "100",
        "blue/office": "200",
        "blue/guests": None,
    }
    assert len({each["port"] for each in circuits.values()}) == 1


def test_a_circuit_of_a_shared_port_has_its_vlan_in_the_text():
    tables = vrf_tables(program_of("vlan").node("west"))
    lines = [line.plain for line in draw_vrfs("west", tables)]
    assert any("port 2 VLAN 100" in line and "red/office" in line for line in lines)
    assert any("port 2 " in line and "blue/guests" in line and "VLAN" not in line for line in lines)
