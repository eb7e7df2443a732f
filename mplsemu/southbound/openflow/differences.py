"""How a switch's flows differ from those of the program, in the field's terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mplsemu.program.program import Program
from mplsemu.southbound.difference import Difference, DifferenceKind
from mplsemu.southbound.openflow.decode import decode, decode_match
from mplsemu.southbound.openflow.describe import FlowDescriber, table_name
from mplsemu.southbound.openflow.flow import COOKIE_KIND_MASK, LEARNED_COOKIE
from mplsemu.southbound.openflow.match import Match
from mplsemu.southbound.openflow.pipeline import Table
from mplsemu.southbound.openflow.read import InstalledFlow
from mplsemu.southbound.openflow.translate import flows


def differences(
    program: Program, node: str, installed: Iterable[InstalledFlow]
) -> Iterator[Difference]:
    """Yield the differences between a switch's flows and its LSR's, without learned MAC addresses.

    Flows are compared by match and actions, not by cookie.
    """
    describer = FlowDescriber(program, node)
    wanted = {_key(flow.table, flow.priority, flow.match): flow for flow in flows(program, node)}
    for each in sorted(installed, key=lambda flow: (flow.table, -flow.priority, flow.match)):
        if each.table == Table.VSI_FDB and each.cookie & COOKIE_KIND_MASK == LEARNED_COOKIE:
            continue
        found = decode(each)
        match = _match(each)
        expected = (
            None if match is None else wanted.pop(_key(each.table, each.priority, match), None)
        )
        if expected is not None and found == expected:
            continue
        does = "something that no flow of ours does" if found is None else describer.does(found)
        should = None if expected is None else describer.does(expected)
        if does == should:  # the difference is in what the description leaves out
            does = f"{does}, by other actions"
        entry = f"match {each.match.hex()}" if match is None else describer.entry(each.table, match)
        kind = DifferenceKind.SURPLUS if expected is None else DifferenceKind.CHANGED
        yield Difference(node, table_name(each.table), entry, kind, does, should)
    for flow in wanted.values():
        entry = describer.entry(flow.table, flow.match)
        yield Difference(
            node, table_name(flow.table), entry, DifferenceKind.MISSING, None, describer.does(flow)
        )


def _key(table: int, priority: int, match: Match) -> tuple[int, int, Match]:
    return int(table), int(priority), match


def _match(installed: InstalledFlow) -> Match | None:
    try:
        return decode_match(installed.match)
    except ValueError:
        return None
