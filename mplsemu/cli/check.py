"""``mplsemu check``: parse, validate, compile and verify a lab, without running it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from mplsemu.cli.arguments import add_json, add_lab, checked_down

if TYPE_CHECKING:
    from rich.text import Text

    from mplsemu.cli.arguments import Subparsers
    from mplsemu.cli.checking import Outage, Report
    from mplsemu.model.network import Network
    from mplsemu.program.program import Program
    from mplsemu.verification.verdict import Violation

_MOST_TRACES: Final = 3
_MOST_LINES: Final = 20


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "check",
        help="parse, validate, compile and verify a lab, without running it",
        description="Proves on the forwarding program that every host reaches whom it should and "
        "nobody else. Exit code 0: it holds; 1: it falls short; 2: the lab file is wrong.",
    )
    add_lab(parser)
    parser.add_argument(
        "--failures",
        metavar="K",
        type=_failures,
        default=0,
        help="also with every set of up to K core links down, each recompiled",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def _failures(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of links, 0 to 999")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Check, and print what was found."""
    from mplsemu.cli.checking import check_network
    from mplsemu.cli.output import print_json, print_lines, terminal_width
    from mplsemu.cli.progress import Bar
    from mplsemu.lab.loader import load

    lab = load(args.lab)
    down = frozenset(checked_down(lab.network, name) for name in args.down)
    with Bar() as bar:
        report = check_network(lab.network, down, args.failures, bar.update)
    if args.json:
        print_json(_as_json(report, lab.network, lab.notes))
    else:
        print_lines(_draw(report, lab.network, lab.notes, terminal_width()))
    return 0 if report.holds else 1


def _counts(network: Network, program: Program) -> dict[str, int]:
    return {
        "lsrs": len(program.nodes),
        "links": len(program.links),
        "vpns": len(program.vpns),
        "sites": sum(1 for _ in network.sites()),
        "hosts": sum(1 for _ in network.hosts()),
        "lsps": sum(len(node.ftn) for node in program.nodes),
        "labels": sum(len(node.ilm) for node in program.nodes),
        "routes": sum(len(vrf.routes) for node in program.nodes for vrf in node.vrfs),
        "pseudowires": sum(len(v.pseudowires) for node in program.nodes for v in node.vsis),
    }


def _as_json(report: Report, network: Network, notes: tuple[str, ...]) -> dict[str, Any]:
    from mplsemu.model.network import is_unwanted

    return {
        "lab": network.name,
        "holds": report.holds,
        "counts": {
            **_counts(network, report.program),
            "pairs": report.verdict.pairs,
            "walks": report.verdict.walks,
        },
        "notes": list(notes),
        "violations": [_violation(violation) for violation in report.verdict.violations],
        "validate": [
            {
                "name": str(proof.check),
                "src": str(proof.check.source),
                "dst": str(proof.check.target),
                "expect": "isolate" if is_unwanted(proof.check) else "reach",
                "ok": proof.ok,
                "detail": proof.detail,
            }
            for proof in report.proofs
        ],
        "failures": {
            "links": report.failures,
            "tried": report.tried,
            "fatal": [_outage(outage) for outage in report.outages],
        },
    }


def _outage(outage: Outage) -> dict[str, Any]:
    return {
        "down": list(outage.down),
        "parts": {vpn: [list(part) for part in parts] for vpn, parts in outage.parts},
        "violations": [
            {"check": each.check.value, "subject": each.subject, "detail": each.detail}
            for each in outage.violations
        ],
    }


def _violation(violation: Violation) -> dict[str, Any]:
    from mplsemu.cli.checking import evidence

    return {
        "check": violation.check.value,
        "subject": violation.subject,
        "detail": violation.detail,
        "trace": evidence(violation),
    }


