"""What is made for the live page has the shape that docs/openapi.json says."""

import pytest
from pydantic import TypeAdapter

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.program.answer import answer
from mplsemu.program.trace import trace
from mplsemu.report import shapes
from mplsemu.report.tables import counter_table_object, mac_table_object, table_object
from mplsemu.report.trace import exchange_object
from mplsemu.views.tables.counters import counter_table
from mplsemu.views.tables.macs import mac_rows
from tests.places import TOPOLOGIES

LABS = ("nordic", "ecmp", "extranet", "hub", "vpls")
PACKETS = {
    "l3vpn": ("nordic", "a/aarhus/h1", "a/stockholm/h1"),
    "no route": ("nordic", "a/aarhus/h1", "9.9.9.9"),
    "flooded": ("vpls", "campus/library/h1", "ff:ff:ff:ff:ff:ff"),
    "equal cost": ("ecmp", "a/mill/h1", "a/shop/h1"),
}


def program(lab):
    return compile_program(load(TOPOLOGIES / f"{lab}.yaml").network)


def has_shape(shape, found):
    """Whether it has every key of its shape, each of its type, and no other key."""
    adapter = TypeAdapter(shape)
    return adapter.dump_python(adapter.validate_python(found, strict=True)) == found


@pytest.mark.parametrize("table", ["lfib", "vrf", "vsi", "lsp", "labels"])
@pytest.mark.parametrize("lab", LABS)
def test_a_table_has_its_shape(lab, table):
    found = table_object(program(lab), table)
    assert found["table"] == table
    assert has_shape(shapes.Table, found)


@pytest.mark.parametrize("case", PACKETS)
def test_a_trace_has_its_shape(case):
    lab, source, target = PACKETS[case]
    there = trace(program(lab), source, target)
    assert has_shape(shapes.Exchange, exchange_object(there, answer(program(lab), there)))


def test_what_a_running_lab_has_learned_and_counted_has_its_shape():
    mac = {"node": "dk", "vsi": "c", "mac": "02:00:00:00:00:0a", "circuit": None, "peer": "no"}
    assert has_shape(shapes.MacTable, mac_table_object("x", mac_rows([mac])))
    row = {"node": "dk", "kind": "drop", "name": "ttl", "peer": None, "packets": 1, "octets": 64}
    counted = {"dataplane": "ebpf", "counted": True, "counters": [row]}
    assert has_shape(shapes.CounterTable, counter_table_object("x", counter_table(counted)))
