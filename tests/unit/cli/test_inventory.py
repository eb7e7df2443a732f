"""What a lab has, as tables, JSON and CSV; labs and checks by their names."""

import csv
import io
import json

import pytest

from mplsemu.cli import arguments
from mplsemu.cli.main import main
from tests.places import TOPOLOGIES

NORDIC = str(TOPOLOGIES / "nordic.yaml")


@pytest.fixture(autouse=True)
def no_labs(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(tmp_path / "run"))


def said(capsys, *words, code=0):
    assert main(words) == code
    return capsys.readouterr()


def rows(capsys, table, *words):
    return json.loads(said(capsys, "show", NORDIC, table, *words, "--json").out)[table]


def test_hosts_have_all_their_names_and_addresses(capsys):
    found = {row["host"]: row for row in rows(capsys, "hosts")}
    assert found["a/aarhus/h1"] == {
        "host": "a/aarhus/h1",
        "short": "a-aarhus-h1",
        "pe": "dk",
        "addresses": ["192.168.1.2/24", "2001:db8:1::2/64"],
        "gateways": ["192.168.1.1", "2001:db8:1::1"],
        "mac": "02:00:00:00:00:01",
    }
    assert found["a/oslo/ce"]["addresses"][0] == "100.64.0.2/30"
    assert len(found) == 11
    assert {row["pe"] for row in rows(capsys, "hosts", "se")} == {"se"}


def test_links_have_interfaces_and_say_what_is_down(capsys):
    found = {
        row["link"]: row for row in rows(capsys, "links", "--down", "p1-dk", "--down", "a/oslo")
    }
    assert found["dk-p1"] == {
        "link": "dk-p1",
        "kind": "core",
        "ends": ["dk", "p1"],
        "interfaces": ["dk-eth1", "p1-eth1"],
        "bandwidth_bps": 1_000_000_000,
        "delay_ms": 0.0,
        "metric": 10,
        "up": False,
        "mtu": 1600,
        "standby": False,
    }
    assert found["a/stockholm"]["mtu"] == 1500
    assert found["a/stockholm"]["bandwidth_bps"] == 10_000_000
    assert {name for name, row in found.items() if not row["up"]} == {"dk-p1", "a/oslo"}
    assert {row["link"] for row in rows(capsys, "links", "p2")} == {
        "p1-p2", "dk-p2", "se-p2", "no-p2",
    }  # fmt: skip


def test_a_link_with_a_metric_for_each_direction_shows_both(tmp_path, capsys):
    file = tmp_path / "asymmetric.yaml"
    file.write_text(
        "name: asymmetric\nprovider:\n  nodes: {a: {role: pe}, b: {role: pe}}\n"
        "  links: [{ends: [a, b], metric: [10, 30]}]\n"
    )
    (row,) = json.loads(said(capsys, "show", str(file), "links", "--json").out)["links"]
    assert row["metric"] == [10, 30]
    assert "10/30" in said(capsys, "show", str(file), "links").out
    assert "10/30" in said(capsys, "view", str(file)).out


def test_vpns_have_their_targets_and_sites(capsys):
    a, _, c = rows(capsys, "vpns")
    assert (a["rd"], a["import"], a["export"]) == ("64512:1", ["64512:1"], ["64512:1"])
    assert (c["type"], c["rd"], c["subnets"]) == ("vpls", None, ["10.0.0.0/24"])
    assert rows(capsys, "vpns", "p1") == []


def test_a_vpn_that_spans_providers_has_a_route_distinguisher_of_each(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)  # xdist sets it; then lists may go down
    lab = str(TOPOLOGIES / "inter-as-a.yaml")
    red, _ = json.loads(said(capsys, "show", lab, "vpns", "--json").out)["vpns"]
    assert red["rd"] == ["64500:1", "64501:1"]
    assert "64500:1, 64501:1" in said(capsys, "show", lab, "vpns").out
    assert ",64500:1 64501:1," in said(capsys, "show", lab, "vpns", "--csv").out


