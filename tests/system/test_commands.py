"""Commands on a running lab: what they say, and what they leave behind."""

import csv
import io
import json
import signal
import subprocess
from datetime import datetime

import pytest

from tests.places import ROOT
from tests.system.running import MPLSEMU, mplsemu
from tests.waiting import eventually

pytestmark = pytest.mark.system


def sleepers(lab, host):
    """Return the processes in a host that sleep for a time only this test asks for."""
    return lab.cmd(host, "pgrep -fx 'sleep 3141'").split()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_exec_that_is_ended_ends_its_command(number, nordic):
    words = ("exec", "--lab", "nordic", "a/aarhus/h1", "--", "sleep", "3141")
    process = subprocess.Popen([*MPLSEMU, *words], cwd=ROOT)
    eventually(lambda: sleepers(nordic, "a/aarhus/h1"), "the command runs")
    process.send_signal(number)
    assert process.wait(timeout=10) == 128 + number
    assert sleepers(nordic, "a/aarhus/h1") == []


def test_a_ping_to_a_host_whose_address_is_anothers_here_says_whose(nordic):
    done = mplsemu("ping", "--lab", "nordic", "-c1", "a/aarhus/h1", "b-stockholm-h1")
    assert done.returncode == 0
    assert done.stderr == (
        "note: a/aarhus/h1 does not reach b-stockholm-h1; there 192.168.2.2 is a/stockholm/h1,"
        " which may answer\n"
    )


@pytest.mark.parametrize("target", ["a/stockholm/h1", "192.168.2.2", "a/oslo/ce"])
def test_a_ping_to_whom_it_means_says_nothing_more(target, nordic):
    done = mplsemu("ping", "--lab", "nordic", "-c1", "a/aarhus/h1", target)
    assert done.stderr == ""


def test_an_lsr_that_is_not_there_has_no_table_of_mac_addresses(nordic):
    done = mplsemu("show", "nordic", "macs", "sw")
    assert done.returncode == 2
    assert done.stderr.startswith("mplsemu: no LSR 'sw' in lab 'nordic'; did you mean se?")


# --- names and tables ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["p1-dk", "dk-eth1"])
def test_a_link_is_cut_and_captured_by_any_of_its_names(name, nordic):
    assert mplsemu("link", "--lab", "nordic", name, "down").stdout == "dk-p1 is down\n"
    try:
        rows = csv.DictReader(io.StringIO(mplsemu("show", "nordic", "links", "--csv").stdout))
        assert [row["link"] for row in rows if row["up"] == "no"] == ["dk-p1"]
    finally:
        assert mplsemu("link", "--lab", "nordic", name, "up").stdout == "dk-p1 is up\n"
    said = mplsemu("capture", "--lab", "nordic", name, "--seconds", "0.1").stderr
    assert said.startswith("capturing on dk-p1; ")


def test_a_line_to_a_host_that_is_down_stays_down_and_that_is_told_at_once(nordic):
    host, line = ("exec", "--lab", "nordic", "c/odense/h1", "--"), ("--lab", "nordic", "c/odense")
    assert mplsemu(*host, "ip", "link", "set", "eth0", "down").returncode == 0
    try:
        assert mplsemu("link", *line, "down").returncode == 0
        done = mplsemu("link", *line, "up", timeout_s=15)
        assert done.returncode == 2
        assert done.stderr == (
            "mplsemu: c/odense stays down: so is eth0 of c/odense/h1; "
            "type: mplsemu exec c/odense/h1 -- ip link set eth0 up\n"
        )
    finally:
        assert mplsemu(*host, "ip", "link", "set", "eth0", "up").returncode == 0
        assert mplsemu("link", *line, "up").stdout == "c/odense is up\n"


