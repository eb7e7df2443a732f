import pytest

from mplsemu.emulation import shaping
from mplsemu.emulation.plan import Endpoint, VethPair
from mplsemu.emulation.shaping import (
    MAX_SHAPED_BPS,
    NO_HTB,
    NO_NETEM,
    Capabilities,
    Shape,
    probe_capabilities,
    shape_of,
    shortfalls,
    tc_lines,
)
from mplsemu.errors import EmulationError

ENDS = (Endpoint("a", "a-eth1", 1, 1600), Endpoint("b", "b-eth1", 1, 1600))


def queue_ms(shape: Shape) -> float:
    return shape.queue_bytes * 8000 / shape.rate_bps


def test_the_slowest_line_holds_eight_frames_and_not_seconds():
    shape = Shape(512_000, 0)
    assert shape.queue_bytes == 8 * 1518
    assert queue_ms(shape) < 200


@pytest.mark.parametrize("rate", [2_000_000, 10_000_000, 100_000_000, 1_000_000_000])
def test_a_full_queue_drains_in_50_to_100_ms(rate):
    assert 50 <= queue_ms(Shape(rate, 0)) <= 100


def test_a_slow_line_of_jumbo_frames_holds_eight_of_them():
    ends = (Endpoint("a", "a-eth1", 1, 9100), Endpoint("h", "h-eth0", 0, 9000))
    shape = shape_of(VethPair("a-h", ends, rate_bps=2_000_000), Capabilities())
    assert shape.queue_bytes == 8 * 9100
    assert shape.burst_bytes == 2 * 9100


def test_a_burst_holds_a_full_frame_at_any_rate():
    assert Shape(512_000, 0).burst_bytes >= 1600
    assert Shape(1_000_000_000, 0).burst_bytes == 250_000


def test_htb_carries_rate_and_netem_the_delay():
    lines = list(tc_lines(ENDS[0], Shape(10_000_000, 5.0)))
    assert lines[0] == "qdisc replace dev a-eth1 root handle 1: htb default 1"
    assert "rate 10000000bit ceil 10000000bit" in lines[1]
    assert "netem delay 5ms limit" in lines[2]


def test_a_rate_without_delay_needs_no_netem():
    assert not [line for line in tc_lines(ENDS[0], Shape(10_000_000, 0)) if "netem" in line]


def test_a_delay_without_rate_needs_no_htb():
    [line] = tc_lines(ENDS[0], Shape(None, 2.5))
    assert "root handle 1: netem delay 2.5ms" in line


def test_netems_queue_holds_what_is_in_flight():
    shape = Shape(100_000_000, 50.0)
    assert shape.netem_packets * 250 >= 100_000_000 / 8 * 0.050


def test_what_the_kernel_lacks_is_left_out_and_told():
    pair = VethPair("a-b", ENDS, rate_bps=10_000_000, delay_ms=5.0)
    assert shape_of(pair, Capabilities(netem=False)) == Shape(10_000_000, 0.0)
    assert shape_of(pair, Capabilities(htb=False, netem=False)) is None
    assert shortfalls(Capabilities(htb=False, netem=False)) == (NO_HTB, NO_NETEM)
    assert shortfalls(Capabilities()) == ()


def test_a_line_faster_than_the_threshold_is_not_shaped():
    assert shape_of(VethPair("a-b", ENDS, rate_bps=MAX_SHAPED_BPS + 1), Capabilities()) is None
    assert shape_of(VethPair("a-b", ENDS), Capabilities()) is None


def test_netem_loses_packets_and_lets_none_overtake_another():
    lossy = VethPair("a-b", ENDS, 10_000_000, delay_ms=5, loss_percent=0.5, jitter_ms=2)
    lines = list(tc_lines(ENDS[0], shape_of(lossy, Capabilities())))
    # netem's jitter is about the mean: 5 to 7 ms; with a rate it keeps the order
    assert "netem delay 6ms 1ms loss 0.5% rate 1000000000000bit limit" in lines[-1]


def test_a_link_without_delay_may_lose_packets():
    [line] = tc_lines(ENDS[0], shape_of(VethPair("a-b", ENDS, loss_percent=1), Capabilities()))
    assert line.startswith("qdisc replace dev a-eth1 root handle 1: netem delay 0ms loss 1% limit")


@pytest.mark.parametrize(
    ("impaired", "what"),
    [
        ({"loss_percent": 1.0}, "loss 1 %"),
        ({"jitter_ms": 2.0}, "jitter 2 ms"),
        ({"loss_percent": 1.0, "jitter_ms": 2.0}, "loss 1 % and jitter 2 ms"),
    ],
)
def test_a_kernel_without_netem_boots_no_lab_with_losses(monkeypatch, impaired, what):
    monkeypatch.setattr(shaping, "_works", lambda qdisc: "netem" not in qdisc)
    delayed = VethPair("a-c", ENDS, 10_000_000, delay_ms=5)
    assert not probe_capabilities([delayed]).netem  # the lab only says so, and goes on
    wanted = rf"link a-b has {what}, and this kernel has no sch_netem.*sudo modprobe sch_netem"
    with pytest.raises(EmulationError, match=wanted):
        probe_capabilities([delayed, VethPair("a-b", ENDS, **impaired)])


def test_a_kernel_with_netem_boots_it(monkeypatch):
    tried = []
    monkeypatch.setattr(shaping, "_works", lambda qdisc: not tried.append(qdisc))
    assert probe_capabilities([VethPair("a-b", ENDS, loss_percent=1)]).netem
    assert tried == ["netem delay 1ms"]