@pytest.mark.parametrize("table", ["hosts", "links", "vpns"])
def test_csv_has_the_keys_and_the_values_of_json(table, capsys):
    text = said(capsys, "show", NORDIC, table, "--csv").out
    read = list(csv.DictReader(io.StringIO(text)))
    wanted = rows(capsys, table)
    assert [*read[0]] == [*wanted[0]]
    for one, other in zip(read, wanted, strict=True):
        for key, value in other.items():
            match value:
                case list():
                    assert one[key] == " ".join(value)
                case bool():
                    assert one[key] == ("yes" if value else "no")
                case None:
                    assert one[key] == ""
                case _:
                    assert one[key] == str(value)


def test_a_table_without_rows_has_its_heading_in_csv(capsys):
    assert said(capsys, "show", NORDIC, "vpns", "p1", "--csv").out == (
        "vpn,type,customer,rd,import,export,subnets,sites,pes,hosts\n"
    )


def test_csv_is_for_flat_tables(capsys):
    assert (
        "write --json; CSV is for hosts"
        in said(capsys, "show", NORDIC, "lfib", "--csv", code=2).err
    )


def test_tables_for_people_count_what_does_not_fit(capsys):
    out = said(capsys, "show", "attmpls", "vpns").out
    assert out.startswith("VPNs: 10\n")
    assert "Links and lines: 16\n" in said(capsys, "show", NORDIC, "links", "--down", "dk-p1").out
    assert " DOWN" in said(capsys, "show", NORDIC, "links", "--down", "dk-p1").out


# --- labs by name --------------------------------------------------------------------------


