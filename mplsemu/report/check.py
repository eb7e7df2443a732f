"""What ``check --json`` prints: the verdict on a lab, and on its failures."""

from __future__ import annotations

from typing import Any

from mplsemu.analysis.lab_check import CheckReport, evidence
from mplsemu.analysis.lab_size import lab_size
from mplsemu.analysis.survey import Outage, Survey
from mplsemu.analysis.traffic import LinkLoad, Traffic
from mplsemu.model.network import Network, must_fail
from mplsemu.report.trace import trace_object
from mplsemu.report.value import json_value
from mplsemu.verification.largest_packet import LargestPacket, largest_packets
from mplsemu.verification.validate import Proof
from mplsemu.verification.verdict import Violation


def check_object(report: CheckReport, network: Network, notes: tuple[str, ...]) -> dict[str, Any]:
    """Return what was found of a lab, and what to know about it."""
    verdict = report.verdict
    return {
        "lab": network.name,
        "holds": report.holds,
        "counts": {
            **json_value(lab_size(network, report.program)),
            "pairs": verdict.pairs,
            "walks": verdict.walks,
            "ingresses": verdict.ingresses,
            "classes": verdict.classes,
        },
        "notes": list(notes),
        "largest": [_largest(each) for each in largest_packets(report.program)],
        "violations": [_violation(violation) for violation in verdict.violations],
        "validate": [_proof(proof) for proof in report.proofs],
        "failures": _survey(report.survey),
        "load": _traffic(report.survey.traffic if report.survey else None),
    }


def _largest(largest: LargestPacket) -> dict[str, Any]:
    return {
        "vpn": largest.vpn,
        "of": "frame" if largest.framed else "packet",
        "octets": largest.octets,
        "narrower": [[*pair, octets] for pair, octets in largest.narrower],
        "short": [[*each.pair, each.octets, each.wanted] for each in largest.short],
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "name": str(proof.check),
        "src": str(proof.check.source),
        "dst": str(proof.check.target),
        "expect": "isolate" if must_fail(proof.check) else "reach",
        "ok": proof.ok,
        "detail": proof.detail,
    }


def _violation(violation: Violation) -> dict[str, Any]:
    trace = evidence(violation)
    return {
        "check": violation.invariant.value,
        "subject": violation.subject,
        "detail": violation.detail,
        "class": list(violation.stands_for),
        "sources": list(violation.sources),
        "targets": list(violation.targets),
        "trace": None if trace is None else trace_object(trace),
    }


def _survey(survey: Survey | None) -> dict[str, Any]:
    if survey is None:
        return {"links": 0, "of": "links", "tried": 0, "fatal": [], "single_points": []}
    return {
        "links": survey.max_down,
        "of": "nodes" if survey.of_nodes else "links",
        "tried": survey.tried,
        "fatal": [_outage(outage) for outage in survey.outages],
        "single_points": [outage.down[0] for outage in survey.single_points],
    }


def _outage(outage: Outage) -> dict[str, Any]:
    return {
        "down": list(outage.down),
        "pairs": [list(pair) for pair in outage.pairs],
        "parts": {vpn: [list(part) for part in parts] for vpn, parts in outage.parts},
        "violations": [
            {"check": each.invariant.value, "subject": each.subject, "detail": each.detail}
            for each in outage.violations
        ],
    }


def _traffic(traffic: Traffic | None) -> dict[str, Any] | None:
    if traffic is None:
        return None
    return {
        "demands": len(traffic.demands),
        "demanded_bps": sum(demand.bps for demand in traffic.demands),
        "lost_bps": traffic.lost_bps,
        "worst_lost_bps": traffic.worst_lost_bps,
        "worst_lost_down": list(traffic.worst_lost_down),
        "links": [_load(row) for row in traffic.links],
    }


def _load(row: LinkLoad) -> dict[str, Any]:
    return {
        "link": row.link,
        "from": row.sender,
        "to": row.receiver,
        "bandwidth_bps": row.bandwidth_bps,
        "bps": row.bps,
        "worst_bps": row.worst_bps,
        "worst_down": list(row.worst_down),
    }
