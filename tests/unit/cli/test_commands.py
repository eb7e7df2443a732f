"""The commands that need no root: what they print, their JSON, their exit codes."""

from __future__ import annotations

import json
import os

import pytest

from mplsemu.cli.main import main
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.program.codec import load_program
from tests.places import TOPOLOGIES
from tests.view_labs import NORTH

NORDIC = str(TOPOLOGIES / "nordic.yaml")


def answer(capsys, *words: str, code: int = 0):
    """Run a command with ``--json`` and return what it printed."""
    assert main([*words, "--json"]) == code
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


def complaint(capsys, *words: str) -> str:
    """Run a command that must refuse and return its one line."""
    assert main(list(words)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    return printed.err


# --- check ---------------------------------------------------------------------------------------


def test_check_holds_for_a_sound_lab(capsys):
    found = answer(capsys, "check", NORDIC)
    assert found["lab"] == "nordic"
    assert found["holds"] is True
    assert found["violations"] == []
    assert found["counts"]["lsrs"] == 5
    assert found["counts"]["hosts"] == 10
    assert found["counts"]["pairs"] == 90
    assert len(found["validate"]) == 3
    assert found["failures"].items() >= {"links": 0, "tried": 0, "fatal": []}.items()


def test_check_falls_short_where_hosts_are_cut_off_and_shows_a_packet(capsys):
    found = answer(capsys, "check", NORDIC, "--down", "a/oslo", code=1)
    assert found["holds"] is False
    traces = [each["trace"] for each in found["violations"] if each["trace"]]
    assert traces
    assert {"src", "dst", "delivered", "hops"} <= traces[0].keys()
    assert [ping["ok"] for ping in found["validate"]] == [False, False, True]


def test_check_as_text_says_what_was_proved(capsys):
    assert main(["check", NORDIC]) == 0
    said = capsys.readouterr().out
    assert "✓ 90 pairs of hosts" in said
    assert "✓ holds" in said


def test_check_as_text_draws_the_packet_that_proves_a_fault(capsys):
    assert main(["check", NORDIC, "--down", "a/oslo"]) == 1
    said = capsys.readouterr().out
    assert "✗ falls short" in said
    assert "drop: no route to 192.168.3.2" in said
    assert max(map(len, said.splitlines())) <= 80


def test_one_link_down_never_hurts_nordic_but_two_may(capsys):
    one = answer(capsys, "check", NORDIC, "--failures", "1")
    assert one["failures"].items() >= {"links": 1, "tried": 7, "fatal": []}.items()
    two = answer(capsys, "check", NORDIC, "--failures", "2", code=1)
    assert two["failures"]["tried"] == 7 + 21
    fatal = {tuple(sorted(each["down"])) for each in two["failures"]["fatal"]}
    links = load(NORDIC).network.provider.links
    of_pe = {tuple(sorted(k.name for k in links if pe in k.ends)) for pe in ("dk", "se", "no")}
    assert fatal == {pair for pair in of_pe if len(pair) == 2}
    assert two["failures"]["fatal"][0]["parts"]["a"] == [["aarhus"], ["oslo", "stockholm"]]


def test_more_failures_than_links_are_as_many_as_there_are_links(tmp_path, capsys):
    lab = tmp_path / "north.yaml"
    lab.write_text(NORTH)
    found = answer(capsys, "check", str(lab), "--failures", "99", code=1)
    assert found["failures"]["links"] == 5
    assert found["failures"]["tried"] == 2**5 - 1


def test_check_prints_notes(tmp_path, capsys):
    lab = tmp_path / "one.yaml"
    lab.write_text(
        "name: one\nprovider: {nodes: {dk: {role: pe}}}\n"
        "vpns: {a: {type: l3vpn, sites: {x: {pe: dk, subnet: 10.0.0.0/24}}}}\n"
    )
    found = answer(capsys, "check", str(lab))
    assert found["notes"]
    assert main(["check", str(lab)]) == 0
    assert "note:" in capsys.readouterr().out


# --- show ----------------------------------------------------------------------------------------


def test_show_lfib_has_what_p1_does_with_each_label(capsys):
    found = answer(capsys, "show", NORDIC, "lfib", "p1")
    assert (found["lab"], found["table"]) == ("nordic", "lfib")
    (node,) = found["nodes"]
    assert node["node"] == "p1"
    assert {entry["action"] for entry in node["entries"]} == {"pop"}  # penultimate hop
    assert {entry["egress"] for entry in node["entries"]} == {"dk", "se", "no"}
    assert all(entry["in_label"] >= 16 for entry in node["entries"])


def test_show_vrf_has_codes_labels_and_tunnels(capsys):
    (node,) = answer(capsys, "show", NORDIC, "vrf", "no")["nodes"]
    vrf = next(each for each in node["vrfs"] if each["vrf"] == "a")
    routes = {route["prefix"]: route for route in vrf["routes"]}
    assert routes["192.168.3.0/24"]["code"] == "S"
    assert routes["192.168.3.0/24"]["via"] == "100.64.0.2"
    there = routes["192.168.1.0/24"]
    assert (there["code"], there["egress"]) == ("V", "dk")
    assert there["label"] >= 16
    assert there["tunnel"]["next_hop"] == "p1"
    assert len(there["tunnel"]["labels"]) == 1


def test_show_vrf_marks_imported_routes(capsys):
    found = answer(capsys, "show", str(TOPOLOGIES / "extranet.yaml"), "vrf", "west")
    vrfs = {vrf["vrf"]: vrf for vrf in found["nodes"][0]["vrfs"]}
    codes = {route["prefix"]: (route["code"], route["imported"]) for route in vrfs["red"]["routes"]}
    assert codes["10.1.1.0/24"] == ("C", False)
    assert codes["10.1.2.0/24"] == ("V", False)
    assert codes["10.9.0.0/24"] == ("V", True)
    assert codes["10.9.1.0/24"] == ("I", True)  # at this same PE


def test_show_vsi_has_a_full_mesh_of_pseudowires(capsys):
    found = answer(capsys, "show", NORDIC, "vsi")
    peers = {node["node"]: node["vsis"][0]["pseudowires"] for node in found["nodes"]}
    for pe, wires in peers.items():
        assert {wire["peer"] for wire in wires} == {"dk", "se", "no"} - {pe}
        for wire in wires:
            back = next(w for w in peers[wire["peer"]] if w["peer"] == pe)
            assert (wire["in_label"], wire["out_label"]) == (back["out_label"], back["in_label"])


def test_show_lsp_has_every_pair_of_pes(capsys):
    found = answer(capsys, "show", NORDIC, "lsp")
    pairs = {(lsp["ingress"], lsp["egress"]) for lsp in found["lsps"]}
    assert len(pairs) == len(found["lsps"]) == 6
    assert all(lsp["complete"] for lsp in found["lsps"])
    assert all(lsp["hops"][-1]["labels"] == [] for lsp in found["lsps"])  # PHP


def test_show_labels_binds_each_label_once(capsys):
    found = answer(capsys, "show", NORDIC, "labels")
    assert {node["node"] for node in found["nodes"]} >= {"dk", "p1"}
    for node in found["nodes"]:
        labels = [row["label"] for row in node["labels"]]
        assert len(labels) == len(set(labels))


@pytest.mark.parametrize("table", ["lfib", "vrf", "vsi", "lsp", "labels"])
def test_show_as_text_says_whose_table_it_is(table, capsys):
    assert main(["show", NORDIC, table, "dk"]) == 0
    assert "dk" in capsys.readouterr().out.splitlines()[0 if table != "lsp" else 1]


def test_show_with_a_link_down_is_the_program_without_it(capsys):
    before = answer(capsys, "show", NORDIC, "lsp", "dk")
    after = answer(capsys, "show", NORDIC, "lsp", "dk", "--down", "p1-dk")
    assert before != after
    links = {hop["link"] for lsp in after["lsps"] for hop in lsp["hops"]}
    assert "dk-p1" not in links


def test_a_link_is_down_by_whatever_name_it_is_called(capsys):
    found = [
        answer(capsys, "show", NORDIC, "lsp", "dk", "--down", name)
        for name in ("dk-p1", "p1-dk", "dk-eth1")
    ]
    assert found[0] == found[1] == found[2]


# --- trace ---------------------------------------------------------------------------------------


def test_trace_has_the_shape_of_the_contract(capsys):
    found = answer(capsys, "trace", NORDIC, "a/aarhus/h1", "a/stockholm/h1")
    assert found.keys() >= {"src", "dst", "delivered", "hops"}
    assert found["delivered"] is True
    assert [hop["node"] for hop in found["hops"]] == ["dk", "p1", "se"]
    for hop in found["hops"]:
        assert {"node", "vrf", "vsi", "in_labels", "action", "out_labels", "link"} <= hop.keys()
    assert [len(hop["out_labels"]) for hop in found["hops"]] == [2, 1, 0]


def test_trace_of_what_is_not_delivered_falls_short_and_says_why(capsys):
    found = answer(capsys, "trace", NORDIC, "a/aarhus/h1", "192.168.77.1", code=1)
    assert found["delivered"] is False
    assert main(["trace", NORDIC, "a/aarhus/h1", "192.168.77.1"]) == 1
    assert "✗ dropped at dk: no route" in capsys.readouterr().out


def test_trace_to_a_strangers_equal_address_ends_at_ones_own(capsys):
    assert main(["trace", NORDIC, "a/aarhus/h1", "b/stockholm/h1"]) == 1
    assert "it arrives at a/stockholm/h1 instead" in capsys.readouterr().out


def test_trace_takes_any_header(capsys):
    found = answer(capsys, "trace", NORDIC, "a/aarhus/h1", "a/stockholm/h1", "--dscp", "46")
    assert {entry["tc"] for hop in found["hops"] for entry in hop["out_stack"]} == {5}
    found = answer(capsys, "trace", NORDIC, "a/aarhus/h1", "a/oslo/h1", "--ttl", "2", code=1)
    assert found["end"] == "its TTL expired at no"
    found = answer(
        capsys, "trace", NORDIC, "c/odense/h1", "c/malmo/h1", "--vlan", "7", "--vlan", "8"
    )
    assert found["packet"]["vlans"] == [7, 8]
    mac = ("--mac", "02:00:00:00:99:01", "--dst-mac", "02:00:00:00:99:02")
    found = answer(capsys, "trace", NORDIC, "c/odense/h1", "c/malmo/h1", *mac, code=1)
    assert found["packet"]["src_mac"] == "02:00:00:00:99:01"
    assert [branch["delivered"] for branch in found["branches"]] == [True, True]


@pytest.mark.parametrize(
    ("target", "words", "end"),
    [
        ("a/oslo/h1", ("--size", "20"), None),
        ("2001:db8:3::2", ("--size", "40"), None),
        ("a/oslo/h1", ("--size", "1500"), None),
        (
            "a/oslo/h1",
            ("--size", "1501"),
            "dropped at no: 1501 octets, where the next hop takes 1500",
        ),
        (
            "a/oslo/h1",
            ("--size", "1593"),
            "dropped at dk: 1593 octets, where the next hop takes 1592",
        ),
        ("a/oslo/h1", ("--size", "1593", "--fragment"), None),
        ("2001:db8:3::2", ("--size", "1593", "--fragment"), "dropped at dk: 1593 octets"),
    ],
)
def test_trace_takes_any_size(capsys, target, words, end):
    code = 0 if end is None else 1
    found = answer(capsys, "trace", NORDIC, "a/aarhus/h1", target, *words, code=code)
    assert found["end"].startswith(end or "it arrives at a/oslo/h1")
    assert found["answer"]["kind"] == ("echo reply" if end is None else "packet too big")
    assert found["answer"]["delivered"]


def test_trace_knows_the_least_size_of_each_ip_version(capsys):
    words = ("trace", NORDIC, "a/aarhus/h1", "2001:db8:3::2", "--size", "39")
    assert "an IPv6 packet has 40 octets at least, not 39" in complaint(capsys, *words)
    frame = ("trace", NORDIC, "c/odense/h1", "ff:ff:ff:ff:ff:ff", "--size", "5")
    assert answer(capsys, *frame)["delivered"]


def test_trace_draws_the_header_and_every_ttl_of_an_unusual_packet(capsys):
    words = ("--ttl", "9", "--dscp", "46", "--mac", "02:00:00:00:00:77")
    assert main(["trace", NORDIC, "a/aarhus/h1", "a/stockholm/h1", *words]) == 0
    said = capsys.readouterr().out
    assert "02:00:00:00:00:77 > 02:4d:50:00:00:01, 192.168.1.2 > 192.168.2.2, ttl 9" in said
    assert "dscp 46" in said
    assert "│ 18 tc 5 ttl 255 │ 16 tc 5 ttl 255 │ IP packet ttl 8 │  on dk-p1" in said
    assert "│ IP packet ttl 7 │  on a/stockholm" in said
    assert main(["trace", NORDIC, "c/odense/h1", "ff:ff:ff:ff:ff:ff", "--vlan", "7"]) == 0
    said = capsys.readouterr().out
    assert said.count("02:00:00:00:00:08 > ff:ff:ff:ff:ff:ff, VLAN 7\n") == 2
    assert main(["trace", NORDIC, "a/aarhus/h1", "a/stockholm/h1"]) == 0
    assert "ttl" not in capsys.readouterr().out


def test_trace_draws_every_copy_of_a_flooded_frame(capsys):
    assert main(["trace", NORDIC, "c/odense/h1", "ff:ff:ff:ff:ff:ff"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(" 2 copies\n")
    assert said.count("● c/odense/h1") == 2
    assert "c/odense/h1 → c/bergen  delivered" in said
    assert "c/odense/h1 → c/malmo  delivered" in said


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--ttl", "256"), "'256' is not a number from 0 to 255"),
        (("--size", "-1"), "'-1' is not a number from 1 to 65535"),
        (
            ("--size", "0"),
            "from 1 to 65535; an IPv4 packet has 20 octets at least, an IPv6 packet 40",
        ),
        (("--size", "19"), "an IPv4 packet has 20 octets at least, not 19; write 20 or more"),
        (("--size", "1600", "--live"), "PAYLOAD is 28 less than the packet's octets (IPv6: 48 "),
        (("--size", "1600", "--live"), "hosts send what their site's mtu allows"),
        (("--dscp", "64"), "'64' is not a number from 0 to 63"),
        (("--vlan", "0"), "'0' is not a number from 1 to 4094"),
        (("--vlan", "4095"), "'4095' is not a number from 1 to 4094"),
        (("--mac", "02:00"), "'02:00' is not a MAC address"),
        (("--live",), "is running"),
    ],
)
def test_trace_refuses_a_header_that_cannot_be(capsys, words, hint, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(tmp_path / "none"))
    assert hint in complaint(capsys, "trace", NORDIC, "a/aarhus/h1", "a/oslo/h1", *words)


# --- view ----------------------------------------------------------------------------------------


def test_view_draws_the_provider_and_every_customer(capsys):
    assert main(["view", NORDIC]) == 0
    said = capsys.readouterr().out
    for title in ("Provider of nordic", "Customer A · VPN a", "Customer B", "Customer C"):
        assert title in said


def test_view_of_one_vpn_is_that_alone(capsys):
    assert main(["view", NORDIC, "--vpn", "b"]) == 0
    said = capsys.readouterr().out
    assert "Customer B" in said
    assert "Provider" not in said
    assert "Customer A" not in said


def test_view_takes_a_customers_name_too(capsys):
    assert main(["view", NORDIC, "--vpn", "Customer C"]) == 0
    assert "virtual switch" in capsys.readouterr().out


def test_view_as_json_is_one_object(capsys):
    assert main(["view", NORDIC, "--vpn", "a", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["view"], found["vpn"]) == ("l3vpn", "a")
    assert main(["view", NORDIC, "--format", "json"]) == 0
    kinds = [view["view"] for view in json.loads(capsys.readouterr().out)["views"]]
    assert kinds == ["provider", "l3vpn", "l3vpn", "vpls"]


def test_view_writes_a_file(tmp_path, capsys):
    path = tmp_path / "a.txt"
    assert main(["view", NORDIC, "--vpn", "a", "-o", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert "router at aarhus" in path.read_text(encoding="utf-8")


# --- new -----------------------------------------------------------------------------------------


def test_new_makes_a_lab_that_holds(tmp_path, capsys):
    path = tmp_path / "us.yaml"
    source = "topohub:topozoo/Abilene"
    made = ["new", "us", "--from", source, "--l3vpns", "2", "--vpls", "1", "-o", str(path)]
    assert main(made) == 0
    assert capsys.readouterr().out == ""
    assert load(path).network.name == "us"
    assert answer(capsys, "check", str(path))["counts"]["vpns"] == 3


def test_new_without_a_file_prints_the_lab(capsys):
    assert main(["new", "us", "--from", "topohub:topozoo/Abilene"]) == 0
    assert "name: us" in capsys.readouterr().out


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["show", NORDIC, "lfib", "dkk"], "no LSR 'dkk' in lab 'nordic'; did you mean dk?"),
        (["show", NORDIC, "lfib", "zzz"], "the LSRs are dk, no, p1, p2, se"),
        (["trace", NORDIC, "a/arhus/h1", "a/oslo/h1"], "did you mean a/aarhus/h1?"),
        (["trace", NORDIC, "a/aarhus/h1", "a/oslo/h9"], "did you mean a/oslo/h1?"),
        (["view", NORDIC, "--vpn", "zz"], "no VPN 'zz' in lab 'nordic'; the VPNs are a, b, c"),
        (["view", NORDIC, "--vpn", "Custmer B"], "did you mean Customer B?"),
        (["view", NORDIC, "--format", "txt"], "no format 'txt'"),
        (["view", NORDIC, "--format", "bmp"], "write one of: text, svg, png, html"),
        (["view", NORDIC, "-o", "/nowhere/at/all"], "/nowhere/at/all: cannot be written"),
        (["view", NORDIC, "-o", "/"], "cannot be written: Is a directory"),
        (["check", NORDIC, "--down", "dk-p9"], "no link 'dk-p9' in lab 'nordic'; did you mean"),
        (["new", "x", "--from", "topohub:topozoo/Abilen"], "Abilene"),
        (["new", "x", "--from", "nowhere.graphml"], "nowhere.graphml"),
        (["new", "x", "--from", "topohub:topozoo/Abilene", "--sites", "-3"], "--sites"),
        (["new", "x", "--from", "topohub:topozoo/Abilene", "-o", "/"], "cannot be written"),
        (["check", "x" * 300], "File name too long"),
        (["test", NORDIC, "--junit", "x" * 300], "File name too long"),
        (["test", NORDIC, "--junit", "/nowhere/at.xml"], "its directory does not exist"),
        (["test", NORDIC, "--junit", "/"], "name a file that can be written"),
    ],
)
def test_bad_input_is_one_clear_line(words, said, capsys):
    assert said in complaint(capsys, *words)


def test_a_lab_that_is_wrong_names_file_and_line(tmp_path, capsys):
    lab = tmp_path / "bad.yaml"
    lab.write_text(NORTH.replace("stockholm: {pe: pe-sth", "stockholm: {pe: pe-sht"))
    said = complaint(capsys, "check", str(lab))
    assert said.startswith(f"mplsemu: {lab}:")
    assert "pe-sth" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_without_rights_is_refused(tmp_path, capsys):
    path = tmp_path / "there.txt"
    path.touch(mode=0o400)
    assert "Permission denied" in complaint(capsys, "view", NORDIC, "-o", str(path))


def test_the_program_can_be_had_as_json_and_read_back(capsys):
    assert main(["show", NORDIC, "program"]) == 0
    program = load_program(capsys.readouterr().out)
    assert program == compile_program(load(NORDIC).network)


@pytest.mark.parametrize(("table", "what"), [("macs", "MAC addresses"), ("groups", "groups")])
def test_only_a_running_lab_has_learned_something(table, what, capsys):
    assert main(["show", NORDIC, table]) == 2
    assert f"only the network itself learns {what}" in capsys.readouterr().err