@pytest.mark.parametrize("running", [(), ("mine",)])
def test_a_lab_that_comes_with_mplsemu_is_found_by_its_name(capsys, tmp_path, monkeypatch, running):
    """Where another lab runs, it is said that this one does not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(arguments, "running_labs", lambda: running)
    found = said(capsys, "check", "vpls", "--json")
    assert json.loads(found.out)["lab"] == "vpls"
    note = "note: no lab vpls is running; this is the one that comes with mplsemu\n"
    assert found.err == (note if running else "")


def test_a_lab_that_runs_no_more_is_said_not_to_run(capsys):
    found = said(capsys, "show", "mine", "lfib", code=2)
    assert found.err.startswith("mplsemu: no lab 'mine' is running, and there is no such file; ")
    assert "attmpls, dual-homed, ecmp" in found.err
    assert "did you mean nordic?" in said(capsys, "show", "nordik", "lfib", code=2).err


def test_a_teachers_checks_are_laid_over_a_lab(capsys, tmp_path):
    path = tmp_path / "exercise.yaml"
    path.write_text(
        "validate:\n"
        "  - {ping: [a/aarhus/h1, a/oslo/h1]}\n"
        "  - {path: [a/aarhus/h1, a/oslo/h1], via: p2-dk}\n"
    )
    plain = json.loads(said(capsys, "check", NORDIC, "--json").out)["validate"]
    found = said(capsys, "check", NORDIC, "--checks", str(path), "--json", code=1)
    laid = json.loads(found.out)["validate"]
    assert laid[: len(plain)] == plain
    assert [one["ok"] for one in laid[len(plain) :]] == [True, False]
    after = said(capsys, "check", NORDIC, "--checks", str(path), "--failures", "1", code=1)
    assert f"validate: {len(plain) + 1} of {len(plain) + 2} checks as they should be" in after.out
    path.write_text("validate: [{ping: [a/nowhere/h1, a/oslo/h1]}]\n")
    assert (
        "exercise.yaml:1: check 1:"
        in said(capsys, "check", NORDIC, "--checks", str(path), code=2).err
    )


# --- new, help -----------------------------------------------------------------------------


def test_new_writes_a_skeleton_that_holds_also_with_all_that_is_commented_out(capsys, tmp_path):
    path = tmp_path / "mine.yaml"
    assert said(capsys, "new", "mine", "-o", str(path)).out == ""
    assert json.loads(said(capsys, "check", str(path), "--json").out)["notes"] == []
    text = path.read_text()
    head, _, body = text.partition("name: mine\n")
    lines = [
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line
        for line in body.split("\n")
    ]
    lines = [line.replace("#   - ", "  - ") for line in lines]
    path.write_text("name: mine\n" + "\n".join(lines))
    found = json.loads(said(capsys, "check", str(path), "--json").out)
    assert len(found["validate"]) == 3
    assert found["counts"]["links"] == 3
    assert head.startswith("# A provider's network")


def test_new_loses_no_work(capsys, tmp_path):
    path = tmp_path / "mine.yaml"
    made = ["new", "mine", "-o", str(path)]
    said(capsys, *made)
    said(capsys, *made)  # it says the same
    path.write_text("name: edited\n")
    refused = said(capsys, *made, code=2).err
    assert "mine.yaml is there already, with something else in it; name a new one" in refused
    assert path.read_text() == "name: edited\n"
    said(capsys, *made, "--force")
    assert "name: mine" in path.read_text()
    assert main([*made, "--from", "topohub:topozoo/Abilene"]) == 2


@pytest.mark.parametrize(
    ("words", "words_said"),
    [
        (["new"], "the lab has no name; write: mplsemu new NAME -o FILE"),
        (["new", "x", "--vpls", "2"], "--vpls is for a lab from a network; name one: --from"),
        (["new", "a/b"], "'a/b' is not a lab's name"),
        (["new", "--list", "nowhere"], "topohub has no network with 'nowhere' in its name"),
        (["help", "chek"], "no command 'chek'; did you mean check?"),
    ],
)
def test_what_cannot_be_made_is_one_line(words, words_said, capsys):
    assert words_said in said(capsys, *words, code=2).err


def test_new_lists_networks(capsys):
    assert said(capsys, "new", "--list", "ATTMPLS").out == "topohub:topozoo/AttMpls\n"
    assert len(said(capsys, "new", "--list").out.splitlines()) > 500


def test_help_is_what_the_option_says(capsys):
    every = said(capsys, "help").out
    assert every == said(capsys, "--help").out
    assert "attmpls" in every
    assert said(capsys, "help", "trace").out == said(capsys, "trace", "--help").out


@pytest.mark.parametrize("lab", ["nordic", "vlan", "hub", "mtu"])
@pytest.mark.parametrize("table", ["hosts", "links", "vpns"])
def test_a_table_is_no_wider_than_a_terminal_and_says_what_it_leaves_out(
    lab, table, monkeypatch, capsys
):
    monkeypatch.delenv("COLUMNS", raising=False)
    wide = said(capsys, "show", lab, table).out
    monkeypatch.setenv("COLUMNS", "80")
    narrow = said(capsys, "show", lab, table).out.splitlines()
    assert max(map(len, narrow)) <= 80
    head, left_out = narrow[1].split(), []
    if narrow[-1].startswith(" too narrow for: "):
        left_out = narrow.pop().removeprefix(" too narrow for: ").split("; --csv")[0].split(", ")
    assert [name for name in wide.splitlines()[1].split() if name not in left_out] == head
    monkeypatch.setenv("COLUMNS", "500")
    assert said(capsys, "show", lab, table).out == wide
    rows = json.loads(said(capsys, "show", lab, table, "--json").out)[table]
    words = set(" ".join(narrow[2:]).split())
    shown = {"hosts": ("host", "addresses"), "links": ("link", "ends"), "vpns": ("vpn", "subnets")}
    for row in rows:
        for key in shown[table]:
            values = row[key] if isinstance(row[key], list) else [row[key]]
            assert {str(value) for value in values[:6]} <= words  # a cell has so many at most


def test_a_reader_that_is_no_terminal_gets_a_line_for_each_host(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    title, head, *lines = said(capsys, "show", "nordic", "hosts").out.splitlines()
    assert title == f"Hosts and CE routers: {len(lines)}"
    assert head.split()[:2] == ["host", "short"]
