"""When a daemon of Open vSwitch is there."""

import os
import socket

from mplsemu.emulation.openvswitch import accepts


def test_a_daemon_is_there_when_it_listens_and_not_when_its_socket_is(tmp_path):
    path = tmp_path / ("a" * 120) / "db.sock"  # longer than a socket's address may be
    path.parent.mkdir()
    assert not accepts(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        directory = os.open(path.parent, os.O_PATH)
        server.bind(f"/proc/self/fd/{directory}/db.sock")
        os.close(directory)
        assert path.is_socket()
        assert not accepts(path)
        server.listen()
        assert accepts(path)
    assert not accepts(path)
