"""A lab in a script: ``from mplsemu import Lab``."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from mplsemu import Lab
from mplsemu.errors import LabError, LabNotRunningError, LabRunningError
from tests.places import ROOT
from tests.system.running import root_interfaces
from tests.waiting import eventually

pytestmark = pytest.mark.system

SCRIPT = textwrap.dedent("""
    import os, sys
    from mplsemu import Lab

    before = os.stat("/proc/self/ns/net").st_ino
    with Lab(sys.argv[1]) as lab:
        assert os.stat("/proc/self/ns/net").st_ino == before
        print("up:", lab.reaches("a/x/h1", "a/y/h1"), flush=True)
        {then}
    print("down", flush=True)
""")


UP = "up: a/x/h1 reaches a/y/h1\n"


def script(small, ground, then):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(then=then), str(small)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **ground.env},
        cwd=ROOT,
    )


def test_everything_a_script_wants_from_a_lab(nordic, tmp_path):
    outside = root_interfaces()
    assert nordic.reaches("a/aarhus/h1", "a/oslo/h1")
    assert not nordic.reaches("a/aarhus/h1", "192.168.2.200")
    assert nordic.ping("a/aarhus/h1", "b-oslo-h1", count=1).sent == 1
    assert nordic.ping("a-aarhus-h1", "192.168.3.2", count=2).received == 2
    assert nordic.trace("a/aarhus/h1", "a/oslo/h1").delivered
    assert nordic.network.name == nordic.program().lab == "nordic"
    assert "192.168.1.2" in nordic.cmd("a/aarhus/h1", "ip address")
    assert "dk-eth1" in nordic.cmd("dk", ["ip", "-brief", "link"])
    assert "cannot open" in nordic.cmd("a/oslo/ce", "ls /nowhere || echo cannot open >&2")
    link = nordic.link("dk", "p1")
    link.down()
    assert nordic.trace("a/aarhus/h1", "a/oslo/h1").hops[0].link == "dk-p2"
    link.up()
    assert nordic.link("a/aarhus").name == "a/aarhus"
    with pytest.raises(LabError, match="did you mean 'a/aarhus/h1'"):
        nordic.cmd("a/arhus/h1", "true")
    with pytest.raises(LabError, match="no link between"):
        nordic.link("dk", "se")
    with pytest.raises(LabRunningError, match="already running"):
        Lab(ROOT / "topologies/nordic.yaml").up()
    assert root_interfaces() == outside


def test_a_lab_that_is_not_up_answers_by_its_program_and_says_what_it_lacks(small):
    lab = Lab(small)
    assert lab.reaches("a/x/h1", "a/y/h1")
    assert lab.mode == "program"
    with pytest.raises(LabNotRunningError, match="context manager"):
        lab.session  # noqa: B018
    with pytest.raises(LabNotRunningError, match=r"only a running network has it; call up\(\)"):
        lab.cmd("a/x/h1", "true")
    lab.down()


def test_a_script_can_what_a_test_can(nordic):
    assert repr(nordic) == "<lab nordic, network>"
    found = nordic.reaches("a/aarhus/h1", "a/oslo/h1")
    assert str(found) == "a/aarhus/h1 reaches a/oslo/h1"
    assert found.took_ms > 0
    assert nordic.reaches("a/aarhus/h1", "a/oslo/ce")
    assert nordic.isolated("a/aarhus/h1", "b/aarhus/h1")
    assert nordic.follow("a/aarhus/h1", "a/stockholm/h1", dscp=46)
    assert nordic.host("a-aarhus-h1").cmd("hostname -I").split()[0] == "192.168.1.2"
    assert nordic.throughput("a/aarhus/h1", "a/oslo/h1", seconds=0.5) > 1_000_000
    assert nordic.reaches("c/odense/h1", "c/malmo/h1")
    assert "dk" in nordic.macs("c")
    assert nordic.survives(failures=1)
    assert nordic.alarms() == ()
    with nordic.capture("p1-dk") as packets:
        assert nordic.ping("a/aarhus/h1", "a/stockholm/h1", count=1).received == 1
    assert [len(each.labels) for each in packets if each.ip is not None][:1] == [2]


def test_an_address_that_a_host_was_given_since_is_reached_before_and_after_it_is_known(nordic):
    nordic.cmd("a/stockholm/h1", "ip address add 192.168.2.99/24 dev eth0")
    try:
        for _ in range(2):
            assert nordic.reaches("a/aarhus/h1", "192.168.2.99")
    finally:
        nordic.cmd("a/stockholm/h1", "ip address del 192.168.2.99/24 dev eth0")


def test_a_ping_needs_no_controller(small, ground, monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(ground.directory))
    with Lab(small) as lab:
        pid = lab.session.controller.call("status")["pid"]
        os.kill(pid, signal.SIGSTOP)
        socket, away = lab.session.directory.controller_socket, ground.directory / "away"
        socket.rename(away)
        try:
            assert lab.reaches("a/x/h1", "a/y/h1")
            assert not lab.reaches("a/x/h1", "192.0.2.1", wait_s=0.1)
        finally:
            away.rename(socket)
            os.kill(pid, signal.SIGCONT)


def test_what_is_cut_before_a_lab_is_up_is_cut_in_it(small, ground, monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(ground.directory))
    lab = Lab(small, name="other")
    name = lab.network.provider.links[0].name
    lab.link(name).down()
    assert not lab.reaches("a/x/h1", "a/y/h1")
    with lab:
        assert lab.session.record.name == "other"
        assert lab.session.controller.call("status")["down"] == [name]
        assert not lab.reaches("a/x/h1", "a/y/h1", wait_s=0.2)
        lab.link(name).up()
        assert lab.reaches("a/x/h1", "a/y/h1")
    assert lab.mode == "program"
    assert lab.reaches("a/x/h1", "a/y/h1")


def test_a_lab_goes_down_with_its_block_and_up_again(small, ground, monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(ground.directory))
    lab = Lab(small)
    for _ in range(2):
        with lab:
            assert lab.reaches("a/x/h1", "a/y/h1")
        ground.assert_clean()


def test_a_script_that_crashes_takes_its_lab_down(small, ground):
    process = script(small, ground, "raise ValueError('of the script')")
    out, said = process.communicate(timeout=60)
    assert out == UP
    assert "ValueError: of the script" in said
    assert process.returncode == 1
    ground.assert_clean()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_script_that_is_killed_takes_its_lab_down(number, small, ground):
    process = script(small, ground, "sys.stdin.readline()")
    line = process.stdout.readline()
    assert line == UP, process.communicate(timeout=60)[1]
    process.send_signal(number)
    process.communicate(timeout=60)
    ground.assert_clean()


def test_a_script_that_is_killed_while_its_lab_boots_leaves_nothing(small, ground):
    process = script(small, ground, "pass")
    eventually(lambda: ground.process("reaper"), "the boot", pause_s=0.002)
    process.kill()
    process.communicate(timeout=60)
    ground.assert_clean()


def test_why_a_lab_does_not_boot_is_the_errors_message(small, ground, dataplane):
    missing = {"openflow": "MPLSEMU_OPENFLOW_FRAMEWORK", "ebpf": "MPLSEMU_EBPF_OBJECT"}[dataplane]
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(then="pass"), str(small)],
        env={**os.environ, **ground.env, missing: "frenetic"},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert "frenetic" in process.stderr.splitlines()[-1]
