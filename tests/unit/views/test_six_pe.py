"""How 6PE is shown: pictures, tables and JSON say what it is, and nothing of an RD."""

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.report.tables import table_object
from mplsemu.report.view import view_object
from mplsemu.views.customer import customer_view
from mplsemu.views.scene.l3vpn import l3vpn_scene
from mplsemu.views.tables.inventory import vpn_rows
from mplsemu.views.tables.vrf import vrf_tables
from mplsemu.views.text.show import draw_vrfs
from mplsemu.views.text.view import draw_view
from tests.places import TOPOLOGIES

NETWORK = load(TOPOLOGIES / "6pe.yaml").network
PROGRAM = compile_program(NETWORK)
VIEW = customer_view(PROGRAM, "internet")


def test_the_picture_is_called_6pe_and_all_sites_are_on_one_island():
    assert len(VIEW.islands) == 1
    assert {site.name for site in VIEW.sites} == {"campus", "library", "transit"}
    assert any("· 6PE ·" in run.text for run in l3vpn_scene(VIEW).heading)
    assert "· 6PE" in draw_view(VIEW)[0].plain
    assert "L3VPN" in draw_view(customer_view(PROGRAM, "intranet"))[0].plain


def test_json_says_the_kind_of_6pe_and_leaves_it_out_of_an_l3vpn():
    assert view_object(VIEW)["view"] == view_object(VIEW)["kind"] == "6pe"
    assert "kind" not in view_object(customer_view(PROGRAM, "intranet"))


def test_the_table_of_vrfs_calls_it_the_global_table():
    text = "\n".join(line.plain for line in draw_vrfs("west", vrf_tables(PROGRAM.node("west"))))
    label = PROGRAM.node("west").vrf_by_name["internet"].label6
    assert f"VRF internet at west\n the global IPv6 table (6PE), label {label}\n" in text
    own = text[: text.index("VRF intranet")]
    assert "import" not in own.replace("imported", "")


def test_tables_as_json_have_no_distinguisher():
    (west,) = table_object(PROGRAM, "vrf", "west")["nodes"]
    table = next(each for each in west["vrfs"] if each["vrf"] == "internet")
    assert (table["rd"], table["label"]) == (None, None)
    assert {route["rd"] for route in table["routes"]} == {None}
    row = next(row for row in vpn_rows(NETWORK) if row.vpn == "internet")
    assert (row.type, row.rd, row.import_, row.export) == ("6pe", None, (), ())
