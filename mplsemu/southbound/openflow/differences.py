"""What a switch has against what it should have, flow by flow, in the field's terms."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mplsemu.program.program import Program
from mplsemu.southbound.openflow.decode import decode, decode_match
from mplsemu.southbound.openflow.flow import COOKIE_KIND_MASK, LEARNED_COOKIE
from mplsemu.southbound.openflow.match import Match
from mplsemu.southbound.openflow.pipeline import Table
from mplsemu.southbound.openflow.read import InstalledFlow
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.openflow.words import Words, table_name


class Kind(enum.StrEnum):
    """How an entry differs."""

    MISSING = "missing"
    SURPLUS = "surplus"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that is not as it should be.

    Attributes:
        node: the LSR.
        table: name of the flow table, or its number where it is none of ours.
        entry: which entry of it, for people.
        kind: how it differs.
        found: what it does, None where it is missing.
        wanted: what it should do, None where it should not be there.
    """

    node: str
    table: str
    entry: str
    kind: Kind
    found: str | None
    wanted: str | None

    def __str__(self) -> str:
        where = f"{self.node} {self.table}: {self.entry}"
        match self.kind:
            case Kind.MISSING:
                return f"{where} is missing, should be: {self.wanted}"
            case Kind.SURPLUS:
                return f"{where} should not be there, is: {self.found}"
            case Kind.CHANGED:
                return f"{where} is: {self.found}; should be: {self.wanted}"


def differences(
    program: Program, node: str, installed: Iterable[InstalledFlow]
) -> Iterator[Difference]:
    """Yield where a switch's flows are not those of its LSR; learned MAC addresses aside.

    Every flow is compared whole: what it matches and what it does, whatever its cookie says.
    """
    words = Words(program, node)
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
        does = "something that no flow of ours does" if found is None else words.does(found)
        should = None if expected is None else words.does(expected)
        if does == should:  # told apart only by what words leave out
            does = f"{does}, by other actions"
        entry = f"match {each.match.hex()}" if match is None else words.entry(each.table, match)
        kind = Kind.SURPLUS if expected is None else Kind.CHANGED
        yield Difference(node, table_name(each.table), entry, kind, does, should)
    for flow in wanted.values():
        entry = words.entry(flow.table, flow.match)
        yield Difference(node, table_name(flow.table), entry, Kind.MISSING, None, words.does(flow))


def _key(table: int, priority: int, match: Match) -> tuple[int, int, Match]:
    return int(table), int(priority), match


def _match(installed: InstalledFlow) -> Match | None:
    try:
        return decode_match(installed.match)
    except ValueError:
        return None
