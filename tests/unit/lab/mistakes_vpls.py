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
    "unknown unicast": (
        "type: vpls",
        "type: vpls\n    unknown_unicast: no",
        25,
        "unknown_unicast: 'no' is not allowed",
        "write flood or drop",
    ),
}
