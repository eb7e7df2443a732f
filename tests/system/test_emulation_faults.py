"""Labs in processes of their own: killed, side by side, on machines that lack something."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.emulation.reaper import processes_in
from mplsemu.errors import DataPlaneError, EmulationError, MissingToolError
from mplsemu.southbound.ebpf.maps import open_map
from tests.places import ROOT
from tests.system.emulated import interfaces
from tests.waiting import eventually

pytestmark = pytest.mark.system

PROGRAM = textwrap.dedent("""
    import json, os, sys
    from pathlib import Path
    from mplsemu.emulation.namespace import current_namespace
    from tests.system.emulated import carry, emulated, namespace_of
    from tests.system.test_emulation_net import ONE_PE

    with emulated(ONE_PE, Path(sys.argv[1])) as net:
        carry(net)
        host = net.get("c-x-h1")
        host.cmd("setsid nohup sleep 1000 >/dev/null 2>&1 &")
        ping = host.cmd("ping -c1 -W2 10.0.0.2")
        nodes = (*net.hosts, *net.switches)
        namespaces = [current_namespace(), *(namespace_of(node.pid) for node in nodes)]
        attached = getattr(net.fabric, "attached", None)
        maps = dict(attached.maps) if attached else {}
        print(json.dumps({"namespaces": namespaces, "ping": ping, "maps": maps}), flush=True)
        sys.stdin.readline()
    print("down", flush=True)
""")


# itself, the watching process, two hosts, sleep; and two daemons, or an LSR
PROCESSES = {"openflow": 7, "ebpf": 6}


@pytest.fixture
def start_lab(tmp_path, dataplane):
    """Start labs; each is a process that says what it has, and goes down at a line of input."""
    started = []

    def start(name):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process, json.loads(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def left_of(running, namespaces):
    """Return which of these processes are still there.

    A namespace's number may be that of another's, of a test beside this one, once it is gone.
    """
    return running & set(processes_in(namespaces))


def test_a_lab_process_killed_with_signal_9_leaves_no_process_and_no_interface(
    start_lab, dataplane
):
    outside = interfaces()
    process, said = start_lab("one")
    namespaces = set(said["namespaces"])
    running = set(processes_in(namespaces))
    assert len(running) >= PROCESSES[dataplane]
    process.kill()
    process.wait()
    eventually(lambda: not left_of(running, namespaces), "every process of the lab is gone")
    assert not [pid for pid in running if Path(f"/proc/{pid}/ns/net").exists()]
    assert interfaces() == outside


@pytest.mark.dataplane("ebpf")
@pytest.mark.parametrize("how", ["taken down", "killed"])
def test_with_the_lab_program_and_maps_are_gone(start_lab, how):
    process, said = start_lab("one")
    assert " 0% packet loss" in said["ping"]
    for number in said["maps"].values():
        open_map(number).close()
    if how == "killed":
        process.kill()
    process.communicate("\n", timeout=60)

    def is_gone(number):
        try:
            open_map(number).close()
        except DataPlaneError:
            return True
        return False

    eventually(lambda: all(map(is_gone, said["maps"].values())), "every map is gone")


def test_two_labs_of_the_same_names_run_side_by_side(start_lab, dataplane):
    one, said_one = start_lab("one")
    other, said_other = start_lab("other")
    assert " 0% packet loss" in said_one["ping"]
    assert " 0% packet loss" in said_other["ping"]
    assert not set(said_one["namespaces"]) & set(said_other["namespaces"])
    namespaces = [*said_one["namespaces"], *said_other["namespaces"]]
    running = set(processes_in(namespaces))
    assert one.communicate("\n", timeout=60)[0] == "down\n"
    assert len(left_of(running, said_other["namespaces"])) >= PROCESSES[dataplane]
    assert other.communicate("\n", timeout=60)[0] == "down\n"
    assert not left_of(running, namespaces)


def test_ctrl_c_at_the_terminal_does_not_hit_the_daemons(start_lab):
    process, said = start_lab("one")
    before = set(processes_in(said["namespaces"]))
    same_group = [pid for pid in before if os.getpgid(pid) == os.getpgid(process.pid)]
    assert same_group == [process.pid]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert not left_of(before, said["namespaces"])


def test_a_daemon_that_cannot_start_is_an_error_with_its_own_words(tmp_path):
    openvswitch = PrivateOpenVswitch(tmp_path)
    (tmp_path / "ovsdb-server.log").mkdir()
    with enter_private_namespace(), pytest.raises(EmulationError, match="Is a directory"):
        openvswitch.start()
    assert not openvswitch.alive
    assert "OVS_RUNDIR" not in os.environ


def test_a_full_disk_is_told(tmp_path):
    with enter_private_namespace():
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "x", tmp_path], check=True)
        try:
            with pytest.raises(EmulationError, match="No space left"):
                PrivateOpenVswitch(tmp_path).start()
        finally:
            subprocess.run(["umount", tmp_path], check=True)


def test_a_missing_open_vswitch_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setattr("mplsemu.emulation.openvswitch._SBIN", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingToolError, match="apt-get install openvswitch-switch"):
        PrivateOpenVswitch(tmp_path).start()
