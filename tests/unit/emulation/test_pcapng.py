"""pcapng files: what tshark reads in them is what was written."""

import shutil
import struct
import subprocess

import pytest

from mplsemu.emulation.pcapng import Interface, PcapngWriter
from tests.oracles import frames

PING = frames.ip_frame(
    "02:00:00:00:00:02", "02:00:00:00:00:01", frames.echo("10.0.0.1", "10.0.0.2")
)
AT_NS = 1_700_000_000_123_456_789

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def written(*interfaces, comment="lab x"):
    data = bytearray()
    return data, PcapngWriter(data.extend, "mplsemu", interfaces, comment)


def blocks(data):
    """Return the blocks of a file: type and body."""
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("=II", data, at)
        assert length % 4 == 0
        assert struct.unpack_from("=I", data, at + length - 4)[0] == length
        found.append((kind, data[at + 8 : at + length - 4]))
        at += length
    return found


def tshark(path, *fields, show=""):
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=;"]
    command += [word for field in fields for word in ("-e", field)]
    done = subprocess.run([*command, "-Y", show], capture_output=True, text=True, check=True)
    return [line.split(";") for line in done.stdout.splitlines()]


def test_every_block_is_whole_words_long_and_says_its_length_twice():
    data, writer = written(Interface("a"), Interface("b", "of c", "icmp"))
    for size in range(5):
        writer.packet(size % 2, AT_NS, PING + b"x" * size, outgoing=True, comment="y" * size)
    writer.statistics(0, AT_NS, AT_NS + 1, lost=3)
    assert [kind for kind, _ in blocks(data)] == [0x0A0D0D0A, 1, 1, 6, 6, 6, 6, 6, 5]


@needs_tshark
def test_tshark_reads_names_comments_directions_times_and_bytes(tmp_path):
    data, writer = written(Interface("dk-p1", "dk-eth1 at dk, to p1"), Interface("a/aarhus"))
    writer.packet(0, AT_NS, PING, outgoing=True, comment="LSP to se | VRF a")
    writer.packet(1, AT_NS + 1000, PING + b"odd", outgoing=False, comment="æøå 日本")
    writer.statistics(0, AT_NS, AT_NS + 10**9, lost=0)
    file = tmp_path / "x.pcapng"
    file.write_bytes(data)
    fields = ("frame.interface_name", "frame.comment", "frame.time_epoch", "frame.len", "ip.dst")
    first, second = tshark(file, *fields)
    size = str(len(PING))
    assert first == ["dk-p1", "LSP to se | VRF a", "1700000000.123456789", size, "10.0.0.2"]
    assert second == [
        "a/aarhus", "æøå 日本", "1700000000.123457789", str(len(PING) + 3), "10.0.0.2",
    ]  # fmt: skip
    assert len(tshark(file, "frame.number", show="frame.p2p_dir == 0 or frame.packet_flags == 2"))


@needs_tshark
def test_a_file_that_was_cut_off_can_be_read_up_to_there(tmp_path):
    data, writer = written(Interface("a"))
    for number in range(3):
        writer.packet(0, AT_NS + number, PING, outgoing=False)
    file = tmp_path / "x.pcapng"
    file.write_bytes(data[:-10])
    command = ["tshark", "-n", "-r", str(file), "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1", "2"]


def test_text_that_is_too_long_for_an_option_is_cut():
    data, writer = written(Interface("a"), comment="x" * 100_000)
    writer.packet(0, AT_NS, PING, outgoing=False, comment="y" * 100_000)
    assert len(blocks(data)) == 3