def _draw(report: Report, network: Network, notes: tuple[str, ...], width: int) -> list[Text]:
    from rich.text import Text

    from mplsemu.views.text import palette
    from mplsemu.views.text.columns import wrapped

    counts = _counts(network, report.program)
    names = {"lsrs": "LSRs", "vpns": "VPNs", "lsps": "LSPs"}
    nouns = {what: names.get(what, what) for what in counts}
    words = [
        f"{number:,} {nouns[what].removesuffix('s') if number == 1 else nouns[what]}"
        for what, number in counts.items()
    ]
    lines = [Text(f" Lab {network.name}", palette.TITLE)]
    lines += wrapped(words, width=width - 1, indent=" ")
    for note in notes:
        lines += wrapped(
            note.split(" "), width=width - 1, indent="   ", first=" note: ", joint=" "
        )  # fmt: skip
    lines += [Text(), *_draw_verdict(report, width), *_draw_proofs(report), *_draw_outages(report)]
    verdict = ("✓ holds", palette.GOOD) if report.holds else ("✗ falls short", palette.BAD)
    return [*lines, Text(" ").append(*verdict)]


def _draw_verdict(report: Report, width: int) -> list[Text]:
    from rich.text import Text

    from mplsemu.cli.checking import evidence
    from mplsemu.views.text import palette
    from mplsemu.views.text.trace import draw_trace
    from mplsemu.views.trace import TraceView

    found = report.verdict
    said = f"{found.pairs:,} pairs of hosts ({found.walks:,} packets followed)"
    if found.holds:
        return [Text(" ").append("✓", palette.GOOD).append(f" {said}: all as they should be")]
    count = len(found.violations)
    lines = [Text(" ").append("✗", palette.BAD).append(f" {said}: {count:,} faults")]
    lines += _draw_violations(found.violations)
    for violation in found.violations[:_MOST_TRACES]:
        trace = evidence(violation)
        if trace is not None and trace["hops"]:
            view = TraceView.from_json(trace, reason=violation.detail)
            lines += [Text(), *draw_trace(view, width)]
    return [*lines, Text()]


def _draw_violations(violations: tuple[Violation, ...], most: int = _MOST_LINES) -> list[Text]:
    lines: list[Text] = []
    for violation in violations[:most]:
        lines += _complaint(str(violation))
    if len(violations) > most:
        lines += _complaint(f"and {len(violations) - most:,} more")
    return lines


def _complaint(said: str) -> list[Text]:
    from rich.text import Text

    from mplsemu.views.text import palette
    from mplsemu.views.text.columns import wrapped

    lines = wrapped(said.split(" "), width=79, indent="     ", first="   ", joint=" ")
    return [Text(line.plain, palette.DOWN) for line in lines]


def _draw_proofs(report: Report) -> list[Text]:
    from rich.text import Text

    from mplsemu.views.text import palette

    tried = [proof for proof in report.proofs if proof.ok is not None]
    if not report.proofs:
        return []
    good = sum(bool(proof.ok) for proof in tried)
    sign = ("✓", palette.GOOD) if good == len(tried) else ("✗", palette.BAD)
    said = f" validate: {good} of {len(tried)} checks as they should be"
    if len(tried) < len(report.proofs):
        said += f"; {len(report.proofs) - len(tried)} for `mplsemu test` to measure"
    lines = [Text(" ").append(*sign).append(said)]
    for proof in tried:
        if not proof.ok:
            lines += _complaint(f"{proof.check}: {proof.detail}")
    return lines


def _draw_outages(report: Report) -> list[Text]:
    from rich.text import Text

    from mplsemu.views.text import palette
    from mplsemu.views.text.site import count

    if not report.failures:
        return []
    survived = report.tried - len(report.outages)
    sign = ("✗", palette.BAD) if report.outages else ("✓", palette.GOOD)
    said = f" up to {count(report.failures, 'link')} down: "
    said += f"{survived:,} of {count(report.tried, 'case')} survived"
    lines = [Text(" ").append(*sign).append(said)]
    for outage in report.outages[:_MOST_LINES]:
        lines += _complaint(f"✗ {', '.join(outage.down)}: {len(outage.violations)} faults")
        for vpn, parts in outage.parts:
            joined = " | ".join(", ".join(part) for part in parts)
            lines += _complaint(f"  VPN {vpn} falls apart: {joined}")
        if not outage.parts:
            lines += _draw_violations(outage.violations, most=3)
    if len(report.outages) > _MOST_LINES:
        lines += _complaint(f"and {len(report.outages) - _MOST_LINES:,} more")
    return lines
