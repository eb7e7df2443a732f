"""A lab that things are done to while it runs, and what may be asked of it meanwhile."""

import os
import re
import signal
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import eventually

CHANGING = """
name: changing
provider:
  nodes: {dk: {role: pe}, se: {role: pe}, no: {role: pe}, p1: {}, p2: {}}
  links:
    - dk-p1
    - {ends: [dk, p1], metric: 15}
    - se-p1
    - no-p1
    - {ends: [dk, p2], metric: 30}
    - {ends: [se, p2], metric: 30}
    - {ends: [no, p2], metric: 30}
vpns:
  a:
    type: l3vpn
    sites:
      aarhus: {pe: dk, subnet: [192.168.1.0/24, "2001:db8:1::/64"]}
      stockholm: {pe: se, subnet: [192.168.2.0/24, "2001:db8:2::/64"]}
      oslo: {pe: "no", subnet: 192.168.3.0/24, ce: router}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    aging: 10 s
    sites: {odense: {pe: dk}, malmo: {pe: se}, bergen: {pe: "no"}}
"""
PING_INTERVAL_MS = 5
REPAIR_MS = 300


def settled(lab):
    """Wait until the controller has all switches where they should be; return its status."""
    return lab.session.controller.wait_until(lambda status: status["in_sync"], 20.0, "sync")


def mend(lab):
    """Have everything up again."""
    for each in lab.session.links():
        if not each.up:
            lab.link(each.link).up()
    settled(lab)


def events(lab, since=0):
    return [each["text"] for each in lab.session.controller.call("events", since=since)]


def last_event(lab):
    return lab.session.controller.call("events")[-1]["number"]


class FastPing:
    """A ping that goes on; what it lost can be told at any time."""

    def __init__(self, lab, source, target, file):
        self._file = file
        with file.open("w") as output:
            command = ["ping", "-n", "-i", str(PING_INTERVAL_MS / 1000), "-W", "1", target]
            self._process = lab.session.popen(source, command, stdout=output, stderr=output)

    def received(self):
        return [int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", self._file.read_text())]

    def await_more(self, count=50):
        """Wait until so many more answers have come."""
        target = len(self.received()) + count
        eventually(lambda: len(self.received()) >= target, "pings are answered")

    def stop(self):
        """End it; return how many packets were lost (what is still on its way is not)."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        return max(self.received()) - len(set(self.received()))

    def kill(self):
        self._process.kill()
        self._process.wait()


@contextmanager
def pinging(lab, source, target, tmp_path):
    ping = FastPing(lab, source, target, tmp_path / "ping")
    try:
        ping.await_more()
        yield ping
    finally:
        ping.kill()


def kill_controller(lab):
    """Kill it; return the status once another one has everything in hand."""
    before = settled(lab)["pid"]
    os.kill(before, signal.SIGKILL)
    return lab.session.controller.wait_until(
        lambda status: status["pid"] != before and status["in_sync"], 20.0, "another controller"
    )


def daemon(lab, name):
    """Return a daemon's process id, None while it has none."""
    file = Path(lab.session.record.environment["OVS_RUNDIR"]) / f"{name}.pid"
    try:
        pid = int(file.read_text())
        return pid if name in Path(f"/proc/{pid}/cmdline").read_text() else None
    except (OSError, ValueError):
        return None


def kill_daemons(lab, *names):
    """Kill daemons at the same time and wait for others in their place."""
    settled(lab)
    before = {name: daemon(lab, name) for name in names}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    for name, pid in before.items():
        eventually(lambda: daemon(lab, name) not in {None, pid}, f"another {name}", 20)  # noqa: B023
