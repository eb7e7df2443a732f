"""The doctor's facts: what the probes of a machine say."""

from __future__ import annotations

import pytest

from mplsemu.running import doctor
from mplsemu.running.doctor import Availability, Diagnosis


@pytest.fixture
def ebpf(monkeypatch):
    """Return ``ebpf(reason)``: have the self-test say so, as root."""

    def says(reason):
        monkeypatch.setattr(doctor, "_why_not_ebpf", lambda: reason)
        monkeypatch.setattr(doctor.os, "geteuid", lambda: 0)

    return says


def test_where_the_self_test_holds_open_vswitch_is_only_of_use(monkeypatch, ebpf):
    ebpf(None)
    monkeypatch.setattr(doctor.shutil, "which", lambda *_args, **_options: None)
    found = {each.name: each for each in doctor.examine()}
    assert found["eBPF data plane"].state is Availability.OK
    assert found["--dataplane auto"].detail == "takes ebpf here"
    assert found["Open vSwitch"].state is Availability.OPTIONAL


def test_why_the_self_test_does_not_hold_is_said_with_what_to_type(ebpf):
    ebpf("libbpf is not installed; type: sudo apt-get install libbpf1")
    found = {each.name: each for each in doctor.examine()}
    assert found["eBPF data plane"] == Diagnosis(
        "eBPF data plane",
        Availability.OPTIONAL,
        "libbpf is not installed",
        "sudo apt-get install libbpf1",
    )
    assert found["--dataplane auto"].detail.startswith("takes openflow here")


def test_a_tool_that_is_not_installed_names_its_package(monkeypatch, ebpf):
    ebpf("it is not to be tried here")
    monkeypatch.setattr(doctor.shutil, "which", lambda *_args, **_options: None)
    tools = {finding.name: finding for finding in doctor.examine()}
    assert tools["mnexec"].state is Availability.MISSING
    assert tools["mnexec"].remedy == "sudo apt-get install mininet"
    assert tools["tshark"].state is Availability.OPTIONAL
    assert tools["Open vSwitch"].state is Availability.MISSING


def test_without_an_openflow_framework_os_ken_is_offered(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _name: None)
    finding = {each.name: each for each in doctor.examine()}
    assert finding["OpenFlow framework"].remedy == "pip install os-ken"
    assert finding["Mininet"].state is Availability.MISSING


@pytest.mark.parametrize("command", [("no-such-program-here",), ("sh", "-c", "exit 3")])
def test_a_probe_that_fails_is_an_answer_and_no_error(command):
    answer = doctor._run(*command)
    assert answer is None or answer.returncode == 3
