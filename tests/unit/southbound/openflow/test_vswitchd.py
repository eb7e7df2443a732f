"""Commands to ovs-vswitchd over its control socket."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from mplsemu.southbound.openflow.plane import OpenFlowPlane
from mplsemu.southbound.openflow.vswitchd import Vswitchd

PID = 4711


class Daemon:
    """What answers on a control socket: this text, in pieces."""

    def __init__(self, run_dir, *pieces):
        self.asked = []
        self._pieces = pieces
        (run_dir / "ovs-vswitchd.pid").write_text(f"{PID}\n")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(run_dir / f"ovs-vswitchd.{PID}.ctl"))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        connection, _ = self._socket.accept()
        with connection:
            self.asked.append(json.loads(connection.recv(4096)))
            for piece in self._pieces:
                connection.sendall(piece)

    def end(self):
        self._thread.join()
        self._socket.close()


@pytest.mark.parametrize(
    ("pieces", "is_done"),
    [
        ([b'{"id":0,"result":"","error":null}'], True),
        ([b'{"id":0,"resu', b'lt":"","error":null}\n'], True),
        ([b'{"id":0,"result":null,"error":"no such command"}'], False),
        ([b"[1]"], False),
        ([], False),
    ],
)
def test_a_purge_is_asked_for_and_its_answer_read_to_the_end(tmp_path, pieces, is_done):
    daemon = Daemon(tmp_path, *pieces)
    assert Vswitchd(tmp_path).purge() is is_done
    daemon.end()
    assert daemon.asked == [{"id": 0, "method": "revalidator/purge", "params": []}]


@pytest.mark.parametrize("pid", [None, "4711", "no number"])
def test_where_no_daemon_is_nothing_is_purged(tmp_path, pid):
    if pid is not None:
        (tmp_path / "ovs-vswitchd.pid").write_text(pid)
    assert not Vswitchd(tmp_path).purge()


@pytest.mark.parametrize(("purges", "longest_s"), [(True, 0.01), (False, 0.05), (None, 0.05)])
def test_the_data_plane_waits_long_only_if_the_datapath_was_not_purged(purges, longest_s):
    class Known:
        def purge(self):
            return purges

    plane = OpenFlowPlane("127.0.0.1", 6653, None if purges is None else Known())
    slept = []

    class Threads:
        def sleep(self, seconds):
            slept.append(seconds)

    plane.threads = Threads()
    plane.hasten()
    assert slept == []
    plane.settle()
    assert len(slept) == 1
    assert 0 < slept[0] <= longest_s
    assert (slept[0] < 0.05) is (purges is True)
