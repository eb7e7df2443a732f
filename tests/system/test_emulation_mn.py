"""Mininet's own command with our topology script, and a controller started by hand."""

import subprocess
import sys

import pytest

from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.openvswitch import PrivateOpenVswitch, find_tool
from tests.places import ROOT, TOPOLOGIES
from tests.system.emulated import interfaces
from tests.waiting import eventually

pytestmark = pytest.mark.system

CONTROLLER = "import sys; from mplsemu.cli.main import main; sys.exit(main())"
COMMANDS = """
py net.waitConnected(20)
py any(' 0% packet' in net.get('c-odense-h1').cmd('ping -c1 -W1 10.0.0.2') for _ in range(20))
py net.get('a-aarhus-h1').cmd('ping -c3 -W2 192.168.2.2')
py net.get('a-aarhus-h2').cmd('ping -c3 -W2 192.168.3.2')
py net.get('a-aarhus-h2').cmd('ping -c3 -W2 192.168.1.2')
py net.get('c-odense-h1').cmd('ping -c3 -W2 -s1472 -Mdo 10.0.0.2')
"""


def listens(port):
    shown = subprocess.run(["ss", "-ltn"], check=True, capture_output=True, text=True).stdout
    return f":{port} " in shown


def test_mn_runs_the_nordic_topology_script(tmp_path):
    with enter_private_namespace():
        openvswitch = PrivateOpenVswitch(tmp_path / "ovs")
        openvswitch.start()
        controller = subprocess.Popen(
            [sys.executable, "-c", CONTROLLER, "controller", "topologies/nordic.yaml"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: listens(6653), "the controller listens", 20)
            ran = subprocess.run(
                [
                    # when it fails, mn kills whatever has certain names: it sees no others here
                    *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"),
                    *(find_tool("mn", "mininet"), "--custom", "topologies/nordic.py"),
                    *("--topo", "nordic", "--controller", "remote", "--mac"),
                    *("--switch", "ovs,protocols=OpenFlow13,datapath=user"),
                ],
                cwd=ROOT,
                input=COMMANDS,
                check=False,
                capture_output=True,
                text=True,
                timeout=120,
            )
        finally:
            controller.kill()
            controller.wait()
            openvswitch.stop()
        said = ran.stdout + ran.stderr
        assert ran.returncode == 0, said
        assert said.count("3 packets transmitted") == 4, said
        assert said.count(" 0% packet loss") >= 4, said
        assert interfaces()[0] == "lo"


def test_the_topology_script_says_what_to_do_without_a_virtual_environment(tmp_path):
    script = tmp_path / "topologies" / "nordic.py"
    script.parent.mkdir()
    script.write_bytes((TOPOLOGIES / "nordic.py").read_bytes())
    ran = subprocess.run(
        [
            "/usr/bin/python3",
            "-c",
            f"exec(compile({script.read_text()!r}, {str(script)!r}, 'exec'))",
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 1
    assert f"there is no {tmp_path}/.venv/lib/" in ran.stderr
    assert "make -C" in ran.stderr
