import socket
import threading
from pathlib import Path

import pytest

from mplsemu.emulation.capture import Capture, CaptureFile
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.taps import TapPoint, Taps
from mplsemu.errors import EmulationError, LabError
from mplsemu.southbound.network_namespace import inside
from tests.oracles import frames
from tests.system.emulated import carry, emulated
from tests.system.running import decoded, frames_in
from tests.system.test_emulation_net import ONE_PE, ping
from tests.waiting import eventually

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def net(tmp_path_factory, dataplane):
    with emulated(ONE_PE, tmp_path_factory.mktemp("net")) as made:
        carry(made)
        yield made


def at(net, circuit):
    return TapPoint(circuit, net.interface(circuit, "dk"), "dk", circuit)


def host(net, name):
    return TapPoint(name, Interface("eth0", net.pid(name)), name, "its site")


def send(net, name, frame):
    with inside(net.pid(name)):
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with sender:
        sender.bind(("eth0", 0))
        sender.send(frame)


def test_a_capture_holds_what_was_sent_after_it_was_made_of_many_interfaces(net, tmp_path):
    points = [at(net, "c/x"), host(net, "c-y-h1")]
    file = tmp_path / "x.pcapng"
    with file.open("wb", buffering=0) as opened:
        written = CaptureFile(opened, points, "one", "icmp")
        with Capture(points, written.take, "icmp") as capture:
            ping(net, "c-x-h1", "10.0.0.2", "-p", "6d706c73")
        written.close(capture.lost)
    assert set(capture.lost.values()) == {0}
    assert [b"mplsmpls" in frame for frame in frames_in(file)] == [True] * 4
    assert decoded(file, "frame.interface_name", "icmp.type") == [
        [["c/x"], ["8"]], [["c-y-h1"], ["8"]], [["c-y-h1"], ["0"]], [["c/x"], ["0"]],
    ]  # fmt: skip


def test_taps_keep_the_order_of_time_from_one_read_to_the_next(net):
    pinging = threading.Thread(
        target=lambda: ping(net, "c-x-h1", "10.0.0.2", "-c", "400", "-i", "0.002")
    )
    seen = []
    with Taps([at(net, "c/x"), host(net, "c-y-h1")], "icmp") as taps:
        pinging.start()
        eventually(lambda: seen.extend(taps.read(0.5)) or len(seen) >= 4 * 400, "all pings", 60.0)
        pinging.join()
        seen += taps.read(0.5)  # nothing comes twice
    assert [frame.time_ns for frame in seen] == sorted(frame.time_ns for frame in seen)
    assert len(seen) == 4 * 400
    there = [frame.point.name for frame in seen]
    assert there == ["c/x", "c-y-h1", "c-y-h1", "c/x"] * 400


def test_a_tap_tells_directions_and_keeps_vlan_tags(net):
    tagged = frames.ethernet(
        "ff:ff:ff:ff:ff:ff", "02:00:00:00:99:01", 0x88B5, b"here" * 12, vlans=(7,)
    )
    with Taps([at(net, "c/x"), at(net, "c/y")]) as taps:
        send(net, "c-x-h1", tagged)
        seen = []
        eventually(lambda: seen.extend(taps.read(0.1)) or len(seen) >= 2, "both taps saw it")
    assert [(each.point.name, each.outgoing, each.data == tagged) for each in seen] == [
        ("c/x", False, True), ("c/y", True, True),
    ]  # fmt: skip
    assert [(each.sender, each.receiver) for each in seen] == [("c/x", "dk"), ("dk", "c/y")]
    assert seen[0].time_ns <= seen[1].time_ns


def test_a_tap_outlives_an_interface_that_goes_down_and_up(net):
    frame = frames.ethernet("ff:ff:ff:ff:ff:ff", "02:00:00:00:99:02", 0x88B5, b"here" * 12)
    pid = net.pid("c-x-h1")
    with Taps([host(net, "c-x-h1")]) as taps:
        for state in ("down", "up"):
            net.get("c-x-h1").cmd(f"ip link set eth0 {state}")
            taps.read(0.05)
        assert pid == net.pid("c-x-h1")
        seen = []

        def sees_it():
            send(net, "c-x-h1", frame)
            seen.extend(each for each in taps.read(0.1) if each.data == frame)
            return bool(seen)

        eventually(sees_it, "the frame is seen again")


def test_a_file_that_takes_no_more_ends_the_capture_with_the_reason(net):
    points = [at(net, "c/x")]
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(OSError, match="No space"),
    ):
        CaptureFile(full, points, "one")
    broke = threading.Event()

    def take(frames):
        if frames:
            broke.set()
            raise OSError(28, "No space left on device")

    capture = Capture(points, take)
    ping(net, "c-x-h1", "10.0.0.2")
    assert broke.wait(5)
    with pytest.raises(EmulationError, match="the capture broke off: No space left on device"):
        capture.stop()
    capture.stop()


def test_a_filter_or_interface_that_makes_no_sense_is_an_error(net):
    with pytest.raises(LabError, match=r"no filter 'icmp and and': .*syntax error"):
        Taps([at(net, "c/x")], "icmp and and")
    gone = TapPoint("c/z", Interface("eth9", net.pid("c-x-h1")), "dk", "c/z")
    with pytest.raises(EmulationError, match=r"cannot capture on c/z \(eth9\): No such device"):
        Taps([gone])
