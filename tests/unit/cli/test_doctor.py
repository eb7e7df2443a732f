"""The doctor: what is there, what is missing, and what to type about it."""

from __future__ import annotations

import json

import pytest

from mplsemu.cli import machine
from mplsemu.cli.machine import Finding, State
from mplsemu.cli.main import main


def found(monkeypatch, *findings: Finding) -> None:
    monkeypatch.setattr(machine, "examine", lambda: iter(findings))


GOOD = Finding("Mininet", State.OK, "2.3.0")
NETEM = Finding("tc netem", State.OPTIONAL, "link delays are not emulated", "sudo modprobe it")
NO_OVS = Finding("Open vSwitch", State.MISSING, "not installed", "sudo apt-get install it")


def test_a_machine_with_all_that_is_needed_is_ready(monkeypatch, capsys):
    found(monkeypatch, GOOD, NETEM)
    assert main(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ready"] is True
    assert said["findings"][1] == {
        "name": "tc netem",
        "state": "optional",
        "detail": "link delays are not emulated",
        "remedy": "sudo modprobe it",
    }


def test_a_machine_that_lacks_something_needed_falls_short(monkeypatch, capsys):
    found(monkeypatch, GOOD, NO_OVS)
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ Open vSwitch" in said
    assert "type: sudo apt-get install it" in said
    assert "cannot run here" in said


def test_the_real_machine_is_examined_without_an_error(capsys):
    code = main(["doctor", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == (0 if said["ready"] else 1)
    names = {finding["name"] for finding in said["findings"]}
    assert {"Python", "Mininet", "Open vSwitch", "root", "disk space", "tshark"} <= names
    for finding in said["findings"]:
        if finding["state"] == "missing":
            assert finding["remedy"]


@pytest.fixture
def ebpf(monkeypatch):
    """Return ``ebpf(reason)``: have the self-test say so, as root."""

    def says(reason):
        monkeypatch.setattr(machine, "_why_not_ebpf", lambda: reason)
        monkeypatch.setattr(machine.os, "geteuid", lambda: 0)

    return says


def test_where_the_self_test_holds_open_vswitch_is_only_of_use(monkeypatch, ebpf):
    ebpf(None)
    monkeypatch.setattr(machine.shutil, "which", lambda *_args, **_options: None)
    found = {each.name: each for each in machine.examine()}
    assert found["eBPF data plane"].state is State.OK
    assert found["--dataplane auto"].detail == "takes ebpf here"
    assert found["Open vSwitch"].state is State.OPTIONAL


def test_why_the_self_test_does_not_hold_is_said_with_what_to_type(ebpf):
    ebpf("libbpf is not installed; type: sudo apt-get install libbpf1")
    found = {each.name: each for each in machine.examine()}
    assert found["eBPF data plane"] == Finding(
        "eBPF data plane", State.OPTIONAL, "libbpf is not installed", "sudo apt-get install libbpf1"
    )
    assert found["--dataplane auto"].detail.startswith("takes openflow here")


def test_a_tool_that_is_not_installed_names_its_package(monkeypatch, ebpf):
    ebpf("it is not to be tried here")
    monkeypatch.setattr(machine.shutil, "which", lambda *_args, **_options: None)
    tools = {finding.name: finding for finding in machine.examine()}
    assert tools["mnexec"].state is State.MISSING
    assert tools["mnexec"].remedy == "sudo apt-get install mininet"
    assert tools["tshark"].state is State.OPTIONAL
    assert tools["Open vSwitch"].state is State.MISSING


def test_without_an_openflow_framework_os_ken_is_offered(monkeypatch):
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda _name: None)
    finding = {each.name: each for each in machine.examine()}
    assert finding["OpenFlow framework"].remedy == "pip install os-ken"
    assert finding["Mininet"].state is State.MISSING


@pytest.mark.parametrize("command", [("no-such-program-here",), ("sh", "-c", "exit 3")])
def test_a_probe_that_fails_is_an_answer_and_no_error(command):
    answer = machine._ask(*command)
    assert answer is None or answer.returncode == 3
