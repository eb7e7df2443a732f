"""Mininet's own command with our topology script and a controller that was started by hand.

It runs in a namespace with an Open vSwitch of its own, so that nothing of the machine is touched.
"""

import shutil
import subprocess
import sys
import textwrap

import pytest

from tests.system.running import MPLSEMU, ROOT, root_interfaces

pytestmark = pytest.mark.system

RUNNER = textwrap.dedent("""
    import subprocess, sys
    from pathlib import Path
    from mplsemu.emulation.namespace import enter_private_namespace
    from mplsemu.emulation.openvswitch import PrivateOpenVswitch

    directory, commands, *controller = sys.argv[1:]
    with enter_private_namespace():
        openvswitch = PrivateOpenVswitch(Path(directory) / "ovs")
        openvswitch.start()
        started = subprocess.Popen(controller)
        try:
            mn = ["mn", "--custom", "topologies/nordic.py", "--topo", "nordic"]
            mn += ["--controller", "remote", "--switch", "ovs,protocols=OpenFlow13,datapath=user"]
            subprocess.run(mn, input=commands, text=True, check=True, timeout=60)
        finally:
            started.kill()
            started.wait()
            openvswitch.stop()
""")
WAIT = textwrap.dedent("""
    import sys
    from pathlib import Path
    from mplsemu.controller.client import ControllerClient
    client = ControllerClient(Path(sys.argv[1]))
    client.wait_until(lambda status: status["in_sync"], 20, "flows on every LSR")
""").strip()


def test_mn_builds_nordic_and_a_controller_started_by_hand_serves_it(tmp_path):
    if shutil.which("mn") is None:
        pytest.skip("there is no mn here")
    outside = root_interfaces()
    (tmp_path / "wait.py").write_text(WAIT)
    socket = tmp_path / "c.sock"
    wait = f"sh {sys.executable} {tmp_path / 'wait.py'} {socket}"
    pings = [
        "a-aarhus-h1 ping -c1 -W2 192.168.3.2",
        "a-aarhus-h1 ping -c1 -W2 2001:db8:3::2",
        "b-aarhus-h1 ping -c1 -W2 192.168.2.2",
        "c-odense-h1 ping -c1 -W2 10.0.0.3",
    ]
    commands = [wait, *pings, "link dk p1 down", wait, "a-aarhus-h1 ping -c2 -W2 192.168.3.2"]
    controller = [*MPLSEMU, "controller", "topologies/nordic.yaml", "--socket", str(socket)]
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(tmp_path), "\n".join(commands) + "\n", *controller],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count(" 0% packet loss") >= len(pings), done.stderr
    assert "100% packet loss" not in done.stderr
    assert root_interfaces() == outside
