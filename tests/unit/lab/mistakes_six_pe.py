"""Mistakes in what a lab file says of 6PE, put into `GOOD` one by one."""

_C = "  c:\n    type: vpls\n"
_SITE = 'oslo: {pe: no, subnet: "2001:db8:3::/64"'


def _table(text: str) -> str:
    return f"  six:\n    type: 6pe\n    {text}\n{_C}"


def _sites(text: str) -> str:
    return _table(f"sites: {{{_SITE}}}, {text}}}")


# what stands in GOOD, what a person writes in its place, the line, the problem, the remedy
MISTAKES = {
    "6pe with IPv4": (
        _C,
        _sites("dk: {pe: dk, subnet: 10.6.0.0/24}"),
        25,
        "site six/dk: 10.6.0.0/24 is of IPv4, and 6pe carries IPv6 alone",
        "write an IPv6 prefix, or sell it as an l3vpn",
    ),
    "6pe with an IPv4 link": (
        _C,
        _sites('dk: {pe: dk, subnet: "2001:db8:1::/64", ce: {wan: 10.6.0.0/30}}'),
        25,
        "site six/dk: 10.6.0.0/30 is of IPv4",
        "write an IPv6 network, or leave wan out",
    ),
    "6pe with a route distinguisher": (
        _C,
        _table(f"rd: 64512:7\n    sites: {{{_SITE}}}}}"),
        25,
        "vpn six: unknown key 'rd'",
        "only an l3vpn has a route distinguisher: leave it out",
    ),
    "6pe with route targets": (
        _C,
        _table(f"import: 64512:7\n    sites: {{{_SITE}}}}}"),
        25,
        "vpn six: unknown key 'import'",
        "only an l3vpn has route targets: leave it out",
    ),
    "6pe with hubs": (
        _C,
        _table(f"topology: hub-and-spoke\n    sites: {{{_SITE}}}}}"),
        25,
        "vpn six: unknown key 'topology'",
        "only an l3vpn or a vpls has hubs and spokes: leave it out",
    ),
    "site of 6pe with a route target": (
        _C,
        _table(f"sites: {{{_SITE}, export: 64512:7}}}}"),
        25,
        "site six/oslo: routes of the global table have no route targets",
        "leave export out, or sell it as an l3vpn",
    ),
    "site of 6pe that is a hub": (
        _C,
        _table(f"sites: {{{_SITE}, role: hub}}}}"),
        25,
        "site six/oslo: in the global table each site reaches every other",
        "leave role out",
    ),
    "two tables of 6pe": (
        _C,
        f"  one: {{type: 6pe, sites: {{{_SITE}}}}}}}\n" + _table(f"sites: {{{_SITE}}}}}"),
        25,
        "vpn six: PEs have one global IPv6 table, which is vpn one (line 23) already",
        "write its sites there, or sell it as an l3vpn",
    ),
    "6pe with a static route of IPv4": (
        _C,
        _table(f"sites: {{{_SITE}, routes: 10.0.0.0/8 via 2001:db8:3::2}}}}"),
        25,
        "10.0.0.0/8 via 2001:db8:3::2",
        "",
    ),
}
