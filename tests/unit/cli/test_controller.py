"""``mplsemu controller`` as typed by hand: where it cannot listen or write, it says so."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.places import TOPOLOGIES
from tests.waiting import eventually

pytestmark = pytest.mark.slow

NORDIC = TOPOLOGIES / "nordic.yaml"


COMMAND = (sys.executable, "-m", "mplsemu", "controller", str(NORDIC))


def controller(*words):
    command = [*COMMAND, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def assert_told(done, *words):
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("mplsemu: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert str(word) in done.stderr


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert_told(controller("--listen", port), f"127.0.0.1:{port}", "in use", "--listen")


def test_an_address_that_is_not_here_is_told():
    assert_told(controller("--listen", "192.0.2.1:6653"), "192.0.2.1:6653", "--listen")


def test_what_is_no_port_is_told():
    assert_told(controller("--listen", "here"), "'here'", "[HOST:]PORT")


@pytest.mark.parametrize("name", ["nowhere/c.sock", "x" * 120])
def test_a_socket_that_cannot_be_made_is_told(name, tmp_path, free_port):
    path = tmp_path / name
    assert_told(controller("--listen", free_port, "--socket", path), path)


def test_a_file_is_not_replaced_by_a_socket(tmp_path, free_port):
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    assert_told(controller("--listen", free_port, "--socket", precious), precious)
    assert precious.read_text() == "years of work"


def test_a_state_file_that_cannot_be_written_is_told(tmp_path, free_port):
    path = tmp_path / "nowhere" / "state.json"
    assert_told(controller("--listen", free_port, "--state", path), path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--dataplane", "ebpf"), ("--attached FILE",)),
        (("--dataplane", "ebpf", "--listen", "6653"), ("--listen", "openflow")),
        (("--attached", "a.json"), ("--attached", "ebpf")),
        (("--dataplane", "ebpf", "--attached", "nowhere.json"), ("nowhere.json", "No such file")),
        (("--dataplane", "ebpf", "--attached", "/dev/null"), ("what is attached",)),
    ],
)
def test_words_of_another_data_plane_and_a_file_that_says_nothing_are_told(words, told):
    assert_told(controller(*words), *told)


@pytest.mark.parametrize("framework", ["ryu", "os_ken"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_socket(framework, number, tmp_path, free_port):
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    path = tmp_path / "c.sock"
    process = subprocess.Popen(
        [*COMMAND, "--listen", str(free_port), "--socket", str(path)],
        env={**os.environ, "MPLSEMU_OPENFLOW_FRAMEWORK": framework},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(lambda: path.is_socket() or process.poll() is not None, "its socket")
        assert process.poll() is None
        process.send_signal(number)
        said = process.communicate(timeout=10)[1]
    finally:
        process.kill()
    assert process.returncode == 128 + number, said
    assert said == ("mplsemu: interrupted\n" if number == signal.SIGINT else "")
    assert not path.exists()
