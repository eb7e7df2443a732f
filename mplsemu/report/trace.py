"""What ``trace --json`` prints: a packet's path, the reply, and what the network did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mplsemu.program.answer import Answer
from mplsemu.program.observation import LiveTrace, Observation, Step
from mplsemu.program.packet import Packet
from mplsemu.program.path import Delivered, Stack, WalkHop
from mplsemu.program.provider_trace import HandedOver
from mplsemu.program.trace import Trace
from mplsemu.report import shapes


def trace_object(trace: Trace) -> shapes.Trace:
    """Return a packet's path."""
    several = trace.branches if len(trace.branches) > 1 else ()
    copies = list(dict.fromkeys(each.copy for each in several))
    found: shapes.Trace = {
        "src": trace.source,
        "dst": trace.target,
        "delivered": trace.delivered,
        "hops": _hops(trace.hops),
        "end": str(trace.end),
        "packet": None if trace.packet is None else _packet(trace.packet),
        "branches": [
            {
                "copy": copies.index(branch.copy) + 1,
                "share": float(branch.share),
                "delivered": isinstance(branch.end, Delivered),
                "end": str(branch.end),
                "hops": _hops(branch.hops),
            }
            for branch in several
        ],
    }
    if isinstance(trace.end, HandedOver):
        found["handed_over"] = True
    return found


def exchange_object(trace: Trace, answer: Answer | None) -> shapes.Exchange:
    """Return a packet's path and that of the reply."""
    return {**trace_object(trace), "answer": None if answer is None else _reply(answer)}


def live_trace_object(found: LiveTrace) -> dict[str, Any]:
    """Return a packet's path by the program, and what was seen of it in the network."""
    return {
        **trace_object(found.predicted),
        "live": {
            "sent": found.sent,
            "as_predicted": found.as_predicted,
            "arrived_at": list(found.arrived_at),
            "steps": [_step(step) for step in found.steps],
        },
    }


def _reply(answer: Answer) -> shapes.Reply:
    return {
        "kind": answer.kind.value,
        "from": answer.trace.source,
        "delivered": answer.trace.delivered,
        "end": str(answer.trace.end),
        "hops": _hops(answer.trace.hops),
    }


def _hops(hops: Iterable[WalkHop]) -> list[shapes.Hop]:
    return [
        {
            "node": hop.node,
            "vrf": hop.vrf,
            "vsi": hop.vsi,
            "in_labels": [int(entry.label) for entry in hop.in_stack],
            "action": hop.action,
            "out_labels": [int(entry.label) for entry in hop.out_stack],
            "link": hop.link,
            "out_stack": _stack(hop.out_stack),
            "ip_ttl": hop.ip_ttl,
        }
        for hop in hops
    ]


def _stack(stack: Stack) -> list[shapes.StackEntry]:
    return [{"label": int(each.label), "tc": each.tc, "ttl": each.ttl} for each in stack]


def _packet(packet: Packet) -> shapes.PacketHeader:
    return {
        "src_mac": packet.source_mac,
        "dst_mac": packet.destination_mac,
        "vlans": list(packet.vlans),
        "src": str(packet.ip.source) if packet.ip else None,
        "dst": str(packet.ip.destination) if packet.ip else None,
        "ttl": packet.ip.ttl if packet.ip else None,
        "dscp": packet.ip.dscp if packet.ip else None,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "link": step.link or None,
        "from": step.sender or None,
        "to": step.receiver,
        "predicted": _observation(step.predicted),
        "seen": _observation(step.seen),
        "verdict": step.verdict,
        "after_ms": None if step.after_ms is None else round(step.after_ms, 3),
    }


def _observation(observation: Observation | None) -> dict[str, Any] | None:
    if observation is None:
        return None
    return {"stack": _stack(observation.stack), "ip_ttl": observation.ip_ttl}
