"""Which LSRs have a table."""

from __future__ import annotations

from typing import Final

from mplsemu.model.natural_order import natural
from mplsemu.model.topology import Role
from mplsemu.program.program import NodeProgram, Program

_ONLY_AT_PES: Final = frozenset({"vrf", "vsi"})


def lsrs_with(program: Program, table: str, node: str | None = None) -> list[NodeProgram]:
    """Return the LSRs that have a table, by name, or the one that is asked for.

    Args:
        program: what is shown.
        table: ``lfib``, ``labels``, ``lsp``, ``vrf`` or ``vsi``.
        node: the one, whether it has the table or not.

    Raises:
        ProgramError: there is no such LSR.
    """
    if node is not None:
        return [program.node(node)]
    found = [each for each in program.nodes if table not in _ONLY_AT_PES or each.role is Role.PE]
    return sorted(found, key=lambda each: natural(each.name))
