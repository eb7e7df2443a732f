"""``mplsemu capture``: many cables at once, names for labels, and every way in which it ends."""

import os
import re
import select
import signal
import subprocess

import pytest

from tests.places import ROOT
from tests.system.running import MPLSEMU, decoded, mplsemu, start
from tests.waiting import eventually

pytestmark = pytest.mark.system

REQUEST = "192.168.1.2 > 192.168.2.2 ICMP echo request"


class Running:
    """A capture on the command line that has begun to listen."""

    def __init__(self, *words, **options):
        self.process = start("capture", *words, **options)
        ready, _, _ = select.select([self.process.stderr], [], [], 20)
        assert ready
        first = self.process.stderr.readline()
        assert first.startswith("capturing on "), first + self.process.stderr.read()

    def end(self, number=None):
        """Return what it says, on standard output and error, once it has ended."""
        if number is not None:
            self.process.send_signal(number)
        out, said = self.process.communicate(timeout=20)
        assert "Traceback" not in said
        return out, said

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def capture(nordic):
    made = []

    def begin(*words, **options):
        made.append(Running("--lab", "nordic", *words, **options))
        return made[-1]

    yield begin
    for each in made:
        each.kill()


def ping(lab):
    assert lab.ping("a/aarhus/h1", "a/stockholm/h1", count=1).received == 1


def test_lines_say_who_sends_to_whom_and_name_lsp_and_vpn(nordic, capture):
    plain, named = capture("dk-p1"), capture("dk-p1", "a/stockholm/h1", "--decode")
    ping(nordic)
    assert nordic.reaches("c/odense/h1", "c/malmo/h1")
    out = plain.end(signal.SIGINT)[0].splitlines()
    line = r"\d\d:\d\d:\d\d\.\d{6} dk > p1  \[\d+ tc 0 ttl 255 \| 16 tc 0 ttl 255\] 192"
    assert any(re.match(line, each) for each in out)
    assert len(out) >= 4
    lines, said = named.end(signal.SIGINT)
    assert f"dk-p1: dk > p1  [LSP to se | VRF a] {REQUEST}" in lines
    assert "dk-p1: p1 > dk  [VRF a] 192.168.2.2 > 192.168.1.2 ICMP echo reply" in lines
    assert f"a/stockholm/h1: its site > a/stockholm/h1  {REQUEST}" in lines
    assert re.search(r"\[LSP to se \| PW c from dk\] 02:\S+ > 02:\S+: 10\.0\.0\.1 > 10\.0", lines)
    assert "?" not in re.sub(r"ARP who has \S+", "", lines)
    assert re.search(r"^\d+ packets: \d+ on dk-p1, \d+ on a/stockholm/h1$", said, re.MULTILINE)


def test_after_a_change_of_the_network_labels_still_have_names(nordic, capture):
    running = capture("dk-p2", "--decode", "--filter", "mpls")
    nordic.link("dk", "p1").down()
    try:
        eventually(lambda: nordic.ping("a/aarhus/h1", "a/stockholm/h1", count=1).received, "a ping")
        first = running.process.stdout.readline()  # before its labels are others'
    finally:
        nordic.link("dk", "p1").up()
    assert f"[LSP to se | VRF a] {REQUEST}" in first + running.end(signal.SIGINT)[0]


def test_many_cables_and_hosts_go_into_one_file_with_names_and_comments(nordic, capture, tmp_path):
    file = tmp_path / "x.pcapng"
    running = capture("dk", "se-p1", "a/stockholm/h1", "-w", file, "--filter", "icmp or mpls")
    ping(nordic)
    _, said = running.end(signal.SIGTERM)
    assert running.process.returncode == 0
    assert re.match(rf"{file}: 8 packets: .*, [\d,]+ bytes\n", said)
    rows = decoded(file, "frame.interface_name", "frame.comment", show="icmp.type == 8")
    assert [(name, comment) for [name], *comment in rows] == [
        ("a/aarhus", [[]]),
        ("dk-p1", [["LSP to se | VRF a"]]),
        ("se-p1", [["VRF a"]]),
        ("a/stockholm/h1", [[]]),
    ]


