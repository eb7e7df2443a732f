"""Mistakes in what a lab file says of links' metrics and MTUs, put into `GOOD` one by one."""

from tests.unit.lab.mistakes import LINK, NET

# what stands in GOOD, what a person writes in its place, the line, the problem, the remedy
MISTAKES = {
    "metric back": (LINK, "- {ends: [dk, p1], metric: [1, 0]}", 9, "0 is out of", "1 to 65535"),
    "metrics": (
        LINK,
        "- {ends: [dk, p1], metric: [1, 2, 3]}",
        9,
        "3 metrics, and a link has two directions",
        "write one metric, or [THERE, BACK]",
    ),
    "mtu word": (LINK, "- {ends: [dk, p1], mtu: jumbo}", 9, "'jumbo' is not a number", "9216"),
    "mtu of a stack": (
        LINK,
        "- {ends: [dk, p1], mtu: 79}",
        9,
        "mtu: 79 is out of range",
        "write octets from 80 (IPv4's 68 octets and a stack of three labels) to 16000",
    ),
    "mtu large": (LINK, "- {ends: [dk, p1], mtu: 65536}", 9, "65536 is out of", "to 16000"),
    "mtu of all links": (
        "provider:",
        "provider:\n  defaults: {mtu: 0}",
        3,
        "mtu: 0 is out of range",
        "write octets from 80",
    ),
    "mtu of a site": (
        NET,
        f"{NET}, mtu: 67",
        16,
        "mtu: 67 is out of range",
        "write octets from 68 (IPv4's smallest, RFC 791) to 16000",
    ),
    "mtu of a site beyond the core": (
        NET,
        f"{NET}, mtu: 9000",
        16,
        "site a/aarhus: mtu 9000, and no core link carries packets of more than 1596 octets",
        "write 1596 or less, or provider.defaults {mtu: N} with N of 9012 or more",
    ),
    "mtu of a bridged site beyond the core": (
        "malmo: {pe: se}",
        "malmo: {pe: se, mtu: 1583}",
        28,
        "site c/malmo: mtu 1583, and no core link carries packets of more than 1582 octets",
        "write 1582 or less",
    ),
    "mtu of a site with IPv6": (
        NET,
        '["192.168.1.0/24", "2001:db8:1::/64"], mtu: 1279',
        16,
        "site a/aarhus: mtu 1279, and IPv6 needs 1280 octets on every link",
        "write 1280 or more, or leave its IPv6 subnet out",
    ),
    "mtu of a bridged site with IPv6": (
        "subnet: 10.0.0.0/24\n    sites:\n      odense: {pe: dk, hosts: 2}",
        'subnet: "2001:db8:9::/64"\n    sites:\n      odense: {pe: dk, hosts: 2, mtu: 1000}',
        27,
        "site c/odense: mtu 1000, and IPv6 needs 1280 octets",
        "write 1280 or more",
    ),
    "mtu of a host that its PE would not hear": (
        NET,
        "192.168.1.0/24, hosts: {h1: {mtu: 1605}, h2: }",
        16,
        "a/aarhus/h1: mtu 1605, and its PE, on a line of 1500, hears of no packet of more than",
        "write 1604 or less, or a larger mtu for the site",
    ),
    "mtu of a host that its CE would not hear": (
        "oslo: {pe: no,",
        "oslo: {hosts: {h1: {mtu: 1501}}, pe: no,",
        17,
        "host a/oslo/h1: mtu 1501, and its CE router, on a line of 1500",
        "write 1500 or less",
    ),
    "mtu of a host with IPv6": (
        NET,
        '["192.168.1.0/24", "2001:db8:1::/64"], hosts: {h1: {mtu: 1000}, h2: }',
        16,
        "host a/aarhus/h1: mtu 1000, and IPv6 needs 1280 octets",
        "write 1280 or more, or give the host IPv4 addresses alone",
    ),
    "metrics of all links": (
        "provider:",
        "provider:\n  defaults: {metric: [1, 2]}",
        3,
        "a list where a whole number is due",
        "write a whole number",
    ),
}
