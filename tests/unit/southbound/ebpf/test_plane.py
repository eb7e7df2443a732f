"""Small parts of the eBPF data plane: packets out, threads, and what is never imported."""

import queue
import socket
import subprocess
import sys
import threading

import pytest

from mplsemu.southbound.ebpf.inject import Injector
from mplsemu.southbound.ebpf.threads import PlainThreads
from mplsemu.southbound.openflow.threads import GreenThreads, hub
from mplsemu.southbound.punt.event import IntoLfib, IntoVrf, OutOfPort

FRAME = bytes.fromhex("0a0000000001 0a0000000002 0800") + b"an IP packet"
MPLS = bytes.fromhex("0a0000000001 0a0000000002 8847") + b"a labelled packet"


class FakeSender:
    def __init__(self, error=None):
        self.sent = []
        self.error = error

    def sendto(self, data, address):
        if self.error:
            raise self.error
        self.sent.append((data, address))
        return len(data)


@pytest.fixture
def sender():
    return FakeSender()


@pytest.fixture
def injector(sender):
    return Injector(0x10203, {4: "dk-se"}, sender)


def test_a_frame_goes_out_of_its_port_as_it_is(injector, sender):
    injector.send(OutOfPort(4, FRAME))
    assert sender.sent == [(FRAME, ("dk-se", 0x0800))]


def test_a_packet_for_a_vrf_goes_into_the_loopback_with_the_lsr_and_the_vrf_in_its_header(
    injector, sender
):
    injector.send(IntoVrf(7, FRAME))
    head = bytes.fromhex("0200 00010203 0200 00000007 0800")
    assert sender.sent == [(head + b"an IP packet", ("lo", 0x0800))]


def test_a_labelled_packet_goes_into_the_loopback_too(injector, sender):
    injector.send(IntoLfib(MPLS))
    head = bytes.fromhex("0200 00010203 0200 00000000 8847")
    assert sender.sent == [(head + b"a labelled packet", ("lo", 0x8847))]


@pytest.mark.parametrize("packet", [OutOfPort(9, FRAME), OutOfPort(4, b"short")])
def test_what_cannot_be_sent_is_not(packet, injector, sender):
    injector.send(packet)
    assert sender.sent == []


@pytest.mark.parametrize("error", [BlockingIOError(), OSError(100, "Network is down")])
def test_what_an_interface_does_not_take_is_lost(error):
    Injector(1, {4: "dk-se"}, FakeSender(error)).send(OutOfPort(4, FRAME))


def test_plain_threads_serve_connections_side_by_side(tmp_path):
    path = tmp_path / "s.sock"
    both = threading.Barrier(2, timeout=10)

    def handle(connection):
        with connection:
            both.wait()
            connection.sendall(b"here")

    PlainThreads().serve(path, handle)
    connections = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for each in connections:
        each.settimeout(10)
        each.connect(str(path))
    for each in connections:
        with each:
            assert each.recv(10) == b"here"


def test_where_one_cannot_listen_plain_threads_say_so(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        PlainThreads().serve(tmp_path / "nowhere" / "s.sock", lambda _: None)


@pytest.mark.parametrize("threads", [PlainThreads(), GreenThreads()])
def test_an_empty_queue_is_told_alike_by_all_threads(threads):
    made = threads.queue()
    made.put(1)
    assert made.get(timeout=1) == 1
    with pytest.raises(queue.Empty):
        made.get(timeout=0.001)
    with pytest.raises(queue.Empty):
        made.get(block=False)
    assert hub.QueueEmpty is queue.Empty


def test_neither_controller_nor_ebpf_loads_an_openflow_framework():
    program = """
import sys, pkgutil, importlib, mplsemu.controller, mplsemu.southbound.ebpf as ebpf
import mplsemu.controller.serve
for each in pkgutil.iter_modules(ebpf.__path__):
    importlib.import_module(f"mplsemu.southbound.ebpf.{each.name}")
print(*{name.split(".")[0] for name in sys.modules} & {"ryu", "os_ken", "eventlet"})
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
