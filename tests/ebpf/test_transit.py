"""Labels in transit: swap, pop, push, explicit null, TTL (RFC 3031, RFC 3032, RFC 3443)."""

from __future__ import annotations

import pytest

from mplsemu.southbound.ebpf.kinds import CounterKind, Drop, IlmAction, Operation
from mplsemu.southbound.ebpf.layout import IlmRecord
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.kernel import Verdict
from tests.ebpf.router import OURS, THEIRS, Bench, Router, labelled, nhlfe, stack
from tests.oracles.frames import ip

PAYLOADS = (
    pytest.param(ip("10.0.0.1", "10.0.0.2"), id="IPv4"),
    pytest.param(ip("2001:db8::1", "2001:db8::2"), id="IPv6"),
    pytest.param(b"", id="nothing"),
    pytest.param(bytes(range(251)) * 7, id="anything"),
    pytest.param(b"\x81\x00\x00\x05\x81\x00", id="like a tag"),
)
ANSWER = {"dst": THEIRS, "src": OURS}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("below", [(), ((17, 3, 9),), tuple((100 + i, 1, i) for i in range(15))])
def test_a_swap_changes_label_and_ttl_and_nothing_else(router: Router, below, payload):
    core = router.port(router.bench.wires[0])
    router.forward(16, nhlfe(102, Operation.SWAP, 1048575))
    came = labelled(stack((16, 5, 64), *below), payload)
    outcome = router.run(came, core)
    assert outcome.verdict is Verdict.REDIRECT
    assert outcome.frame == labelled(stack((1048575, 5, 63), *below), payload, **ANSWER)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("depth", [1, 2, 15])
def test_the_penultimate_hop_pops_and_leaves_the_rest_as_it_is(router: Router, depth, payload):
    core = router.port(router.bench.wires[0])
    router.forward(16, nhlfe(102, Operation.POP))
    below = tuple((100 + i, 7, 200) for i in range(depth))
    outcome = router.run(labelled(stack((16, 5, 64), *below), payload), core)
    assert outcome.verdict is Verdict.REDIRECT
    assert outcome.frame == labelled(stack(*below), payload, **ANSWER)


@pytest.mark.parametrize(("inner", "left"), [(200, 63), (63, 63), (7, 7)])
def test_in_uniform_mode_a_pop_hands_the_ttl_on_but_never_raises_it(
    uniform_router: Router, inner, left
):
    router = uniform_router
    core = router.port(router.bench.wires[0])
    router.forward(16, nhlfe(102, Operation.POP))
    outcome = router.run(labelled(stack((16, 5, 64), (17, 3, inner)), b"payload"), core)
    assert outcome.frame == labelled(stack((17, 3, left)), b"payload", **ANSWER)


def test_a_last_label_is_not_popped_in_transit(router: Router):
    core = router.port(router.bench.wires[0])
    router.forward(16, nhlfe(102, Operation.POP))
    assert router.run(labelled(stack((16, 0, 64)), b"payload"), core).verdict is Verdict.SHOT
    assert router.drops() == {Drop.MALFORMED: 1}


@pytest.mark.parametrize("count", range(9))
@pytest.mark.parametrize("below", [(), ((17, 3, 9), (18, 2, 1))])
def test_up_to_eight_labels_are_pushed_on_a_labelled_packet(router: Router, count, below):
    core = router.port(router.bench.wires[0])
    labels = tuple(1000 + i for i in range(count))
    router.forward(16, nhlfe(102, Operation.PUSH, *labels))
    outcome = router.run(labelled(stack((16, 5, 64), *below), b"some payload"), core)
    assert outcome.verdict is Verdict.REDIRECT
    pushed = tuple((label, 5, 63) for label in labels)
    wanted = stack(*pushed, (16, 5, 63), *below)
    assert outcome.frame == labelled(wanted, b"some payload", **ANSWER)


@pytest.mark.parametrize("ttl", [0, 1])
@pytest.mark.parametrize("operation", [Operation.SWAP, Operation.POP, Operation.PUSH])
def test_a_ttl_that_expires_is_punted_as_it_came(router: Router, operation, ttl):
    core = router.port(router.bench.wires[2])
    router.forward(16, nhlfe(102, operation, *((17,) if operation is not Operation.POP else ())))
    came = labelled(stack((16, 5, ttl), (17, 3, 9)), ip("10.0.0.1", "10.0.0.2"))
    assert router.run(came, core).verdict is Verdict.SHOT
    (punt,) = router.bench.punts()
    assert (punt.lsr, punt.port, punt.reason, punt.service, punt.frame) == (
        router.index,
        3,
        PuntReason.TTL_EXPIRED,
        0,
        came,
    )
    assert router.drops() == {Drop.TTL: 1}


def test_an_unknown_label_is_dropped(router: Router):
    core = router.port(router.bench.wires[0])
    assert router.run(labelled(stack((16, 0, 64)), b""), core).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NO_LABEL: 1}


