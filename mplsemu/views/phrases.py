"""Phrases of pictures and messages: counts of things, and lists of names that are cut if long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from mplsemu.model.limits import ACCESS_MTU
from mplsemu.views.model import LinkView, SecondLine, VpnView

_SHORT: Final = 24


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 site``, ``2 sites``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def of(good: int, tried: int, noun: str = "") -> str:
    """Return ``1 of 1 check as it should be``, ``5 of 6 checks as they should be``."""
    tried_ = count(tried, noun) if noun else str(tried)
    return f"{good} of {tried_} as {'it' if tried == 1 else 'they'} should be"


def listed(words: Sequence[str], most: int = 8) -> str:
    """Return ``a, b and c``; beyond `most` words, ``a, b, c and 9 more``."""
    if len(words) > most + 1:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def metric_of(link: LinkView) -> str:
    """Return ``metric 10``, or ``metric 10 from a, 30 from b``; of a border its option."""
    if link.border is not None:
        return f"border, option {link.border.value}"
    if isinstance(link.metric, int):
        return f"metric {link.metric}"
    (first, second), (there, back) = link.ends, link.metric
    return f"metric {there} from {first}, {back} from {second}"


def line_words(vlan: str | None, mtu: int, port: str | None = None) -> str:
    """Return what is special about an access line: ``VLAN 100 on uplink7, MTU 9000``."""
    tag = "" if vlan is None else f"VLAN {vlan}"
    if port is not None:
        tag = f"{tag or 'untagged'} on {port}"
    return ", ".join(filter(None, (tag, "" if mtu == ACCESS_MTU else f"MTU {mtu}")))


def words_of_lines(vpn: VpnView) -> dict[str, str]:
    """Return what is special about the access lines of a VPN, by site."""
    return {line.site: line_words(line.vlan, line.mtu, line.port) for line in vpn.lines}


def second_line_words(state: SecondLine | None) -> str:
    """Return what is said of the other line of a dual-homed site."""
    match state:
        case SecondLine.STANDBY:
            return "second line stands by"
        case SecondLine.SHARING:
            return "two lines share the load"
        case SecondLine.DOWN | None:
            return "✗ second line down"
        case _:
            assert_never(state)


def others(names: Sequence[str]) -> str:
    """Return the names if that is short, else their number."""
    few = listed(names, 3)
    is_short = len(few) <= _SHORT or len(names) == 1
    return few if is_short else f"the other {count(len(names), 'site')}"
