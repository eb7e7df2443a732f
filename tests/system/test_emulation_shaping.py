import re

import pytest

from mplsemu.emulation.throughput import Transfer, measure_throughput
from tests.system.emulated import carry, emulated
from tests.system.test_emulation_net import ONE_PE

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("dataplane")]

PAYLOAD_OF_TCP = 1448 / 1514
PAYLOAD_OF_UDP = 1448 / 1490

TRIES = 3


def assert_carries(client, server, transfer, bps):
    """Demand a throughput: never more of it, and no less unless this machine is busy elsewhere."""
    received = []
    for _ in range(TRIES):
        measured = measure_throughput(client.pid, server.pid, server.IP(), transfer)
        received.append(measured.received_bps)
        assert received[-1] < bps * 1.05
        if received[-1] > bps * 0.95:
            return
    pytest.fail(f"{received} bit/s, far from {bps}")


@pytest.mark.parametrize(("rate", "bps"), [("512 kbit/s", 512_000), ("5 Mbit/s", 5_000_000)])
def test_an_access_line_carries_its_rate_both_ways(tmp_path, rate, bps):
    lab = ONE_PE.replace("x: {pe: dk}", f"x: {{pe: dk, rate: {rate}}}")
    with emulated(lab, tmp_path) as net:
        carry(net)
        for client, server in (net.hosts, reversed(net.hosts)):
            assert_carries(client, server, Transfer(seconds=3), bps * PAYLOAD_OF_TCP)
        client, server = net.hosts
        transfer = Transfer(seconds=3, udp_bps=int(bps * 1.5))
        assert_carries(client, server, transfer, bps * PAYLOAD_OF_UDP)


def test_a_slow_line_that_is_full_does_not_buffer_for_seconds(tmp_path):
    lab = ONE_PE.replace("x: {pe: dk}", "x: {pe: dk, rate: 512 kbit/s}")
    with emulated(lab, tmp_path) as net:
        carry(net)
        client, server = net.hosts
        server.cmd("iperf3 -s -D")
        client.cmd("iperf3 -u -b 2M -t 20 -c", server.IP(), ">/dev/null 2>&1 &")
        said = client.cmd("ping -c5 -i0.3 -W3", server.IP())
        times = [float(time) for time in re.findall(r"time=([\d.]+)", said)]
        assert times, said
        assert max(times) < 500
