"""What Wireshark is told about pseudowires: by options and in a profile, and tshark then reads."""

import os
import shutil
import subprocess

import pytest

from mplsemu.cli.output import write_files
from mplsemu.control.compile import compile_program
from mplsemu.emulation.dissect import Frame, dissect
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.pcapng import Interface as FileInterface
from mplsemu.emulation.pcapng import PcapngWriter
from mplsemu.emulation.taps import CapturedFrame, TapPoint
from mplsemu.export.wireshark import ambiguous, note, options, profile
from mplsemu.lab.loader import loads
from mplsemu.program.stack_reading import Carried, carried_by_label, read_stack
from mplsemu.running.captures import FrameReader
from tests.builders import nordic
from tests.oracles import frames
from tests.unit.emulation.test_dissect import HOST, PING, labelled

AT_NS = 1_700_000_000_123_456_789
INSIDE = frames.ip_frame("02:00:00:00:00:09", HOST, PING)
"""Its first four bits are 0, as a control word's are."""
WORD = bytes(4)
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

LAB = """
name: wires
provider:
  nodes: {x: {role: pe}, y: {role: pe}}
  links: [x-y]
vpns:
  plain: {type: vpls, subnet: 10.0.0.0/24, sites: {one: {pe: x}, two: {pe: y}}}
  word: {type: vpws, control_word: true, subnet: 10.0.0.0/24, sites: {one: {pe: x}, two: {pe: y}}}
"""


@pytest.fixture(scope="module")
def wires():
    return compile_program(loads(LAB, "wires.yaml").network)


def label_of(program, vpn):
    return int(program.node("y").vsi_by_name[vpn].pseudowires[0].in_label)


def file_of(path, *packets):
    data = bytearray()
    writer = PcapngWriter(data.extend, "mplsemu", [FileInterface("x-y")], "lab wires")
    for packet, comment in packets:
        writer.packet(0, AT_NS, packet, outgoing=True, comment=comment)
    path.write_bytes(data)
    return path


def tshark(path, *words, **environment):
    command = ["tshark", "-n", "-r", str(path), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout.splitlines()


def test_a_label_says_whether_a_control_word_is_below_it(wires):
    plain, word = label_of(wires, "plain"), label_of(wires, "word")
    assert read_stack(wires, "y", (plain,)).carried is Carried.ETHERNET
    assert read_stack(wires, "y", (word,)).carried is Carried.CONTROL_WORD
    found = carried_by_label(wires)
    assert found[plain] == {Carried.ETHERNET}
    assert found[word] == {Carried.CONTROL_WORD}
    assert options(found) == [
        "-d", f"mpls.label=={plain},pwethnocw", "-d", f"mpls.label=={word},pwethcw"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("carried", "between"), [(Carried.ETHERNET, b""), (Carried.CONTROL_WORD, WORD)]
)
def test_a_frame_is_read_behind_a_control_word_too(carried, between):
    found = dissect(labelled(between + INSIDE, 18), lambda _stack: carried)
    assert isinstance(found.inner, Frame)
    assert str(found).startswith(f"{HOST} > 02:00:00:00:00:09: 192.168.1.2 > 192.168.2.2 ICMP")


def test_a_comment_says_what_a_pseudowires_frame_holds(wires):
    point = TapPoint("x-y", Interface("x-eth1", 1), "x", "y")
    reader = FrameReader(lambda: wires)
    for vpn, between in (("plain", b""), ("word", WORD)):
        frame = labelled(between + INSIDE, label_of(wires, vpn))
        said = reader.comment(CapturedFrame(point, 0, True, frame))
        assert said.startswith(f"PW {vpn} from x: {HOST} > 02:00:00:00:00:09: 192.168.1.2 > ")
    assert reader.seen == carried_by_label(wires)


@needs_tshark
def test_tshark_reads_frames_with_the_options_and_does_not_without(wires, tmp_path):
    packets = [
        (labelled(between + INSIDE, label_of(wires, vpn)), "")
        for vpn, between in (("plain", b""), ("word", WORD))
    ]
    file = file_of(tmp_path / "x.pcapng", *packets)
    fields = ("-T", "fields", "-e", "eth.src", "-e", "ip.dst")
    told = options(carried_by_label(wires))
    assert tshark(file, *fields, *told) == [f"02:4d:50:00:00:01,{HOST}\t192.168.2.2"] * 2
    assert tshark(file, *fields) != tshark(file, *fields, *told)


@needs_tshark
def test_tshark_reads_frames_with_the_profile_which_shows_cables_and_labels(wires, tmp_path):
    packets = [
        (labelled(between + INSIDE, label_of(wires, vpn)), f"PW {vpn} from x")
        for vpn, between in (("plain", b""), ("word", WORD))
    ]
    file = file_of(tmp_path / "x.pcapng", *packets)
    write_files(tmp_path / "profile", profile(carried_by_label(wires)))
    for vpn, line in zip(
        ("plain", "word"),
        tshark(file, WIRESHARK_CONFIG_DIR=str(tmp_path / "profile")),
        strict=True,
    ):
        assert "x-y" in line
        assert f"PW {vpn} from x" in line
        assert "Echo (ping) request" in line


def test_a_label_that_is_a_pseudowires_here_and_a_vrfs_there_is_told_and_not_decoded():
    program = compile_program(nordic())
    below = carried_by_label(program)
    both = ambiguous(below)
    assert both, "dk's labels and se's are numbered alike"
    assert not any(f"=={label}," in word for word in options(below) for label in both)
    assert "a pseudowire's to one LSR, a VRF's to another" in note(below)


def test_there_is_no_note_where_there_is_no_pseudowire():
    assert note({}) == ""
    assert note({16: frozenset({Carried.IPV4})}) == ""


def test_many_labels_are_not_all_told():
    many = {label: frozenset({Carried.ETHERNET}) for label in range(16, 100)}
    assert note(many) == "VPLS frames in Wireshark and tshark: see mplsemu capture --profile"
    both = dict.fromkeys(many, frozenset({Carried.ETHERNET, Carried.IPV4}))
    assert note(both).startswith("labels 16, 17, ")
    assert "27 and 72 more: " in note(both)