@pytest.mark.parametrize("nulls", [1, 2, 16])
def test_explicit_null_is_popped_and_the_next_label_looked_up(router: Router, nulls):
    if nulls > 2:
        router.bench.needs_long_loops()
    core = router.port(router.bench.wires[0])
    router.ilm(0, IlmRecord(IlmAction.POP_AND_LOOK_UP))
    router.forward(16, nhlfe(102, Operation.SWAP, 17))
    came = stack(*((0, 1, 3),) * nulls, (16, 5, 64), (18, 2, 1))
    outcome = router.run(labelled(came, b"payload"), core)
    assert outcome.verdict is Verdict.REDIRECT
    assert outcome.frame == labelled(stack((17, 5, 63), (18, 2, 1)), b"payload", **ANSWER)


def test_explicit_null_in_uniform_mode_hands_its_ttl_on(uniform_router: Router):
    router = uniform_router
    core = router.port(router.bench.wires[0])
    router.ilm(0, IlmRecord(IlmAction.POP_AND_LOOK_UP))
    router.forward(16, nhlfe(102, Operation.SWAP, 17))
    outcome = router.run(labelled(stack((0, 1, 9), (0, 1, 30), (16, 5, 64)), b""), core)
    assert outcome.frame == labelled(stack((17, 5, 8)), b"", **ANSWER)


def test_explicit_null_at_the_bottom_is_dropped(router: Router):
    core = router.port(router.bench.wires[0])
    router.ilm(0, IlmRecord(IlmAction.POP_AND_LOOK_UP))
    packet = ip("10.0.0.1", "10.0.0.2")
    assert router.run(labelled(stack((0, 0, 64)), packet), core).verdict is Verdict.SHOT
    assert router.drops() == {Drop.MALFORMED: 1}


def test_more_explicit_nulls_than_anybody_needs_are_dropped(router: Router):
    core = router.port(router.bench.wires[0])
    router.ilm(0, IlmRecord(IlmAction.POP_AND_LOOK_UP))
    router.forward(16, nhlfe(102, Operation.SWAP, 17))
    deep = stack(*((0, 0, 64),) * 33, (16, 0, 64))
    assert router.run(labelled(deep, b""), core).verdict is Verdict.SHOT
    endless = b"\0\0\0\x40" * 20
    assert router.run(labelled(endless, b""), core).verdict is Verdict.SHOT


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(labelled(b"", b"\0\x01"), id="short"),
        pytest.param(
            labelled(b"", ip("10.0.0.1", "10.0.0.2")).replace(b"\x88\x47", b"\x08\x00", 1)
        ),
        pytest.param(labelled(stack((16, 0, 9)), b"").replace(b"\x88\x47", b"\x88\x48", 1)),
    ],
)
def test_only_mpls_comes_from_a_core_link(router: Router, frame):
    core = router.port(router.bench.wires[0])
    router.forward(16, nhlfe(102, Operation.SWAP, 17))
    assert router.run(frame, core).verdict is Verdict.SHOT
    assert router.drops() == {Drop.MALFORMED: 1}


def test_an_interface_that_is_no_port_drops_everything(bench: Bench):
    router = Router(bench, 0)
    before = router.counted(CounterKind.DROP, Drop.PORT).packets
    assert router.run(labelled(stack((16, 0, 64)), b""), 205).verdict is Verdict.SHOT
    assert router.counted(CounterKind.DROP, Drop.PORT).packets == before + 1


def test_an_lsp_counts_packets_and_octets_where_it_is_watched(router: Router):
    core = router.port(router.bench.wires[0])
    router.forward(16, nhlfe(102, Operation.SWAP, 17))
    router.forward(18, nhlfe(102, Operation.POP))
    router.watch(CounterKind.LSP, 16)
    came = labelled(stack((16, 0, 64)), bytes(100))
    for _ in range(3):
        router.run(came, core)
    router.run(labelled(stack((18, 0, 64), (16, 0, 64)), bytes(100)), core)
    counted = router.counted(CounterKind.LSP, 16)
    assert (counted.packets, counted.octets) == (3, 3 * len(came))
    assert router.counted(CounterKind.LSP, 18).packets == 0


def test_packets_leave_by_the_interface_of_their_nhlfe(router: Router):
    first, second, third = router.bench.wires[:3]
    router.port(first)
    router.forward(16, nhlfe(second.ifindex, Operation.SWAP, 17))
    router.forward(18, nhlfe(third.ifindex, Operation.POP))
    router.forward(20, nhlfe(first.ifindex, Operation.PUSH, 21, 22))
    payload = ip("10.0.0.1", "10.0.0.2")
    assert router.pass_on(labelled(stack((16, 5, 64)), payload), first) == {
        second.ifindex: [labelled(stack((17, 5, 63)), payload, **ANSWER)]
    }
    assert router.pass_on(labelled(stack((18, 5, 64), (19, 1, 2)), payload), first) == {
        third.ifindex: [labelled(stack((19, 1, 2)), payload, **ANSWER)]
    }
    assert router.pass_on(labelled(stack((20, 5, 64)), payload), first) == {
        first.ifindex: [labelled(stack((21, 5, 63), (22, 5, 63), (20, 5, 63)), payload, **ANSWER)]
    }
