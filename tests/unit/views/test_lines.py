"""What is special about lines and links, tags and MTUs, in every picture and table."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from mplsemu.cli.main import main
from mplsemu.control.compile import compile_program
from mplsemu.export.picture_graph import picture_graph
from mplsemu.lab.loader import loads
from mplsemu.report.view import view_object
from mplsemu.views.customer import customer_view
from mplsemu.views.overlay import with_vpn
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.text.view import draw_view
from tests import builders

LAB = """\
name: lines
provider:
  defaults: {mtu: 9216}
  nodes: {west: {role: pe}, east: {role: pe}, p: }
  links: [west-p, {ends: [p, east], mtu: 4000}, west-east]
vpns:
  lan:
    type: vpls
    subnet: 10.3.0.0/24
    sites:
      office: {pe: west, port: uplink7, vlan: 300, mtu: 3000}
      annex: {pe: west, port: uplink7, vlan: [200, 100]}
      guests: {pe: west, port: uplink7}
      depot: {pe: east}
  red:
    type: l3vpn
    sites:
      office: {pe: west, port: uplink7, vlan: 301, subnet: 10.1.0.0/24, ce: router}
      depot: {pe: east, mtu: 1400, subnet: 10.2.0.0/24}
"""
PROGRAM = compile_program(loads(LAB, "lines.yaml").network)
PROVIDER = provider_view(PROGRAM)
LAN = with_vpn(PROVIDER, PROGRAM, "lan")


def written(view) -> list[str]:
    """Return all texts on lines and nodes of a picture."""
    scene = scene_of(view)
    labels = [label.run.text for line in scene.lines for label in line.labels]
    return labels + [run.text for node in scene.nodes for run in node.texts]


def as_text(view) -> str:
    return "\n".join(line.plain for line in draw_view(view))


def test_links_say_their_mtu_where_it_is_not_the_usual_one():
    assert "MTU 4000" in written(PROVIDER)
    assert "MTU 9216" not in written(PROVIDER)
    assert any("MTU 9216" in run.text for run in scene_of(PROVIDER).heading)
    assert "MTU" not in " ".join(written(provider_view(compile_program(builders.nordic()))))


def test_the_providers_picture_of_a_vpn_says_tags_ports_and_mtus_of_its_lines():
    texts = written(LAN)
    for words in (
        "VLAN 300 on uplink7, MTU 3000",
        "VLAN 200.100 on uplink7",
        "untagged on uplink7",
    ):
        assert words in texts
    assert {"VLAN 300 on uplink7, MTU 3000"} <= {
        line for vertex in picture_graph(LAN).vertices for line in vertex.lines
    }
    assert "(VLAN 300 on uplink7, MTU 3000)" in as_text(PROVIDER)
    assert " 4000" in as_text(PROVIDER)


def test_a_customer_sees_the_tags_and_mtus_of_his_lines_and_no_name_of_a_port():
    lan, red = (customer_view(PROGRAM, vpn) for vpn in ("lan", "red"))
    for view, words in ((lan, "VLAN 300, MTU 3000"), (lan, "VLAN 200.100"), (red, "MTU 1400")):
        assert words in written(view)
        assert words in as_text(view)
        assert words in {line for vertex in picture_graph(view).vertices for line in vertex.lines}
    for view in (lan, red):
        assert "uplink7" not in json.dumps(view_object(view)) + " ".join(written(view))


def test_json_has_what_is_special_and_nothing_else():
    said = view_object(PROVIDER)
    assert [link.get("mtu") for link in said["links"]] == [4000, 9216, 9216]
    assert said["vpns"][0]["lines"] == [
        {"site": "annex", "vlan": "200.100", "port": "uplink7"},
        {"site": "guests", "port": "uplink7"},
        {"site": "office", "vlan": "300", "port": "uplink7", "mtu": 3000},
    ]
    (island,) = view_object(customer_view(PROGRAM, "lan"))["islands"]
    found = {site["name"]: (site.get("vlan"), site.get("mtu")) for site in island}
    assert found["office"] == ("300", 3000)
    assert found["depot"] == (None, None)


@pytest.mark.parametrize("vpn", ["lan", "red"])
def test_text_has_at_most_80_columns(vpn):
    for view in (PROVIDER, customer_view(PROGRAM, vpn)):
        assert max(cell_len(line) for line in as_text(view).splitlines()) <= 80


def test_tables_of_links_and_hosts_have_tags_and_ports(tmp_path, capsys):
    file = tmp_path / "lines.yaml"
    file.write_text(LAB)

    def said(*words: str) -> str:
        assert main(["show", str(file), *words]) == 0
        return capsys.readouterr().out

    for table, key, name in (("links", "link", "lan/annex"), ("hosts", "host", "lan/annex/h1")):
        rows = {row[key]: row for row in json.loads(said(table, "--json"))[table]}
        assert (rows[name]["vlan"], rows[name]["port"]) == ("200.100", "uplink7")
        assert not {"vlan", "port"} & rows[name.replace("annex", "depot")].keys()
        assert said(table, "--csv").splitlines()[0].endswith(",vlan,port")
        (row,) = (line for line in said(table).splitlines() if f" {name} " in line)
        assert row.split()[-2:] == ["200.100", "uplink7"]
    assert "vlan" not in said("vpns")
