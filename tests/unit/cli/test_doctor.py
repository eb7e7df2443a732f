"""The doctor: what is there, what is missing, and what to type about it."""

from __future__ import annotations

import json

from mplsemu.cli.main import main
from mplsemu.running import doctor
from mplsemu.running.doctor import Availability, Diagnosis


def found(monkeypatch, *findings: Diagnosis) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings))


GOOD = Diagnosis("Mininet", Availability.OK, "2.3.0")
NETEM = Diagnosis(
    "tc netem", Availability.OPTIONAL, "link delays are not emulated", "sudo modprobe it"
)
NO_OVS = Diagnosis("Open vSwitch", Availability.MISSING, "not installed", "sudo apt-get install it")


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
