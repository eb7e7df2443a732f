"""Random views of customers' VPNs: any number of sites, parts, hosts, long names, both IPs."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from itertools import pairwise

from hypothesis import strategies as st

from mplsemu.analysis.vrf_reach import ReachablePrefix
from mplsemu.model.vpn import VpnKind
from mplsemu.views.model import (
    BridgeView,
    HostView,
    L3vpnView,
    SiteView,
    VirtualRouter,
)

LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZWM0123456789_.-"
NAMES = st.text(LETTERS, min_size=1, max_size=20)
LONG_NAMES = st.text("WMwmil.-", min_size=200, max_size=255)
CUSTOMERS = st.text(min_size=1, max_size=100).filter(
    lambda text: text.isprintable() and text.strip()
)


@st.composite
def sites(draw: st.DrawFn, most: int = 100) -> list[SiteView]:
    count = draw(st.one_of(st.integers(1, 12), st.integers(1, most)))
    names = draw(st.lists(st.one_of(NAMES, NAMES, LONG_NAMES), min_size=count, max_size=count,
                          unique=True))  # fmt: skip
    shapes = draw(st.lists(_shapes(), min_size=1, max_size=4))
    is_down = draw(st.lists(st.booleans(), min_size=1, max_size=5))
    return [
        _site(name, number, shapes[number % len(shapes)], up=not is_down[number % len(is_down)])
        for number, name in enumerate(names)
    ]


@st.composite
def _shapes(draw: st.DrawFn) -> tuple[int, int, int, bool, int]:
    """How many prefixes of each version, hosts, whether there is a CE, how many MACs."""
    return (
        draw(st.integers(0, 6)),
        draw(st.integers(0, 2)),
        draw(st.one_of(st.integers(0, 5), st.integers(0, 60))),
        draw(st.booleans()),
        draw(st.integers(0, 9)),
    )


def _site(name: str, number: int, shape: tuple[int, int, int, bool, int], *, up: bool) -> SiteView:
    v4, v6, hosts, has_ce, macs = shape
    nets = [f"10.{number}.{net}.0/24" for net in range(v4)]
    wide = [f"2001:db8:{number + 4096:x}:5678:9abc:def{net}::/96" for net in range(v6)]
    first = [*(n.replace(".0/", ".1/") for n in nets), *(w.replace("::/", "::1/") for w in wide)]
    return SiteView(
        name=name,
        up=up,
        prefixes=tuple(ip_network(net) for net in [*nets, *wide]),
        gateways=tuple(ip_interface(text) for text in first),
        ce=ip_address(f"100.64.{number}.2") if has_ce else None,
        hosts=tuple(
            HostView(f"h{host}", f"02:00:00:00:{number:02x}:{host:02x}",
                     tuple(_address(text, host) for text in first))
            for host in range(1, hosts + 1)
        ),
        macs=tuple(f"02:00:00:01:{number:02x}:{mac:02x}" for mac in range(macs)),
    )  # fmt: skip


def _address(first: str, host: int) -> object:
    return ip_interface(first.replace(".1/", f".{host + 1}/").replace("::1/", f"::{host + 1:x}/"))


def _groups(draw: st.DrawFn, things: list, most: int) -> list[list]:
    count = draw(st.integers(1, min(most, len(things))))
    return [things[index::count] for index in range(count)]


@st.composite
def l3vpn_views(draw: st.DrawFn, most: int = 100) -> L3vpnView:
    every = draw(sites(most))
    spread = draw(st.sampled_from([1, 2, 5, 100]))
    homes = _groups(draw, every, max(len(every) // spread, 1))
    partners = tuple(
        ip_network(f"172.16.{index}.0/24") for index in range(draw(st.integers(0, 12)))
    )
    lost = draw(st.sets(st.sampled_from([site.name for site in every]), max_size=3))
    reach = tuple(ReachablePrefix(prefix, None) for prefix in partners)
    routers = []
    for home in homes:
        own = {site.name for site in home}
        lacks = tuple(sorted(lost - own)) if draw(st.booleans()) else ()
        routers.append(VirtualRouter(tuple(home), reach, lacks))
    islands = _groups(draw, routers, draw(st.sampled_from([1, 1, 3, 100])))
    return L3vpnView(
        draw(st.one_of(NAMES, LONG_NAMES)), draw(CUSTOMERS), tuple(map(tuple, islands)), partners
    )


@st.composite
def bridge_views(draw: st.DrawFn, most: int = 100) -> BridgeView:
    every = draw(sites(most))
    is_wire = len(every) == 2 and draw(st.booleans())
    islands = _groups(draw, every, draw(st.sampled_from([1, 1, 2, 100])))
    pairs = [(a.name, b.name) for i in islands for a, b in pairwise(i)]
    severed = draw(st.lists(st.sampled_from(pairs), max_size=20, unique=True)) if pairs else []
    kind = VpnKind.VPWS if is_wire else VpnKind.VPLS
    return BridgeView(
        draw(NAMES), draw(CUSTOMERS), kind, tuple(map(tuple, islands)), tuple(severed)
    )
