"""What label stacks mean while the network under a capture changes."""

import shutil
import struct
import subprocess

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation.filters import behind_labels, compile_filter, sees_labels
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.taps import CapturedFrame, TapPoint
from mplsemu.errors import EmulationError, LabError
from mplsemu.running import captures
from mplsemu.running.captures import FrameReader
from tests.builders import nordic
from tests.unit.emulation.test_dissect import PING, PING6, labelled

POINT = TapPoint("dk-p1", Interface("dk-eth1", 1), "dk", "p1")
BEFORE = compile_program(nordic())


def tapped(*labels, outgoing=True):
    return CapturedFrame(POINT, 0, outgoing, labelled(PING, *labels))


def labels_to(program, egress):
    tunnel = program.node("dk").ftn_by_egress[egress].nhlfes[0].operation.labels
    return (*map(int, tunnel), int(program.node(egress).vrf_by_name["a"].label))


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(captures.time, "monotonic", lambda: now[0])
    return now


def test_a_frames_labels_are_those_of_whoever_gets_it():
    reader = FrameReader(lambda: BEFORE)
    labels = labels_to(BEFORE, "se")
    assert reader.comment(tapped(*labels)) == "LSP to se | VRF a"
    assert reader.comment(
        tapped(int(BEFORE.node("dk").vrf_by_name["b"].label), outgoing=False)
    ) == ("VRF b")
    assert str(reader.read(tapped(*labels))).startswith("192.168.1.2 > 192.168.2.2 ICMP")
    assert tapped(16).sender == "dk"
    assert tapped(16, outgoing=False).receiver == "dk"


def test_an_unknown_label_makes_it_ask_again_and_old_ones_are_remembered(clock):
    after = compile_program(nordic(), down=frozenset({"se-p1", "dk-p2"}), previous=BEFORE)
    installed = [BEFORE]
    asked = []

    def fetch():
        asked.append(clock[0])
        return installed[0]

    reader = FrameReader(fetch)
    old, new = tapped(*labels_to(BEFORE, "se")), tapped(*labels_to(after, "se"))
    assert labels_to(BEFORE, "se") != labels_to(after, "se")
    assert reader.comment(new) == "? | ?"
    assert len(asked) == 2
    installed[0] = after
    assert reader.comment(new) == "? | ?"  # it has just asked
    assert len(asked) == 2
    clock[0] += 2
    assert reader.comment(new) == "LSP to se | VRF a"
    assert reader.comment(old) == "LSP to se | VRF a"
    assert len(asked) == 3


def test_without_a_controller_frames_are_read_as_far_as_they_speak_for_themselves():
    def fetch():
        raise EmulationError("no answer")

    reader = FrameReader(fetch)
    assert reader.comment(tapped(16, 17)) == "? | ?"
    assert reader.read(tapped(16, 17)).ip is not None


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.parametrize(
    ("expression", "found"),
    [("icmp", 2), ("host 192.168.1.2 or port 80", 2), ("tcp", 0), ("ip6", 0)],
)
def test_the_filter_that_is_suggested_sees_behind_one_label_and_two(tmp_path, expression, found):
    frames = [labelled(PING, 16), labelled(PING, 17, 16), labelled(PING6, 17, 16)[:40]]
    path = tmp_path / "x.pcap"
    path.write_bytes(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    with path.open("ab") as file:
        for frame in frames:
            file.write(struct.pack("=IIII", 0, 0, len(frame), len(frame)) + frame)

    def matches(text):
        command = ["tcpdump", "-n", "-r", str(path), "--", text]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return len(shown.splitlines())

    assert not sees_labels(expression)
    assert matches(expression) == 0
    wanted = behind_labels(expression)
    assert sees_labels(wanted)
    assert matches(wanted) == found + (expression == "ip6")


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
def test_nothing_is_suggested_where_no_filter_sees_behind_labels():
    assert behind_labels("arp") is None
    assert not sees_labels("arp")
    assert sees_labels("ether proto 0x8847")
    assert sees_labels("")


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
def test_a_filter_is_compiled_for_ethernet():
    assert len(compile_filter("mpls and icmp")) % 8 == 0
    with pytest.raises(LabError, match=r"no filter 'and and': .*syntax error"):
        compile_filter("and and")
    with pytest.raises(LabError, match="no filter '-w x'"):
        compile_filter("-w x")
