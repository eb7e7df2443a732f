"""The client of a controller's socket, against controllers that are three lines long."""

import json
import socket
import threading
from contextlib import contextmanager

import pytest

from mplsemu.controller.client import ControllerClient
from mplsemu.errors import EmulationError, LabNotRunningError


@contextmanager
def answering(path, *answers):
    """Give one answer to each connection, then none any more; a connection asks once."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()

    def serve():
        for answer in answers:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                lines.readline()
                connection.sendall(answer)
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield ControllerClient(path, timeout_s=5)
    finally:
        thread.join()
        path.unlink()


def said(**answer):
    return json.dumps(answer).encode() + b"\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "c.sock"


def test_a_controller_that_is_not_there_is_told(path):
    with pytest.raises(LabNotRunningError, match="no controller listens"):
        ControllerClient(path).call("status")


@pytest.mark.parametrize("answer", [b"", b'{"answer": {"generation'])
def test_a_controller_that_ends_before_it_has_answered_is_told(answer, path):
    with (
        answering(path, answer) as client,
        pytest.raises(EmulationError, match="ended while it was asked 'status'"),
    ):
        client.call("status")


def test_who_waits_has_patience_with_one_that_is_busy_or_starts_again(path):
    busy = said(error="status: the controller is busy; try again")
    not_yet, done = said(answer={"generation": 1}), said(answer={"generation": 2})
    with answering(path, busy, b"", b'{"ans', not_yet, done) as client:
        status = client.wait_until(lambda status: status["generation"] == 2, 10, "news")
    assert status == {"generation": 2}


def test_who_waited_in_vain_is_told_what_the_controller_said_last(path):
    busy = said(error="status: the controller is busy; try again")
    with (
        answering(path, busy) as client,
        pytest.raises(EmulationError, match=r"news did not come within 0 s: .* is busy"),
    ):
        client.wait_until(lambda _: True, 0, "news")


def test_who_is_told_that_it_is_pointless_waits_no_longer(path):
    with pytest.raises(EmulationError, match="news will not come: no controller listens"):
        ControllerClient(path).wait_until(lambda _: True, 60, "news", give_up=lambda: True)


def test_a_line_that_is_full_is_waited_in(path):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen(0)
    with server, socket.socket(socket.AF_UNIX) as before:
        before.connect(str(path))

        def serve():
            for answer in (b"", said(answer="here")):
                connection, _ = server.accept()
                with connection, connection.makefile("rb") as lines:
                    if answer:
                        lines.readline()
                        connection.sendall(answer)

        late = threading.Timer(0.2, serve)
        late.start()
        assert ControllerClient(path, timeout_s=10).call("status") == "here"
        late.join()


def test_a_controller_that_lets_nobody_in_is_told_in_time(path):
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as before:
        server.bind(str(path))
        server.listen(0)
        before.connect(str(path))
        with pytest.raises(EmulationError, match=r"did not answer 'status' within 0\.2 s"):
            ControllerClient(path, timeout_s=0.2).call("status")
