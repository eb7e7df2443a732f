"""A node seen from inside: its interfaces, its name, the names it knows, no files of the lab."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from mplsemu.emulation.node_namespaces import NodeView, start_at, start_node
from mplsemu.errors import EmulationError
from tests.system.running import MPLSEMU
from tests.system.test_prompt import Terminal

pytestmark = pytest.mark.system

HOST, CE, LSR = "a/aarhus/h1", "a/oslo/ce", "dk"


def mounts():
    return Path("/proc/self/mountinfo").read_text()


def mplsemu_at(lab, *words, **options):
    """Run a command of mplsemu about the lab."""
    env = {**os.environ, "MPLSEMU_RUN_DIR": str(lab.session.directory.path.parent)}
    return subprocess.run(
        [*MPLSEMU, *words], env=env, text=True, capture_output=True, check=False, **options
    )


@pytest.mark.parametrize(("node", "own"), [(HOST, {"eth0"}), (CE, {"eth0", "eth1"})])
def test_sys_shows_a_nodes_own_interfaces_alone(nordic, node, own):
    """It showed those of the machine, with their MAC addresses."""
    assert set(nordic.cmd(node, "ls /sys/class/net").split()) == {"lo", *own}
    said = mplsemu_at(nordic, "exec", "--lab", "nordic", node, "--", "ls", "/sys/class/net")
    assert set(said.stdout.split()) == {"lo", *own}
    mac = nordic.session.record.hosts[node].mac
    assert nordic.cmd(node, "cat /sys/class/net/eth0/address").strip() == mac


def test_sys_shows_an_lsrs_ports_and_nothing_of_the_machine(nordic):
    shown = set(nordic.cmd(LSR, "ls /sys/class/net").split())
    listed = nordic.cmd(LSR, "ip -o link show").splitlines()
    assert shown == {line.split(": ")[1].split("@")[0] for line in listed}
    ports = {each.name for ends in nordic.session.record.links.values() for each in ends}
    assert shown & ports
    assert "lo" in shown


@pytest.mark.parametrize(
    ("node", "name"), [(HOST, "a-aarhus-h1"), (CE, "a-oslo-ce"), (LSR, "dk"), ("p1", "p1")]
)
def test_a_node_is_called_by_its_name_and_the_machine_by_its_own(nordic, node, name):
    before = socket.gethostname()
    assert nordic.cmd(node, "hostname; uname -n").split() == [name, name]
    assert socket.gethostname() == before


def test_a_host_knows_the_names_of_its_own_vpn(nordic):
    for name in ("a/oslo/h1", "oslo-h1", "a-oslo-h1"):
        assert nordic.cmd(HOST, f"getent ahostsv4 {name}").split()[0] == "192.168.3.2"
    assert nordic.cmd(HOST, "getent ahostsv4 h2").split()[0] == "192.168.1.3"
    assert nordic.cmd("a/oslo/h1", "getent ahostsv4 h1").split()[0] == "192.168.3.2"
    assert "1 received" in nordic.cmd(HOST, "ping -c1 -W2 oslo-h1")


def test_a_host_knows_nobody_elses_names(nordic):
    known = nordic.cmd(HOST, "cat /etc/hosts")
    others = [name for name in nordic.session.record.hosts if not name.startswith("a/")]
    assert others
    assert not [name for name in others if name in known]
    assert socket.gethostname() not in known
    assert nordic.cmd("b/aarhus/h1", "getent ahostsv4 oslo-h1").split()[0] == "192.168.3.2"
    assert "a/" not in nordic.cmd("b/aarhus/h1", "cat /etc/hosts")
    assert "h1" not in nordic.cmd(LSR, "cat /etc/hosts")


def test_what_a_host_knows_by_name_it_cannot_change_for_others(nordic):
    assert "Read-only" in nordic.cmd(HOST, "echo 192.168.3.9 oslo-h1 >> /etc/hosts")
    assert "Read-only" not in Path("/etc/hosts").read_text()


@pytest.mark.parametrize("node", [HOST, CE])
def test_a_host_does_not_see_the_labs_own_directory_and_sockets(nordic, node):
    directory = nordic.session.directory.path
    assert (directory / "controller.sock").exists()
    assert nordic.cmd(node, f"ls -A {directory.parent}") == ""
    assert "Read-only" in nordic.cmd(node, f"touch {directory.parent}/mine")


def test_a_command_begins_where_it_was_typed(nordic, tmp_path):
    (tmp_path / "note").write_text("here\n")
    said = mplsemu_at(nordic, "exec", "--lab", "nordic", HOST, "--", "cat", "note", cwd=tmp_path)
    assert (said.stdout, said.returncode) == ("here\n", 0)


def test_mininets_own_way_into_a_host_is_the_same(short_path, dataplane):
    from tests.system.emulated import emulated  # noqa: PLC0415

    lab = "name: t\nprovider: {nodes: {x: {role: pe}}}\nvpns: {v: {type: vpls, sites: {s: {pe: x}}, subnet: 10.0.0.0/24}}"  # noqa: E501
    before = mounts()
    with emulated(lab, short_path) as net:
        for node, name in ((net.get("v-s-h1"), "v-s-h1"), (net.get("x"), "x")):
            assert node.cmd("hostname").strip() == name
            output, _ = node.popen("hostname").communicate()
            assert output.decode().strip() == name
        assert net.get("v-s-h1").cmd("ls /sys/class/net").split() == ["eth0", "lo"]
        assert mounts() == before
    assert mounts() == before


@pytest.mark.parametrize("node", ["a/oslo/h1", "a-oslo-h1"])
def test_exec_without_a_command_is_a_shell_that_says_where_one_is(nordic, node):
    env = {"MPLSEMU_RUN_DIR": str(nordic.session.directory.path.parent)}
    terminal = Terminal(["exec", "--lab", "nordic", node], env)
    try:
        terminal.expect(r"a/oslo/h1:\S+# $")
        terminal.type("hostname\n")
        terminal.expect(r"\na-oslo-h1\na/oslo/h1:\S+# $")
        terminal.type("cd /; exit 3\n")
    finally:
        assert terminal.end() == 3


def test_exec_without_a_command_takes_commands_from_a_pipe(nordic):
    said = mplsemu_at(nordic, "exec", "--lab", "nordic", LSR, input="hostname\necho $((1 + 1))\n")
    assert (said.stdout, said.stderr, said.returncode) == ("dk\n2\n", "", 0)


def test_a_node_that_is_gone_is_said():
    process = start_node(["sleep", "60"], NodeView("gone")).process()
    process.kill()
    process.wait()
    with pytest.raises(EmulationError, match="of the lab is gone"):
        start_at(process.pid, ["true"])


def test_a_command_that_is_not_there_is_said(nordic):
    with pytest.raises(EmulationError, match="cannot run 'nosuch': No such file"):
        nordic.session.popen(HOST, ["nosuch"])
