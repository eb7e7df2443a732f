"""Mistakes in what a lab file says of DHCP relay agents, put into `GOOD` one by one."""

from tests.unit.lab.mistakes import NET

# what stands in GOOD, what a person writes in its place, the line, the problem, the remedy
MISTAKES = {
    "dhcp_relay word": (NET, f"{NET}, dhcp_relay: oslo", 16, "'oslo' is not an address", "write"),
    "dhcp_relay of IPv6": (
        NET,
        f'{NET}, dhcp_relay: "2001:db8::7"',
        16,
        "a/aarhus: a DHCPv6 relay agent asks the server 2001:db8::7 in the name of an IPv6 add",
        "add an IPv6 subnet, or write another server",
    ),
    "dhcp_relay on its own LAN": (
        NET,
        f"{NET}, dhcp_relay: 192.168.1.2",
        16,
        "192.168.1.2 is on its own LAN",
        "write the address of a server at another site",
    ),
    "dhcp_relay twice": (
        NET,
        f"{NET}, dhcp_relay: [192.168.3.2, 192.168.3.2]",
        16,
        "192.168.3.2 is there twice",
        "write each server once",
    ),
    "dhcp_relay behind a CE router": (
        "ce: router}",
        "ce: router, dhcp_relay: 192.168.1.2}",
        17,
        "site a/oslo: its PE hears no broadcast of a LAN that is behind a CE router",
        "leave dhcp_relay out, or the CE router",
    ),
    "dhcp_relay of a dual-homed site": (
        "pe: dk, subnet: 192.168.1.0/24, hosts: 2",
        "pe: [dk, se], subnet: 192.168.1.0/24, hosts: 2, dhcp_relay: 192.168.3.2",
        16,
        "site a/aarhus: it has two lines, and the gateways of both would relay each request",
        "write one PE, or leave dhcp_relay out",
    ),
    "dhcp_relay without IPv4": (
        NET,
        '"2001:db8:1::/64", hosts: 2, dhcp_relay: 192.168.3.2',
        16,
        "a DHCP relay agent asks the server 192.168.3.2 in the name of an IPv4 address, and its",
        "add an IPv4 subnet, or write another server",
    ),
    "dhcp_relay of a bridge": (
        "malmo: {pe: se}",
        "malmo: {pe: se, dhcp_relay: 10.0.0.1}",
        28,
        "unknown key 'dhcp_relay'",
        "",
    ),
}
