"""Every lab in topologies/ and tests/labs/, booted: all checks hold, and three oracles agree.

The reference interpreter, the switchless fake fed with the translator's flows, and the network.
"""

import json
from collections import Counter
from functools import cache

import pytest

from mplsemu.emulation.probe import FrameProbe, Probe, Prober
from mplsemu.lab.loader import load
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.program.diff import diff_programs
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.hosts import find_host
from mplsemu.program.own_addresses import is_own
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.trace import trace
from mplsemu.program.walk import Walker
from mplsemu.running.checks import endpoints
from mplsemu.verification.reachability_policy import expectations
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.oracles import frames
from tests.oracles.senders import senders
from tests.places import LAB_FILES
from tests.programs import program_of
from tests.system.running import mplsemu
from tests.unit.test_oracles_agree import fresh, has_ce, teach

pytestmark = pytest.mark.system

WITH_FAKE = ("nordic", "vpls", "uniform")


@cache
def network_of(lab):
    return load(LAB_FILES[lab]).network


@pytest.fixture(params=LAB_FILES)
def lab(request, running):
    running(request.param)
    return request.param


@pytest.fixture
def prober(lab, running):
    with Prober(endpoints(running(lab).session.record)) as made:
        yield made


def test_every_check_that_follows_from_the_lab_holds(lab):
    done = mplsemu("test", "--running", lab, "--json")
    answer = json.loads(done.stdout)
    assert [check for check in answer["checks"] if not check["ok"]] == []
    assert len(answer["checks"]) == answer["passed"] > 0
    assert done.returncode == 0


def test_what_runs_is_the_program_that_was_compiled(lab, running):
    """But for neighbours that other tests had resolved."""
    difference = diff_programs(program_of(lab), running(lab).program())
    tables = {name for node in difference.nodes for name, _ in node.tables()}
    assert tables <= {"neighbours"}
    assert all(not node.neighbours.removed for node in difference.nodes)
    assert not difference.links


def test_packets_arrive_where_the_reference_interpreter_says(lab, prober):
    """Also packets to addresses that another customer's host has, too."""
    wanted = expectations(network_of(lab))
    probes = [
        Probe(str(each.source), each.address, str(each.target) if each.two_way else None)
        for each in wanted
    ]
    walked = [hosts_walked(lab, str(each.source), each.address) for each in wanted]
    results = prober.run(probes)
    different = [
        f"{each.source} -> {each.address}: walked to {to}, seen at {set(result.delivered_to)}"
        for each, to, result in zip(wanted, walked, results, strict=True)
        if set(result.delivered_to) not in to
    ]
    assert different == []
    if lab in WITH_FAKE:
        compare_with_fake(lab, wanted, results)


def hosts_walked(lab, source, address):
    """Return who may take a packet, a set of hosts for each way that it may go."""
    ways = trace(program_of(lab), source, str(address)).variants()
    return [taken(lab, way.end, address) for way in ways]


def taken(lab, end, address):
    """Return the host that takes a packet; one that a route leads to takes what is its own."""
    if not isinstance(end, Delivered):
        return set()
    is_anothers = end.host and not is_own(find_host(program_of(lab), str(end.host)).host, address)
    return set() if is_anothers else {str(end.host)}


def compare_with_fake(lab, wanted, results):
    """Have the fake carry what left for the provider: it must come out where it really did."""
    fake = fresh(lab)
    by_name = {sender.name: sender for sender in senders(program_of(lab))}
    for vpn in network_of(lab).vpns:
        teach(fake, lab, vpn.name)
    compared = 0
    for each, result in zip(wanted, results, strict=True):
        sender = by_name[str(each.source)]
        destination = next_hop(lab, sender, each.address)
        if destination is None:
            continue
        own = next(a for a in sender.addresses if a.version == each.address.version)
        packet = frames.ip(own, each.address)
        outcome = fake.inject(sender.circuit, frames.ip_frame(destination, sender.mac, packet))
        came_out = {
            by_name[name].circuit if has_ce(program_of(lab), by_name[name].circuit) else name
            for name in result.delivered_to
        }
        assert hosts_of(lab, outcome) == came_out, (str(each.source), each.address)
        compared += 1
    assert compared


def next_hop(lab, sender, address):
    """Return the MAC address a packet gets towards the provider, None where it stays on the LAN."""
    neighbours = [each for each in senders(program_of(lab)) if each.vpn == sender.vpn]
    if any(each.circuit == sender.circuit and address in each.addresses for each in neighbours):
        return None
    if sender.routed:
        return GATEWAY_MAC
    # on a LAN without a gateway, ARP finds whoever of the VPN has the address, or nobody
    return next((each.own_mac for each in neighbours if address in each.addresses), None)


def hosts_of(lab, outcome):
    """Return who got what the fake delivered: a host, or a circuit with a CE router."""
    macs = {(sender.circuit, sender.own_mac): sender.name for sender in senders(program_of(lab))}
    return {
        circuit if has_ce(program_of(lab), circuit) else macs[circuit, frame[:6].hex(":")]
        for circuit, frame in outcome.deliveries
    }


@pytest.mark.parametrize("vlan", [None, 100])
def test_a_broadcast_reaches_the_same_hosts_the_same_number_of_times(lab, prober, vlan):
    network, walker, fake = network_of(lab), Walker(program_of(lab)), fresh(lab)
    bridged = {vpn.name for vpn in network.vpns if isinstance(vpn, Vpls | Vpws)}
    sources = [sender for sender in senders(program_of(lab)) if sender.vpn in bridged]
    if not sources:
        pytest.skip("no VPLS here")
    results = prober.run_frames([FrameProbe(sender.name, vlan=vlan) for sender in sources])
    vlans = () if vlan is None else (vlan,)
    for sender, result in zip(sources, results, strict=True):
        address = sender.addresses[0]
        header = IpHeader(address, address)
        walked = walker.walk(
            sender.circuit, Packet(sender.mac, BROADCAST_MAC, header, vlans), learned=False
        )
        copies = Counter(end.circuit for end in walked.deliveries)
        frame = frames.ip_frame(BROADCAST_MAC, sender.mac, frames.ip(address, address), vlans)
        faked = Counter(circuit for circuit, _ in fake.inject(sender.circuit, frame).deliveries)
        assert faked == copies
        assert result.received == hosts_behind(lab, sender, copies), sender.name


def hosts_behind(lab, source, copies):
    """Return how often each host gets a frame, given on which circuits copies come out."""
    found = Counter()
    for each in senders(program_of(lab)):
        if each.name != source.name:
            found[each.name] = copies[each.circuit] + (each.circuit == source.circuit)
    return +found
