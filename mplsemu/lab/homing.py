"""The PEs of a site in a lab file: one, or two of a dual-homed site."""

from __future__ import annotations

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawBridgedSite
from mplsemu.model.vpn import Homing, VpnKind

MAX_LINES = 2


def homing_of(
    document: Document, path: Path, raw: RawBridgedSite, kind: VpnKind
) -> tuple[tuple[str, ...], Homing]:
    """Return the PEs of a site's lines, empty if it has one line, and what several do.

    Args:
        document: the lab file, for its lines.
        path: of the site.
        raw: what the file says of it.
        kind: of its VPN.

    Raises:
        LabError: two lines lead to one PE, or it cannot have two.
    """
    site = f"site {path[1]}/{path[3]}"
    if len(raw.pe) == 1:
        if raw.mode is not None:
            raise document.error(
                (*path, "mode"),
                f"{site} has one line, to {raw.pe[0]}: mode says what several do",
                f"write two PEs, as in pe: [{raw.pe[0]}, ...], or leave mode out",
            )
        return (), Homing.STANDBY
    where: Path = (*path, "pe")
    if len(raw.pe) > MAX_LINES:
        raise document.error(
            where, f"{site} has {len(raw.pe)} lines; it can have two", "write two PEs"
        )
    if len(set(raw.pe)) < len(raw.pe):
        raise document.error(
            where,
            f"{site} has two lines to {raw.pe[0]}: nothing is gained where that fails",
            "write two different PEs, or one",
        )
    if raw.vlan is not None or raw.port is not None:
        key = "port" if raw.vlan is None else "vlan"
        raise document.error(
            (*path, key),
            f"{site} has two lines, and {key!r} is about one",
            f"leave {key} out, or write one PE",
        )
    if raw.mode == Homing.LOAD_SHARING.value and kind.is_layer2:
        raise document.error(
            (*path, "mode"),
            f"the lines of {site} cannot share the load: PEs of a {kind} know no site with several "
            "lines, so its frames would come twice (RFC 4762 section 6.2; EVPN can, RFC 7432)",
            "write standby, or make it an l3vpn",
        )
    return tuple(raw.pe), Homing(raw.mode) if raw.mode else Homing.STANDBY
