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