def test_how_frames_of_a_vpls_are_read_is_told_with_the_file(nordic, capture, tmp_path):
    file = tmp_path / "x.pcapng"
    running = capture("se-p1", "-w", file, "--filter", "mpls")
    assert nordic.reaches("c/odense/h1", "c/malmo/h1")
    said = running.end(signal.SIGTERM)[1]
    options = re.search(r"^note: VPLS frames in Wireshark and tshark: (-d .*)$", said, re.MULTILINE)
    assert options is not None, said
    rows = decoded(file, "ip.dst", show="icmp.type == 8", options=options[1].split())
    assert [["10.0.0.2"]] in rows
    comments = decoded(file, "frame.comment")
    assert any(
        re.match(r"PW c from dk: 02:\S+ > 02:\S+: 10\.0\.0\.1 > ", c) for [[c], *_] in comments
    )
    done = mplsemu("capture", "--lab", "nordic", "--profile", tmp_path / "ws", "--decode-as")
    assert done.returncode == 0
    assert re.fullmatch(r"(-d mpls\.label==\d+,pwethnocw ?)+\n", done.stdout)
    assert (tmp_path / "ws" / "decode_as_entries").read_text().count("\n") == (
        done.stdout.count("-d")
    )


def test_without_a_target_every_core_link_is_captured(nordic):
    done = mplsemu("capture", "--lab", "nordic", "--duration", "0.1")
    assert done.returncode == 0
    names = re.match(r"capturing on (.*); Ctrl-C ends it", done.stderr)[1]
    assert set(names.split(", ")) == {link.name for link in nordic.network.provider.links}


def test_it_ends_after_exactly_so_many_packets(nordic, capture):
    running = capture("dk-p1", "-c", "3", "--filter", "mpls")
    assert nordic.ping("a/aarhus/h1", "a/stockholm/h1", count=3).received == 3
    out, said = running.end()
    assert (len(out.splitlines()), said, running.process.returncode) == (3, "3 packets\n", 0)


def test_the_pipe_has_every_packet_at_once_and_its_end_is_one_line(nordic, capture, tmp_path):
    reader, writer = os.pipe()
    running = capture("dk-p1", "-w", "-", stdout=writer)
    os.close(writer)
    tshark = subprocess.Popen(
        ["tshark", "-n", "-l", "-r", "-", "-Y", "icmp", "-T", "fields", "-e", "mpls.label"],
        stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    os.close(reader)
    try:
        ping(nordic)
        assert tshark.stdout.readline().count(",") == 1  # while the capture goes on
        assert running.process.poll() is None
    finally:
        tshark.kill()
        tshark.communicate()
    said = running.end()[1]  # without another packet
    assert re.fullmatch(r"the reader has closed the pipe; \d+ packets?\n", said)
    assert running.process.returncode == 0


def test_a_reader_of_lines_that_goes_away_ends_it(nordic, capture):
    running = capture("dk-p1")
    running.process.stdout.close()
    said = running.process.stderr.read()
    assert said == "the reader has closed the pipe; 0 packets\n"
    assert running.process.wait(10) == 0


def test_a_full_disk_is_one_line_and_what_was_written_can_be_read(nordic, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    copy = f"code=$?; cp {disk}/x {tmp_path}/kept; exit $code"
    shell = f'mount -t tmpfs -o size=4k none {disk} && "$@"; {copy}'
    prefix = ("unshare", "-m", "--propagation", "private", "sh", "-c", shell, "sh")
    host = nordic.session.popen(
        "a/aarhus/h1", ["ping", "-n", "-i", "0.01", "-s", "1000", "192.168.2.2"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        done = mplsemu("capture", "--lab", "nordic", "dk-p1", "-w", disk / "x", prefix=prefix)
    finally:
        host.kill()
        host.wait()
    assert done.returncode == 2
    told = f"mplsemu: cannot write {disk}/x: No space left on device; the first \\d+ packets are in"
    assert re.search(told, done.stderr)
    assert "Traceback" not in done.stderr
    assert (tmp_path / "kept").stat().st_size <= 4096
    full = mplsemu("capture", "--lab", "nordic", "-w", "/dev/full")
    assert full.returncode == 2
    assert full.stderr.endswith("mplsemu: cannot write /dev/full: No space left on device\n")


def test_a_capture_ends_with_its_lab(small, ground, tmp_path):
    assert mplsemu("up", "--detach", small, env=ground.env).returncode == 0
    running = Running("dk-se", "-w", tmp_path / "x", env=ground.env)
    try:
        assert mplsemu("down", env=ground.env).returncode == 0
        assert running.end()[1].startswith("the lab has ended; ")
        assert running.process.returncode == 0
    finally:
        running.kill()


def test_a_terminal_is_not_written_to_as_a_file(nordic):
    ours, theirs = os.openpty()
    done = subprocess.run(
        [*MPLSEMU, "capture", "--lab", "nordic", "-w", "-"],
        stdout=theirs, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False,
        cwd=ROOT, timeout=30,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2
    assert "wireshark -k -i -" in done.stderr
