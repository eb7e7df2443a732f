import os
import signal
import subprocess
from pathlib import Path

import pytest

from mplsemu.emulation import namespace
from mplsemu.emulation.namespace import start_daemon

pytestmark = pytest.mark.system


class Interrupted(BaseException):
    pass


def test_a_daemon_does_not_inherit_what_waits():
    daemon = start_daemon(["cat"], stdin=subprocess.PIPE)
    blocked = Path(f"/proc/{daemon.pid}/status").read_text().split("SigBlk:")[1].split()[0]
    assert int(blocked, 16) == 0
    assert os.getsid(daemon.pid) == daemon.pid
    daemon.communicate()


def test_a_signal_that_comes_while_a_daemon_is_started_ends_that_daemon(monkeypatch):
    """It is told after the fork, where it cannot be lost, and leaves no daemon nobody knows."""
    started = []

    def popen(*arguments, **options):
        started.append(subprocess.Popen(*arguments, **options))
        os.kill(os.getpid(), signal.SIGTERM)  # it waits until the fork is done
        return started[0]

    def interrupt(_number, _frame):
        raise Interrupted

    class Subprocess:
        Popen = staticmethod(popen)

    monkeypatch.setattr(namespace, "subprocess", Subprocess)
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with pytest.raises(Interrupted):
            start_daemon(["sleep", "100"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert started[0].poll() == -signal.SIGKILL
