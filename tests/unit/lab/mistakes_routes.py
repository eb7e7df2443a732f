"""Mistakes about which site has a prefix; see mistakes.py."""

from __future__ import annotations

MISTAKES = {
    "equal prefixes": (
        "subnet: 192.168.3.0/24, ce",
        "subnet: 192.168.1.0/24, ce",
        17,
        "site a/oslo: 192.168.1.0/24 is that of site a/aarhus (line 16), too, in the same VPN a",
        "say at both sites which is preferred: preference: 10",
    ),
    "preference at one of two": (
        "subnet: 192.168.3.0/24, ce",
        "subnet: 192.168.1.0/24, preference: 5, ce",
        17,
        "192.168.1.0/24 is that of site a/aarhus (line 16), too",
        "at both sites",
    ),
    "preference": (
        "subnet: 192.168.3.0/24, ce",
        "subnet: 192.168.3.0/24, preference: low, ce",
        17,
        "'low' is not a whole number",
        "write 0 to 65535",
    ),
}
