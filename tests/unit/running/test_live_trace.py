"""What was seen beside what was to be seen, without a network."""

from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.program.link_crossings import crossings
from mplsemu.program.observation import AT_HOST, LiveTrace, Observation
from mplsemu.program.path import Walk
from mplsemu.program.trace import PacketOptions, trace
from mplsemu.running import live_trace
from mplsemu.views.text.live_trace import draw_live_trace
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.builders import MacAddresses, network, nordic, provider, vpls

PROGRAM = compile_program(nordic())
MS = 1_000_000


def wanted(way, ttl=64):
    return list(live_trace._predictions(PROGRAM, way, ttl))


def seen(predictions):
    """Return that everything was seen just as predicted, a tenth of a millisecond apart."""
    return [
        live_trace._TimedObservation(prediction[:3], prediction[3], n * MS // 10)
        for n, prediction in enumerate(predictions)
    ]


def followed(way, observations, ttl=64):
    return LiveTrace(way, tuple(live_trace._compare(wanted(way, ttl), observations)), sent=True)


def verdicts(found):
    return [(step.link, step.receiver, step.verdict) for step in found.steps]


@pytest.fixture
def routed():
    return trace(PROGRAM, "a/aarhus/h1", "a/stockholm/h1")


def test_crossings_are_the_cables_of_a_way_with_their_stacks(routed):
    found = crossings(PROGRAM, routed)
    assert [(each.link, each.sender, each.receiver) for each in found] == [
        ("a/aarhus", "a/aarhus", "dk"),
        ("dk-p1", "dk", "p1"),
        ("se-p1", "p1", "se"),
        ("a/stockholm", "se", "a/stockholm"),
    ]
    assert [len(each.stack) for each in found] == [0, 2, 1, 0]
    assert [each.ip_ttl for each in found] == [64, 63, 63, 62]


def test_copies_that_go_together_are_one_until_they_part():
    lan = vpls("c", {"x": "dk", "y": "se", "z": "se"}, macs=MacAddresses())
    program = compile_program(network(provider(pes=("dk", "se")), lan))
    way = trace(program, "c/x/h1", BROADCAST_MAC)
    assert len(way.branches) == 2
    found = crossings(program, way)
    assert [each.link for each in found] == ["c/x", "dk-p1", "se-p1", "c/y", "c/z"]
    assert [each.frame for each in found] == [False, True, True, False, False]


def test_a_ce_router_is_behind_the_first_and_last_cable():
    way = trace(PROGRAM, "a/oslo/h1", "a/aarhus/h1")
    first = crossings(PROGRAM, way)[0]
    assert (first.link, first.ip_ttl) == ("a/oslo", 63)
    back = crossings(PROGRAM, trace(PROGRAM, "a/aarhus/h1", "a/oslo/h1"))
    assert (back[-1].link, back[-1].receiver) == ("a/oslo", "a/oslo")
    assert trace(PROGRAM, "a/aarhus/h1", "a/aarhus/h2").packet is None


def test_what_is_seen_as_it_should_be_is_ok(routed):
    found = followed(routed, seen(wanted(routed)))
    assert found.as_predicted
    assert found.arrived_at == ("a/stockholm/h1",)
    assert found.way == routed.way
    assert found.labels == routed.labels
    assert [step.after_ms for step in found.steps] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert "as predicted" in draw_live_trace(found)[0].plain


def test_another_stack_is_told_and_so_is_another_ttl(routed):
    observations = seen(wanted(routed))
    other = (LabelStackEntry(Label(99), 0, 255), *observations[1].observation.stack[1:])
    observations[1] = live_trace._TimedObservation(
        observations[1].place, Observation(other, 63), observations[1].time_ns
    )
    observations[3] = live_trace._TimedObservation(
        observations[3].place, Observation((), 61), observations[3].time_ns
    )
    found = followed(routed, observations)
    assert [v for *_, v in verdicts(found)] == ["ok", "differs", "ok", "differs", "ok"]
    text = "\n".join(line.plain for line in draw_live_trace(found))
    assert "✗ not as predicted" in text
    assert "99 ttl 255 | 16 ttl 255 | IP ttl 63" in text


def test_what_is_lost_on_the_way_is_not_seen_from_there_on(routed):
    found = followed(routed, seen(wanted(routed))[:2])
    assert [v for *_, v in verdicts(found)] == ["ok", "ok", "not seen", "not seen", "not seen"]
    assert [step.link for step in found.steps][2:] == ["se-p1", "a/stockholm", AT_HOST]
    assert found.arrived_at == ()
    assert not found.as_predicted


def test_a_copy_that_nobody_expects_is_told(routed):
    stray = live_trace._TimedObservation(
        ("b/stockholm", "se", "b/stockholm"), Observation((), 62), 9 * MS
    )
    found = followed(routed, [*seen(wanted(routed)), stray])
    assert verdicts(found)[-1] == ("b/stockholm", "b/stockholm", "unexpected")
    assert not found.as_predicted
    assert "nothing" in draw_live_trace(found)[-1].plain


def test_a_packet_that_goes_another_way_is_both(routed):
    other = trace(
        compile_program(nordic(), down=frozenset({"dk-p1"})), routed.source, routed.target
    )
    observations = [
        live_trace._TimedObservation(
            (c.link, c.sender, c.receiver), Observation(c.stack, c.ip_ttl), n * MS
        )
        for n, c in enumerate(crossings(PROGRAM, other))
    ]
    found = followed(routed, observations)
    assert ("dk-p1", "p1", "not seen") in verdicts(found)
    assert ("dk-p2", "p2", "unexpected") in verdicts(found)
    assert found.way[1] == "dk-p2"


def test_two_copies_on_one_cable_are_matched_by_their_labels():
    way = trace(PROGRAM, "c/odense/h1", BROADCAST_MAC)
    predictions = wanted(way, None)
    swapped = [*seen(predictions)]
    swapped[1:3], at = [swapped[2], swapped[1]], swapped[1].time_ns
    assert at > 0
    assert followed(way, swapped, None).as_predicted
    assert {step.receiver for step in followed(way, swapped, None).steps if not step.link} == {
        "c/odense/h2", "c/malmo/h1", "c/malmo/h2", "c/bergen/h1", "c/bergen/h2",
    }  # fmt: skip


def test_on_a_lan_only_the_arrival_is_seen():
    way = trace(PROGRAM, "a/aarhus/h1", "a/aarhus/h2", PacketOptions(ttl=5))
    assert wanted(way, 5) == [(AT_HOST, "", "a/aarhus/h2", Observation((), 5))]


def test_what_is_not_sent_says_why():
    way = trace(PROGRAM, "c/odense/h1", "192.168.1.1")
    [line] = draw_live_trace(LiveTrace(way, (), sent=False))
    assert "nothing was sent: dropped at c/odense/h1: the host has no route" in line.plain


def test_every_copy_may_take_a_way_of_its_own():
    links = ("dk-p", "dk-q", "p-se", "q-se", "p-no", "q-no")
    lan = vpls("c", {"x": "dk", "y": "se", "z": "no"}, macs=MacAddresses())
    program = compile_program(network(provider(links, pes=("dk", "se", "no"), ecmp=2), lan))
    way = trace(program, "c/x/h1", BROADCAST_MAC)
    (to_no, _), (_, to_se) = Walk(way.branches).copies()
    taken = replace(way, branches=(to_no, to_se))
    observations = seen(list(live_trace._predictions(program, taken, None)))
    steps = live_trace._as_seen(program, way, None, observations)
    assert {step.verdict for step in steps} == {"ok"}
    assert {"dk-p", "p-no", "dk-q", "q-se"} < {step.link for step in steps}
    lost = live_trace._as_seen(program, way, None, observations[:-1])
    assert [step.verdict for step in lost].count("not seen") == 1


LINES = """
name: lines
provider: {nodes: {n: {role: pe}, m: {role: pe}}, links: [n-m]}
vpns:
  r:
    type: l3vpn
    sites:
      both: {pe: [n, m], mode: load-sharing, subnet: 10.0.0.0/24}
      one: {pe: [n, m], subnet: 10.1.0.0/24}
"""


@pytest.mark.parametrize(
    ("down", "watched"),
    [
        ((), {"r/both", "r/both@m", "r/one"}),
        (("r/both", "r/one"), {"r/both@m", "r/one@m"}),
    ],
)
def test_the_lines_that_carry_a_sites_traffic_are_watched_and_no_spare_ones(down, watched):
    lab = loads(LINES, "lines.yaml").network
    end = SimpleNamespace(interface="eth0", pid=1, mac="02:00:00:00:00:01")
    record = SimpleNamespace(
        links=defaultdict(lambda: (end, end)), hosts=defaultdict(lambda: end), site_ports={}
    )
    session = SimpleNamespace(network=lab, record=record)
    points = live_trace._points(session, compile_program(lab, frozenset(down)))
    assert {each.name for each in points if each.name.startswith("r/")} == watched
