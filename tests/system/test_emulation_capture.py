import pytest

from mplsemu.emulation.capture import Capture, CaptureOptions
from mplsemu.errors import EmulationError
from tests.system.emulated import add_flow, emulated
from tests.system.test_emulation_net import ONE_PE, ping

pytestmark = pytest.mark.system

PCAP_MAGICS = (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")


def test_a_capture_holds_what_was_sent_after_it_was_made(tmp_path):
    file = tmp_path / "x.pcap"
    with emulated(ONE_PE, tmp_path) as net:
        add_flow(net, "dk", "actions=normal")
        end = net.interface("c/x", "dk")
        with Capture(end.pid, end.name, CaptureOptions(file, "icmp")) as capture:
            ping(net, "c-x-h1", "10.0.0.2", "-p", "6d706c73")
            assert capture.running
    data = file.read_bytes()
    assert data[:4] in PCAP_MAGICS
    assert data.count(b"mplsmpls") >= 2


def test_a_capture_as_text_ends_after_its_number_of_packets(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        add_flow(net, "dk", "actions=normal")
        end = net.interface("c/y", "c-y-h1")
        with Capture(end.pid, end.name, CaptureOptions(None, "icmp", max_packets=2)) as capture:
            ping(net, "c-x-h1", "10.0.0.2")
            lines = list(capture.lines())
    assert ["request" in lines[0], "reply" in lines[1], len(lines)] == [True, True, 2]


def test_a_filter_or_interface_that_makes_no_sense_is_an_error(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        with pytest.raises(EmulationError, match=r"cannot capture on eth0: .*syntax error"):
            Capture(net.pid("c-x-h1"), "eth0", CaptureOptions(filter="icmp and and"))
        with pytest.raises(EmulationError, match=r"cannot capture on eth9: .*No such device"):
            Capture(net.pid("c-x-h1"), "eth9")
