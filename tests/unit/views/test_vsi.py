"""A VSI's table says what of it is not as usual."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest
from pydantic import TypeAdapter

from mplsemu.control.compile import compile_program
from mplsemu.control.learned import LearnedGroup
from mplsemu.model.l2cp import L2cp
from mplsemu.model.mac_move import MacMove
from mplsemu.report import shapes
from mplsemu.report.tables import group_table_object, table_object
from mplsemu.views.tables.groups import GroupRow, group_rows
from mplsemu.views.tables.vsi import vsi_tables
from mplsemu.views.text.show import draw_vsis
from tests.builders import MacAddresses, network, provider, vpls


def test_what_is_not_as_usual_is_told():
    lan = vpls("c", {"x": "a", "y": "b"}, macs=MacAddresses())
    for vpn, said in (
        (lan, "VSI c at a (vpls, MAC aging 300 s)"),
        (replace(lan, mac_limit=1), "VSI c at a (vpls, MAC aging 300 s, at most 1 MAC address)"),
        (
            replace(lan, mac_limit=9, control_word=True),
            "VSI c at a (vpls, MAC aging 300 s, at most 9 MAC addresses, control word)",
        ),
        (
            replace(lan, l2cp=L2cp.TUNNEL, floods_unknown=False),
            "VSI c at a (vpls, MAC aging 300 s, l2cp: tunnel, unknown_unicast: drop)",
        ),
        (
            replace(lan, igmp_snooping=True),
            "VSI c at a (vpls, MAC aging 300 s, igmp_snooping: true)",
        ),
        (
            replace(lan, storm_control_bps=1_500_000, mac_move=MacMove.ALARM),
            "VSI c at a (vpls, MAC aging 300 s, storm_control: 1.5 Mbit/s, mac_move: alarm)",
        ),
    ):
        program = compile_program(network(provider(("a-b",)), vpn))
        assert draw_vsis("a", vsi_tables(program.node("a")))[0].plain == said


GROUPS = (("239.1.1.1", {"c/x", "c/y"}), ("ff15::abcd:1", {"c/z"}))


@pytest.fixture(scope="module")
def running():
    """A program of a running lab: hosts have joined groups, a circuit is blocked."""
    lan = vpls("c", {"x": "a", "y": "b", "z": "b", "w": "a"}, macs=MacAddresses())
    lan = replace(lan, igmp_snooping=True, mac_move=MacMove.BLOCK)
    learned = [
        LearnedGroup("c", ip_address(group), frozenset(circuits)) for group, circuits in GROUPS
    ]
    lab = network(provider(("a-b",)), lan)
    return compile_program(lab, blocked={"c/w"}, groups=learned)


def test_a_vsi_says_to_whom_groups_go_and_which_circuits_are_blocked(running):
    lines = [line.plain.rstrip() for line in draw_vsis("a", vsi_tables(running.node("a")))]
    assert lines[-2:] == [
        " group 239.1.1.1     c/x, PE b",
        " group ff15::abcd:1  PE b",
    ]
    (blocked,) = (line for line in lines if "c/w" in line)
    assert blocked.split()[2:] == ["c/w", "✗", "blocked"]
    assert not any("blocked" in line for line in lines if line != blocked)


def test_a_group_of_many_members_is_folded():
    sites = {f"site{number:02}": "a" for number in range(20)}
    lan = replace(vpls("c", sites, macs=MacAddresses()), igmp_snooping=True)
    members = LearnedGroup("c", ip_address("239.1.1.1"), frozenset(f"c/{name}" for name in sites))
    program = compile_program(network(provider(("a-b",)), lan), groups=[members])
    lines = [line.plain for line in draw_vsis("a", vsi_tables(program.node("a")))]
    folded = lines[lines.index(next(line for line in lines if "group 239" in line)) :]
    assert len(folded) > 2
    assert all(len(line) < 80 for line in folded)
    assert " ".join("".join(folded).split()).count("c/site") == len(sites)


def test_json_has_groups_and_blocked_circuits_and_nothing_of_them_elsewhere(running):
    found = table_object(running, "vsi")
    assert TypeAdapter(shapes.Table).validate_python(found, strict=True) == found
    a, b = ({each["node"]: each["vsis"][0] for each in found["nodes"]}[name] for name in "ab")
    assert a["groups"] == [
        {"group": "239.1.1.1", "circuits": ["c/x"], "peers": ["b"]},
        {"group": "ff15::abcd:1", "circuits": [], "peers": ["b"]},
    ]
    assert [each["name"] for each in a["circuits"] if each.get("blocked")] == ["c/w"]
    assert not any("blocked" in each for each in b["circuits"])
    lan = vpls("c", {"x": "a", "y": "b"}, macs=MacAddresses())
    plain = table_object(compile_program(network(provider(("a-b",)), lan)), "vsi")
    assert not any("groups" in vsi for node in plain["nodes"] for vsi in node["vsis"])


def test_places_of_groups_are_a_table_of_their_own(running):
    rows = group_rows(running, "b")
    assert rows == (
        GroupRow("b", "c", "239.1.1.1", "c/y", None),
        GroupRow("b", "c", "239.1.1.1", None, "a"),
        GroupRow("b", "c", "ff15::abcd:1", "c/z", None),
    )
    assert len(group_rows(running)) == 6
    found = group_table_object("lab", rows)
    assert TypeAdapter(shapes.GroupTable).validate_python(found, strict=True) == found
