"""Commands on a running lab: what they say, and what they leave behind."""

import signal
import subprocess

import pytest

from tests.system.running import MPLSEMU, ROOT, eventually, mplsemu

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
