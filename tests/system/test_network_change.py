"""A running lab whose controller is handed another: what does not change loses no packet."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import ExitStack, contextmanager

import pytest

from mplsemu import Lab
from mplsemu.controller.state import load_state
from mplsemu.errors import EmulationError
from tests.places import ROOT
from tests.system.changeable import changeable_command
from tests.system.running import mplsemu
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.quiet]

LAB = """
name: changeable
provider:
  nodes: {{dk: {{role: pe}}, se: {{role: pe}}, p1: , p2: }}
  links: [dk-p1, p1-se, {{ends: [dk, p2], metric: {metric}}}, p2-se]
vpns:
{vpn}
  a:
    type: l3vpn
    import: [{imports}]
    export: ["64512:2"]
    sites:
{site}
      x: {{pe: dk, subnet: 10.1.0.0/24}}
      y: {{pe: se, subnet: 10.2.0.0/24}}
  shared:
    type: l3vpn
    import: ["64512:3", "64512:2"]
    export: ["64512:3"]
    sites: {{s: {{pe: se, subnet: 10.3.0.0/24}}}}
  lan:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {{u: {{pe: dk}}, v: {{pe: se}}}}
"""
VPN = """
  first:
    type: l3vpn
    sites: {x: {pe: dk, subnet: 10.1.0.0/24}, y: {pe: se, subnet: 10.2.0.0/24}}
"""
SITE = "      w: {pe: dk, subnet: 10.4.0.0/24}"
OWN, BOTH = '"64512:2"', '"64512:2", "64512:3"'
UNCHANGED = (("a/x/h1", "10.2.0.2"), ("a/y/h1", "10.1.0.2"), ("lan/u/h1", "lan/v/h1"))


def lab_file(*, vpn=VPN, site=SITE, imports=OWN, metric=50):
    return LAB.format(vpn=vpn, site=site, imports=imports, metric=metric)


@pytest.fixture
def lab(dataplane, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("mplsemu.running.lab.mplsemu_command", changeable_command)
    file = tmp_path / "changeable.yaml"
    file.write_text(lab_file())
    with Lab(file) as booted:
        yield booted


def change(lab, text):
    lab.session.controller.call("change", lab=text)
    lab.session.controller.wait_until(lambda status: status["in_sync"], 10, "the changed lab")


@contextmanager
def losing_nothing(lab, source, target):
    """Ping all the while, and demand an answer to each."""
    address = lab.session.address_of(source, target)
    words = ["ping", "-n", "-i", "0.005", "-W", "1", address]
    ping = lab.session.popen(source, words, stdout=subprocess.PIPE, text=True)
    assert ping.stdout is not None
    for line in ping.stdout:  # MAC addresses and neighbours are learned now
        if "icmp_seq=5 " in line:
            break
    try:
        yield
    finally:
        ping.send_signal(signal.SIGINT)
        said = ping.communicate(timeout=10)[0]
    sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) rec", said).groups())
    assert sent > 50
    assert sent - received <= 1, said[-300:]  # the last may be on its way


def reaches(lab, source, target):
    words = ["ping", "-n", "-c", "1", "-W", "1", lab.session.address_of(source, target)]
    return lab.session.popen(source, words, stdout=subprocess.DEVNULL).wait() == 0


def numbers(lab):
    return {
        (node.name, each.name): each.port
        for node in lab.session.program().nodes
        for each in node.circuits
    }


def test_what_a_change_does_not_concern_loses_no_packet(lab):
    booted = numbers(lab)
    with ExitStack() as stack:
        for source, target in UNCHANGED:
            stack.enter_context(losing_nothing(lab, source, target))
        assert reaches(lab, "first/x/h1", "first/y/h1")
        change(lab, lab_file(vpn=""))
        assert not reaches(lab, "first/x/h1", "first/y/h1")
        change(lab, lab_file(vpn="", site=""))
        assert numbers(lab).items() < booted.items()
        assert not reaches(lab, "a/x/h1", "shared/s/h1")
        change(lab, lab_file(vpn="", site="", imports=BOTH))
        assert reaches(lab, "a/x/h1", "shared/s/h1")
        change(lab, lab_file(vpn="", site="", imports=BOTH, metric=1))
        assert "dk-p2" in tunnel_links(lab)
        change(lab, lab_file(site="", imports=BOTH))
        assert reaches(lab, "first/x/h1", "first/y/h1")
        assert "dk-p1" in tunnel_links(lab)
        change(lab, lab_file())
        assert reaches(lab, "a/w/h1", "a/y/h1")
    assert numbers(lab) == booted
    assert mplsemu("check", "--live", "--lab", "changeable", timeout_s=120).returncode == 0


def tunnel_links(lab):
    [tunnel] = lab.session.program().node("dk").ftn
    return [nhlfe.link for nhlfe in tunnel.nhlfes]


def test_a_controller_that_is_started_again_keeps_a_changed_lab_s_numbers(lab):
    text = lab_file(vpn="", site="")
    (lab.session.directory.path / "lab.yaml").write_text(text)  # as a command would
    change(lab, text)
    changed, state = numbers(lab), lab.session.directory.path / "controller.json"
    eventually(lambda: state.exists() and load_state(state).numbers, "numbers in the state file")
    before = lab.session.controller.call("status")["pid"]
    with losing_nothing(lab, "a/x/h1", "10.2.0.2"):
        os.kill(before, signal.SIGKILL)
        again = lab.session.controller.wait_until(
            lambda status: status["pid"] != before and status["in_sync"], 30, "another controller"
        )
    assert again["pid"] != before
    assert numbers(lab) == changed


def test_what_needs_a_port_that_nobody_made_is_refused(lab):
    more = lab_file(site=f"{SITE}\n      new: {{pe: dk, subnet: 10.5.0.0/24}}")
    with pytest.raises(EmulationError, match="there is no attachment circuit a/new"):
        change(lab, more)
    assert reaches(lab, "a/w/h1", "a/y/h1")
