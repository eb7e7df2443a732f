"""The pytest plugin on a running network: it measures, and leaves nothing whatever happens."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

import mplsemu.script.network_lab
import mplsemu.script.program_lab  # noqa: F401
from mplsemu.testing import LabUnderTest
from mplsemu.testing.plugin import _POOL
from tests.places import ROOT
from tests.system.running import SMALL, forget_labels, processes_with
from tests.waiting import eventually

pytest_plugins = ["pytester"]
pytestmark = [
    pytest.mark.system,
    pytest.mark.lab("topologies/nordic.yaml"),
    pytest.mark.usefixtures("each_data_plane"),
]

EXAMPLE = re.search(
    r"```python\n# test_nordic.py\n(.*?)```", (ROOT / "docs/testing.md").read_text(), re.DOTALL
)[1]
namespace: dict[str, object] = {}
exec(EXAMPLE, namespace)  # so the example's tests are tests of this module, too
globals().update({name: each for name, each in namespace.items() if name.startswith("test_")})


@pytest.fixture(scope="module")
def each_data_plane(dataplane, request):
    """Have the plugin boot other labs for the other data plane."""
    yield
    request.config.stash[_POOL].close()


def test_the_lab_is_a_network_and_answers_with_times(lab: LabUnderTest):
    assert lab.mode == "network"
    found = lab.reaches("a/aarhus/h1", "a/oslo/h1")
    assert found
    assert 0 < found.took_ms < 1000
    assert lab.reaches("a/aarhus/h1", "192.168.2.1"), "a gateway"
    assert lab.reaches("a/aarhus/h1", "2001:db8:3::2")
    assert lab.reaches("a/aarhus/h1", "192.168.3.1"), "a CE router"
    assert lab.reaches("a/aarhus/h1", "192.168.1.2"), "itself"
    assert not lab.reaches("a/aarhus/h1", "192.168.3.99", wait_s=1)
    assert not lab.isolated("c/odense/h1", "c/malmo/h1")


def test_captures_at_hosts_and_with_a_filter(lab: LabUnderTest):
    with lab.capture("a/stockholm/h1", "b/stockholm/h1", expression="icmp") as packets:
        assert lab.ping("a/aarhus/h1", "192.168.2.2", count=1).received == 1
        assert len(packets.wait(count=2)) == 2
    assert [packet.link for packet in packets] == ["a/stockholm/h1"] * 2
    assert packets[0].time_s <= packets[1].time_s
    assert packets[0].data[12:14] == b"\x08\x00"


def test_what_does_not_arrive_is_told_with_what_the_program_says(lab: LabUnderTest):
    lab.cmd("a/stockholm/h1", "ip address del 192.168.2.2/24 dev eth0")
    try:
        found = lab.reaches("a/aarhus/h1", "a/stockholm/h1", wait_s=0.5)
        assert not found
        assert repr(found).endswith("no answer comes back; by its program it should")
        assert "◆ dk" in found.explanation()
    finally:
        lab.cmd("a/stockholm/h1", "ip address add 192.168.2.2/24 dev eth0")
        lab.cmd("a/stockholm/h1", "ip route add default via 192.168.2.1")
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")


def test_a_packet_that_does_not_go_as_the_program_says_is_shown_beside_it(lab: LabUnderTest):
    label = lab.trace("a/aarhus/h1", "a/stockholm/h1").labels[0][0]
    forget_labels(lab.lab.session, "p1", label)
    found = lab.follow("a/aarhus/h1", "a/stockholm/h1")
    assert not found
    assert repr(found).endswith("does not go as the program says: se-p1: not seen")
    assert re.search(r"✗ +se-p1 +p1 +se +\d+ ttl 255 \| IP ttl 63 +not seen", found.explanation())
    lab.lab.session.down()  # its flows are not those of its program any more


# --- nothing is left -----------------------------------------------------------------------


@pytest.fixture
def run(pytester, short_path):
    """Return ``run(test)``: starts pytest on one test of a small lab, once it is in the test."""
    base = short_path / "r"
    (pytester.path / "small.yaml").write_text(SMALL)

    def start(body):
        text = 'import os, time, pytest\n@pytest.mark.lab("small.yaml")\ndef test_it(lab):\n'
        text += "".join(f"    {line}\n" for line in ("open('there', 'w').close()", *body))
        pytester.makepyfile(test_it=text)
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--mplsemu=network"],
            env={**os.environ, "MPLSEMU_RUN_DIR": str(base)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=pytester.path,
        )  # fmt: skip
        process.run_dir = base.with_name(f"r-pytest-{process.pid}-1")
        return process

    return start


def assert_nothing_is_left(process):
    directory = process.run_dir
    eventually(lambda: not processes_with("MPLSEMU_RUN_DIR", str(directory)), "no process is left")
    eventually(lambda: not directory.exists(), "no file is left")


@pytest.mark.parametrize("last_words", ["os._exit(7)", "os.kill(os.getpid(), 9)"])
def test_a_test_that_crashes_leaves_nothing(run, last_words):
    process = run(["assert lab.reaches('a/x/h1', 'a/y/h1')", last_words])
    out, _ = process.communicate(timeout=60)
    assert "Error" not in out
    assert_nothing_is_left(process)


@pytest.mark.parametrize(
    ("when", "number"),
    [("booting", signal.SIGINT), ("booting", signal.SIGTERM), ("testing", signal.SIGINT)],
)
def test_a_run_that_is_interrupted_leaves_nothing(run, pytester, when, number):
    process = run(["time.sleep(60)"])
    booting = process.run_dir / "small" / "lab.yaml"
    there = pytester.path / "there" if when == "testing" else booting
    eventually(there.exists, f"it is {when}", 60.0, pause_s=0.002)
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert_nothing_is_left(process)
    assert time.monotonic() - began < 15


def test_a_lab_that_a_test_takes_down_is_booted_again(pytester, short_path, monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(short_path / "r"))
    (pytester.path / "small.yaml").write_text(SMALL)
    pytester.makepyfile(
        "import pytest\n"
        'pytestmark = pytest.mark.lab("small.yaml", scope="session")\n'
        "def test_one(lab): lab.lab.session.down()\n"
        "def test_two(lab): assert lab.reaches('a/x/h1', 'a/y/h1')\n"
    )
    result = pytester.runpytest_inprocess("--mplsemu=network", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)