def test_capture_says_how_a_filter_reads_behind_labels_and_it_is_so(nordic):
    def captured(expression):
        words = ("capture", "--lab", "nordic", "dk-p1", "-c", "2", "--filter", expression)
        process = subprocess.Popen(
            [*MPLSEMU, *words, "--seconds", "20"], cwd=ROOT, stdout=-1, stderr=-1, text=True
        )
        first = process.stderr.readline()
        assert first.startswith("capturing on dk-p1")
        nordic.cmd("a/aarhus/h1", "ping -c1 -W1 192.168.2.2")
        if expression == "icmp":
            process.send_signal(signal.SIGINT)
        said = process.stderr.read()  # not communicate(): a line may wait where the first was
        return process.communicate(timeout=30)[0], said

    printed, said = captured("icmp")
    assert printed == ""
    wanted = "mpls and (icmp or (mpls and icmp))"
    assert f"'icmp' does not look behind them; write --filter '{wanted}'" in said
    printed, said = captured(wanted)
    assert "note:" not in said
    assert len(printed.splitlines()) == 2


def test_status_takes_a_name_and_says_when_events_were(nordic):
    [lab] = json.loads(mplsemu("status", "nordic", "--events", "--json").stdout)["labs"]
    for event in lab["events"]:
        assert abs(datetime.fromisoformat(event["time"]).timestamp() - event["time_s"]) < 0.001
    first = lab["events"][0]
    clock = datetime.fromtimestamp(first["time_s"]).astimezone().strftime("%H:%M:%S.%f")[:-3]
    shown = mplsemu("status", "nordic", "--events").stdout
    assert f"    1 {clock} {first['kind']}" in shown
    assert mplsemu("status", "nordic", "--lab", "other").stderr.startswith("mplsemu: nordic and")


def test_status_shows_the_alarms_of_the_live_page(nordic):
    assert "  alarms      none\n" in mplsemu("status", "nordic").stdout
    assert mplsemu("link", "--lab", "nordic", "dk", "p1", "down").returncode == 0
    try:
        [lab] = json.loads(mplsemu("status", "nordic", "--json").stdout)["labs"]
        alarm = {"severity": "major", "object": "link dk-p1"}
        assert lab["alarms"] == [alarm | {"text": "is down: it carries no packets"}]
        shown = mplsemu("status", "nordic").stdout
        assert "  alarms      major    link dk-p1 is down: it carries no packets\n" in shown
    finally:
        assert mplsemu("link", "--lab", "nordic", "dk", "p1", "up").returncode == 0


def test_checks_in_a_file_are_laid_over_a_running_lab(nordic, tmp_path):
    file = tmp_path / "checks.yaml"
    file.write_text("validate:\n  - {ping: [a/aarhus/h1, b/oslo/h1], expect: fail}\n")
    before = json.loads(mplsemu("test", "--running", "nordic", "--json").stdout)["checks"]
    done = mplsemu("test", "--running", "nordic", "--checks", file, "--json")
    checks = json.loads(done.stdout)["checks"]
    assert len(checks) == len(before) + 1
    assert checks[-1]["name"].startswith("validate: ")
    file.write_text("validate: [{ping: [a/aarhus/h1, a/nowhere/h1]}]\n")
    done = mplsemu("test", "--running", "nordic", "--checks", file)
    assert done.returncode == 2
    assert "checks.yaml:1: check 1: there is no host" in done.stderr


def test_a_lab_runs_twice_under_two_names(ground):
    for words in (("ecmp",), ("topologies/ecmp.yaml", "--name", "other")):
        done = mplsemu("up", *words, "--detach", env=ground.env)
        assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "take it down with: sudo mplsemu down other"
    labs = json.loads(mplsemu("status", "--json", env=ground.env).stdout)["labs"]
    assert [lab["lab"] for lab in labs] == ["ecmp", "other"]
    assert [lab["controller"]["lab"] for lab in labs] == ["ecmp", "other"]
    answer = json.loads(mplsemu("show", "other", "links", "--json", env=ground.env).stdout)
    assert answer["lab"] == "other"
    found = mplsemu("test", "--running", "other", "--json", env=ground.env)
    assert json.loads(found.stdout)["failed"] == 0
    again = mplsemu("up", "ecmp", "--name", "other", "--detach", env=ground.env)
    assert "a lab named 'other' is already running" in again.stderr
    bad = mplsemu("up", "ecmp", "--name", "a/b", "--detach", env=ground.env)
    assert "'a/b' is not a lab's name" in bad.stderr
    assert mplsemu("down", "--all", env=ground.env).returncode == 0
