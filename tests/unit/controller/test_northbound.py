"""The northbound socket, in both data planes' threads: what comes in is bounded in every way."""

import contextlib
import json
import socket
import subprocess
import sys
import threading

import pytest

from mplsemu.controller.client import ControllerClient
from mplsemu.controller.connections import MAX_CONNECTIONS, MAX_LINE_OCTETS

_GREEN = """
from mplsemu.southbound.openflow.threads import GreenThreads as Made, patch_standard_library
patch_standard_library()
from mplsemu.southbound.openflow.threads import hub
rest = hub.sleep
"""
_PLAIN = """
from mplsemu.southbound.ebpf.threads import PlainThreads as Made
import time
rest = time.sleep
"""
_SERVE = """
import sys
from pathlib import Path
from mplsemu.controller.northbound import Northbound
from mplsemu.controller.request import integer_of

waiting, released = [], []

def wait(request):
    waiting.append(True)
    while not released:
        rest(0.01)
    return released.pop()

calls = {
    "echo": lambda request: request,
    "number": lambda request: integer_of(request, "n"),
    "wait": wait,
    "waits": lambda _: bool(waiting),
    "release": lambda _: released.append("at last"),
    "large": lambda _: "x" * 1_000_000,
}
Northbound(Path(sys.argv[1]), calls, Made()).start()
print(flush=True)
rest(600)
"""


@pytest.fixture(scope="module", params=[_GREEN, _PLAIN], ids=["openflow", "ebpf"])
def path(request, tmp_path_factory):
    made = tmp_path_factory.mktemp("northbound") / "c.sock"
    command = [sys.executable, "-c", request.param + _SERVE, str(made)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"\n"
        yield made
        process.kill()


@contextlib.contextmanager
def connected(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(str(path))
        made.settimeout(20)
        yield made


def said_to(connection, line):
    connection.sendall(line)
    with connection.makefile("rb") as stream:
        return json.loads(stream.readline())


def works(path):
    return ControllerClient(path).call("echo", word="here")["word"] == "here"


NO_REQUESTS = {
    "nothing": b"",
    "no JSON": b"status",
    "a list": b'["call", "echo"]',
    "a list as name": b'{"call": ["echo"]}',
    "an object as name": b'{"call": {}}',
    "no name": b"{}",
    "infinity": b'{"call": "echo", "n": Infinity}',
    "less than infinity": b'{"call": "echo", "n": -Infinity}',
    "not a number": b'{"call": "number", "n": NaN}',
    "too large a number": b'{"call": "number", "n": 1e999}',
    "a number of 5,000 digits": b'{"call": "number", "n": ' + b"9" * 5000 + b"}",
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep below a name": b'{"call": "echo", "a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "no UTF-8": b'{"call": "\xff"}',
}


@pytest.mark.parametrize("line", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_told_and_the_connection_goes_on(path, line):
    with connected(path) as connection:
        assert "not a request" in said_to(connection, line + b"\n")["error"]
        assert said_to(connection, b'{"call": "echo"}\n')["answer"] == {"call": "echo"}


@pytest.mark.parametrize("value", ["1.5", '"1"', "true", "null", "[]", "1e3"])
def test_a_number_is_a_whole_one(path, value):
    with connected(path) as connection:
        said = said_to(connection, b'{"call": "number", "n": %b}\n' % value.encode())
    assert "'n' is not a whole number" in said["error"]


def test_a_name_without_end_is_not_told_whole(path):
    with connected(path) as connection:
        said = said_to(connection, b'{"call": "%b"}\n' % (b"x" * 50_000))
    assert "no call 'xxx" in said["error"]
    assert len(said["error"]) < 200


def test_a_line_without_end_is_told_and_ends_the_connection(path):
    with connected(path) as connection:
        with contextlib.suppress(OSError):  # it is closed while we still send
            connection.sendall(b"x" * (MAX_LINE_OCTETS + 100_000))
        with contextlib.suppress(ConnectionResetError), connection.makefile("rb") as stream:
            assert "longer than" in json.loads(stream.readline())["error"]
            assert stream.read() == b""
    assert works(path)


def test_the_longest_line_is_taken_in_pieces_and_two_in_one_piece_are_two(path):
    long = b'{"call": "echo", "a": "%b"}' % (b"x" * (MAX_LINE_OCTETS - 26))
    assert len(long) == MAX_LINE_OCTETS - 1
    with connected(path) as connection:
        assert len(said_to(connection, long + b"\n")["answer"]["a"]) == MAX_LINE_OCTETS - 26
        connection.sendall(b'{"call": "echo", "n": 1}\n{"call": "echo", "n": 2}\n')
        with connection.makefile("rb") as stream:
            assert [json.loads(stream.readline())["answer"]["n"] for _ in range(2)] == [1, 2]


def test_a_last_line_without_its_end_is_answered_too(path):
    with connected(path) as connection:
        connection.sendall(b'{"call": "echo"}')
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            assert json.loads(stream.read())["answer"] == {"call": "echo"}


@pytest.mark.parametrize("begun", [b"", b'{"call": '])
def test_hundreds_of_idle_connections_lock_nobody_out(path, begun):
    with contextlib.ExitStack() as stack:
        idle = []
        for _ in range(300):
            idle.append(stack.enter_context(connected(path)))
            idle[-1].sendall(begun) if begun else None
        assert works(path)
        idle[0].settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert idle[0].recv(1) == b"", "the first has gone"
        idle[-1].sendall(b'{"call": "echo"}\n' if not begun else b'"echo"}\n')
        assert b"echo" in idle[-1].recv(1000), "the last is still served"


def test_who_waits_for_an_answer_is_not_ended_for_who_is_idle(path):
    with contextlib.ExitStack() as stack:
        asking = stack.enter_context(connected(path))
        asking.sendall(b'{"call": "wait"}\n')
        while not ControllerClient(path).call("waits"):
            pass
        for _ in range(MAX_CONNECTIONS * 2):
            stack.enter_context(connected(path))
        ControllerClient(path).call("release")
        with asking.makefile("rb") as stream:
            assert json.loads(stream.readline()) == {"answer": "at last"}


def test_answers_that_nobody_takes_lock_nobody_out(path):
    with contextlib.ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS + 5):
            stack.enter_context(connected(path)).sendall(b'{"call": "large"}\n')
        assert works(path)


def test_many_at_once_are_all_answered(path):
    answered = []
    threads = [threading.Thread(target=lambda: answered.append(works(path))) for _ in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answered == [True] * 40
