"""Every mistake that a person may make in the settings of a VPLS; see mistakes.py."""

MISTAKES = {
    "l2cp": (
        "type: vpls",
        "type: vpls\n    l2cp: peer",
        25,
        "vpn c: l2cp: 'peer' is not allowed",
        "write standard, tunnel or drop",
    ),
    "l2cp of an l3vpn": (
        "type: l3vpn\n    sites:\n      aarhus: {pe: dk, subnet: 192.168.1.0/24}",
        "type: l3vpn\n    l2cp: drop\n    sites:\n      aarhus: {pe: dk, subnet: 192.168.1.0/24}",
        20,
        "unknown key 'l2cp'",
        "forwards packets, not frames",
    ),
    "pseudowire type": (
        "type: vpls",
        "type: vpls\n    pw_type: vlan",
        25,
        "vpn c: pw_type: 'vlan' is not allowed",
        "write raw or tagged",
    ),
    "pseudowire type of an l3vpn": (
        "type: l3vpn\n    sites:\n      aarhus: {pe: dk, subnet: 192.168.1.0/24}",
        "type: l3vpn\n    pw_type: raw\n    sites:\n      aarhus: {pe: dk, subnet: 192.168.1.0/24}",
        20,
        "unknown key 'pw_type'",
        "an l3vpn has no pseudowires",
    ),
    "storm control": (
        "type: vpls",
        "type: vpls\n    storm_control: 1 kbit/s",
        25,
        "storm_control: '1 kbit/s' is out of range",
        "write 64 kbit/s to 10 Gbit/s",
    ),
    "storm control of bits": (
        "type: vpls",
        "type: vpls\n    storm_control: 64.5 kbit/s",
        25,
        "storm_control: '64.5 kbit/s' is no whole number of kbit/s",
        "write 64 kbit/s",
    ),
    "storm control in Mbps": (
        "type: vpls",
        "type: vpls\n    storm_control: 1 Mbps",
        25,
        "storm_control: '1 Mbps' has an unknown unit",
        "write 1 Mbit/s",
    ),
    "snooping": (
        "type: vpls",
        "type: vpls\n    igmp_snooping: yes",
        25,
        "igmp_snooping: 'yes' is neither true nor false",
        "write true or false",
    ),
    "snooping of an l3vpn": (
        "sites:\n      aarhus: {pe: dk, subnet: 192.168.1.0/24}",
        "igmp_snooping: true\n    sites:\n      aarhus: {pe: dk, subnet: 10.1.0.0/24}",
        20,
        "unknown key 'igmp_snooping'",
        "only a vpls floods multicast",
    ),
    "snooping behind two tags": (
        "type: vpls\n    subnet: 10.0.0.0/24\n    sites:\n      odense: {pe: dk, hosts: 2}",
        (
            "type: vpls\n    subnet: 10.0.0.0/24\n    igmp_snooping: true\n    sites:\n"
            "      odense: {pe: dk, hosts: 2, vlan: [200, 100]}"
        ),
        28,
        "site c/odense: vlan 200.100: what a frame behind two tags holds is not snooped",
        "write one tag, or leave igmp_snooping out",
    ),
    "snooping with hub PEs": (
        "type: vpls\n    subnet: 10.0.0.0/24\n    sites:\n      odense: {pe: dk, hosts: 2}",
        (
            "type: vpls\n    subnet: 10.0.0.0/24\n    igmp_snooping: true\n    sites:\n"
            "      odense: {pe: dk, hosts: 2, hub: se}"
        ),
        28,
        "site c/odense: a VPLS with hub PEs does not snoop IGMP and MLD",
        "leave igmp_snooping out",
    ),
    "MAC move": (
        "type: vpls",
        "type: vpls\n    mac_move: pin",
        25,
        "mac_move: 'pin' is not allowed",
        "write none, alarm or block",
    ),
    "unknown unicast": (
        "type: vpls",
        "type: vpls\n    unknown_unicast: no",
        25,
        "unknown_unicast: 'no' is not allowed",
        "write flood or drop",
    ),
}
