"""What ``mplsemu check`` prints as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from rich.text import Text

from mplsemu.analysis.lab_check import CheckReport, evidence
from mplsemu.analysis.lab_size import lab_size
from mplsemu.analysis.survey import Outage, Survey
from mplsemu.analysis.traffic import LinkLoad, Traffic
from mplsemu.model.network import Network
from mplsemu.verification.largest_packet import LargestPacket, largest_packets
from mplsemu.verification.verdict import Invariant, Violation
from mplsemu.views.phrases import count, of
from mplsemu.views.text import palette
from mplsemu.views.text.columns import Column, columns, wrapped
from mplsemu.views.text.trace import draw_trace
from mplsemu.views.trace import TraceView
from mplsemu.views.units import rate

_MAX_TRACES: Final = 3
_MAX_LINES: Final = 20
_SEVERE: Final = (Invariant.ISOLATE, Invariant.LOOP)
_MAX_NAMES: Final = 3
_NOUNS: Final = {"lsrs": "LSRs", "vpns": "VPNs", "lsps": "LSPs"}
_FULL: Final = 1.0


def draw_report(
    report: CheckReport, network: Network, notes: tuple[str, ...], width: int
) -> list[Text]:
    """Return the lines of a whole report."""
    found = asdict(lab_size(network, report.program))
    words = [
        count(number, _NOUNS.get(what, what).removesuffix("s")) for what, number in found.items()
    ]
    lines = [Text(f" Lab {network.name}", palette.TITLE)]
    lines += wrapped(words, width=width - 1, indent=" ")
    for note in notes:
        lines += wrapped(
            note.split(" "), width=width - 1, indent="   ", first=" note: ", joint=" "
        )  # fmt: skip
    lines += [Text(), *_draw_verdict(report, width), *_draw_proofs(report)]
    lines += _draw_largest(report)
    if report.survey is not None:
        lines += _draw_survey(report.survey, network)
    verdict = ("✓ holds", palette.GOOD) if report.holds else ("✗ falls short", palette.BAD)
    return [*lines, Text(" ").append(*verdict)]


def draw_problem(text: str, *, indent: str = "   ") -> list[Text]:
    """Return a problem, as highlighted lines."""
    lines = wrapped(text.split(" "), width=79, indent=indent + "  ", first=indent, joint=" ")
    return [Text(line.plain, palette.DOWN) for line in lines]


def few(names: Sequence[str], most: int = _MAX_NAMES) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _marked(good: bool) -> Text:
    return Text(" ").append(*(("✓", palette.GOOD) if good else ("✗", palette.BAD)))


def _draw_verdict(report: CheckReport, width: int) -> list[Text]:
    verdict = report.verdict
    pairs, kinds = verdict.pairs, verdict.classes
    text = f"{pairs:,} pair{'' if pairs == 1 else 's'} of hosts; "
    text += f"{kinds:,} kind{'' if kinds == 1 else 's'} of packets "
    text += f"from {count(verdict.ingresses, 'circuit')}: "
    if verdict.holds:
        return [_marked(True).append(f" {text}as they should be")]
    lines = [_marked(False).append(f" {text}{count(len(verdict.violations), 'fault')}")]
    lines += _draw_violations(sorted(verdict.violations, key=_rank))
    shown = [each for each in _one_of_each_first(verdict.violations) if each.walk is not None]
    for violation in shown[:_MAX_TRACES]:
        lines += _draw_evidence(violation, width)
    if len(shown) > _MAX_TRACES:
        more = count(len(shown) - _MAX_TRACES, "fault")
        lines += [Text(), *draw_problem(f"the packets of {more} more: --json", indent=" ")]
    return [*lines, Text()]


def _rank(violation: Violation) -> int:
    """Return a sort key: what can harm other customers comes first."""
    return int(violation.invariant not in _SEVERE)


def _one_of_each_first(violations: Sequence[Violation]) -> list[Violation]:
    """Return them reordered: one of each invariant before a second one, grave ones first."""
    seen: Counter[Invariant] = Counter()
    order: list[tuple[int, Violation]] = []
    for violation in sorted(violations, key=_rank):
        order.append((seen[violation.invariant], violation))
        seen[violation.invariant] += 1
    return [violation for _, violation in sorted(order, key=lambda each: each[0])]


def _draw_evidence(violation: Violation, width: int) -> list[Text]:
    """Draw the packet that shows a violation, hop by hop."""
    trace = evidence(violation)
    if trace is None or not trace.hops:
        return []
    view = TraceView.of(
        trace,
        violation.detail,
        fault="not delivered"
        if violation.invariant is Invariant.REACH
        else violation.invariant.value,
        headed=True,
        detailed=violation.invariant is Invariant.TTL,
    )
    return [Text(), *draw_trace(view, width), *_draw_class(violation)]


def _draw_class(violation: Violation) -> list[Text]:
    """Draw which packets this one stands for."""
    if not violation.stands_for:
        return []
    text = f"so it is with {few(violation.stands_for)}, from {few(violation.sources)}"
    return wrapped(text.split(" "), width=79, indent="   ", joint=" ")


def _draw_violations(violations: Sequence[Violation], most: int = _MAX_LINES) -> list[Text]:
    lines: list[Text] = []
    for violation in violations[:most]:
        lines += draw_problem(str(violation))
    if len(violations) > most:
        lines += draw_problem(f"and {len(violations) - most:,} more")
    return lines


def _draw_proofs(report: CheckReport) -> list[Text]:
    tried = [proof for proof in report.proofs if proof.ok is not None]
    if not report.proofs:
        return []
    good = sum(bool(proof.ok) for proof in tried)
    text = f" validate: {of(good, len(tried), 'check')}"
    if len(tried) < len(report.proofs):
        text += f"; {len(report.proofs) - len(tried)} for `mplsemu test` to measure"
    lines = [_marked(good == len(tried)).append(text)]
    for proof in tried:
        if not proof.ok:
            lines += draw_problem(f"{proof.check}: {proof.detail}")
    return lines


# Sizes -------------------------------------------------------------------------------------------


def _draw_largest(report: CheckReport) -> list[Text]:
    """Draw how large packets and frames may be; VPNs of the same size share a line."""
    found = largest_packets(report.program)
    together: dict[tuple[bool, int], list[str]] = {}
    for each in found:
        together.setdefault((each.framed, each.octets), []).append(each.vpn)
    sizes = [
        f"{octets:,} octets, {'frames' if framed else 'packets'} of {few(names, 12)}"
        for (framed, octets), names in together.items()
    ]
    if not sizes:
        return []
    lines = wrapped(
        f"largest: {'; '.join(sizes)}".split(" "), width=79, indent="   ", first=" ", joint=" "
    )
    short = {each.pair for largest in found for each in largest.short}
    narrower = [pair for each in found for pair in each.narrower if pair[0] not in short]
    for (source, target), octets in narrower[:_MAX_LINES]:
        lines.append(Text(f"   {source} to {target}: {octets:,}"))
    if len(narrower) > _MAX_LINES:
        lines.append(Text(f"   and {len(narrower) - _MAX_LINES:,} more", palette.FAINT))
    return [*lines, *_draw_short(found)]


def _draw_short(found: Sequence[LargestPacket]) -> list[Text]:
    """Draw the pairs between which the provider carries less than their own lines do."""
    lines: list[Text] = []
    for framed, fate in (
        (False, "a PE fragments larger packets, or tells their source (RFC 1191)"),
        (True, "larger frames are lost without a word"),
    ):
        short = [each for largest in found if largest.framed is framed for each in largest.short]
        if not short:
            continue
        what = "frames" if framed else "packets"
        lines.append(Text(f" the core takes smaller {what} than the sites; {fate}", palette.DOWN))
        for each in short[:_MAX_LINES]:
            source, target = each.pair
            lines.append(Text(f"   {source} to {target}: {each.octets:,} of {each.wanted:,}"))
        if len(short) > _MAX_LINES:
            lines.append(Text(f"   and {len(short) - _MAX_LINES:,} more", palette.FAINT))
    return lines


# Failures ----------------------------------------------------------------------------------------


def _draw_survey(survey: Survey, network: Network) -> list[Text]:
    survived = survey.tried - len(survey.outages)
    what = "LSR" if survey.of_nodes else "link"
    text = f" up to {count(survey.max_down, what)} down: "
    text += f"{survived:,} of {count(survey.tried, 'case')} survived"
    lines = [_marked(not survey.outages).append(text)]
    shown = survey.minimal_outages
    vpn_of = {line.circuit: vpn.name for vpn, line in network.lines()}
    for outage in shown[:_MAX_LINES]:
        lines += _draw_outage(outage, vpn_of)
    if len(shown) > _MAX_LINES:
        lines += draw_problem(f"and {len(shown) - _MAX_LINES:,} more")
    hidden = len(survey.outages) - len(shown)
    if hidden:
        lines += draw_problem(f"and {count(hidden, 'case')} with one of these in it")
    if shown and not survey.of_nodes:
        down = " ".join(f"--down {name}" for name in shown[0].down)
        lines += wrapped(
            f"the packets of the first: check LAB {down}".split(" "),
            width=79,
            indent="   ",
            joint=" ",
        )
    points = survey.single_points
    if survey.tried:
        text = f" single points of failure: {few([p.down[0] for p in points], 12) or 'none'}"
        lines += wrapped(text.split(" "), width=79, indent="   ", first="", joint=" ")
    if survey.traffic is not None:
        lines += _draw_traffic(survey.traffic)
    return lines


def _draw_outage(outage: Outage, vpn_of: Mapping[str, str]) -> list[Text]:
    name = ", ".join(outage.down)
    if not outage.pairs:  # something is wrong, but no site is cut off
        faults = count(len(outage.violations), "fault")
        return [
            *draw_problem(f"✗ {name}: {faults}"),
            *_draw_violations(outage.violations, most=_MAX_NAMES),
        ]
    lines = draw_problem(f"✗ {name}: {count(len(outage.pairs), 'pair')} of sites cut off")
    for vpn, parts in outage.parts:
        joined = " | ".join(", ".join(part) for part in parts)
        lines += draw_problem(f"  VPN {vpn} falls apart: {joined}")
    apart = {vpn for vpn, _ in outage.parts}
    rest = [f"{a} and {b}" for a, b in outage.pairs if vpn_of[a] not in apart]
    if rest:
        lines += draw_problem(f"  {few(rest)}")
    others = [
        each
        for each in outage.violations
        if each.invariant is Invariant.ISOLATE or not each.targets
    ]
    return [*lines, *_draw_violations(others, most=_MAX_NAMES)]


def _draw_traffic(traffic: Traffic) -> list[Text]:
    """Draw the load of the links, the fullest first."""
    total = sum(demand.bps for demand in traffic.demands)
    text = f" load: {count(len(traffic.demands), 'demand')}, {rate(total)}"
    if traffic.lost_bps:
        text += f"; {rate(traffic.lost_bps)} has no way"
    if traffic.worst_lost_down:
        with_what = _joined(traffic.worst_lost_down)
        text += f"; up to {rate(traffic.worst_lost_bps)} lost, with {with_what} down"
    lines = wrapped(text.split(" "), width=79, indent="   ", first="", joint=" ")
    heads = (Column("link"), Column("from"), Column("to"), Column("load", right=True),
             Column("at worst", right=True), Column("with down"))  # fmt: skip
    rows = [
        (
            Text(row.link, palette.DOWN if _share(row) > _FULL else ""),
            row.sender,
            row.receiver,
            _portion(row.bps, row),
            _portion(row.worst_bps, row),
            _joined(row.worst_down),
        )
        for row in traffic.links[:_MAX_LINES]
    ]
    lines += columns(heads, rows, indent=3)
    if len(traffic.links) > _MAX_LINES:
        lines.append(Text(f"   and {len(traffic.links) - _MAX_LINES:,} more", palette.FAINT))
    full = [row for row in traffic.links if _share(row) > _FULL]
    if full:
        lines += draw_problem(f"{count(len(full), 'line')} above what the link can carry")
    return lines


def _joined(names: Sequence[str]) -> str:
    return " and ".join(names)


def _share(row: LinkLoad) -> float:
    return row.worst_bps / row.bandwidth_bps


def _portion(bps: float, row: LinkLoad) -> str:
    """Return a rate and its share of the link's bandwidth; ``-`` for no load."""
    if not bps:
        return "-"
    return f"{rate(bps)} ({bps / row.bandwidth_bps:.0%})"
