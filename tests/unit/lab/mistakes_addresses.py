"""Mistakes in numbers and addresses that a lab file gives itself; see mistakes.py."""

MISTAKES = {
    # AS numbers, route distinguishers, labels
    "rd of two vpns": (
        "type: l3vpn",
        "type: l3vpn\n    rd: 64512:2",
        19,
        "64512:2 is that of vpn a too, and 192.168.1.0/24 is of site a/aarhus (line 17) and of si",
        "write another one",
    ),
    "rd of an address": (
        "type: l3vpn",
        "type: l3vpn\n    rd: 1.2.3:4",
        15,
        "'1.2.3:4' is not ASN:NUMBER or IPv4:NUMBER",
        "192.0.2.1:7",
    ),
    "rd of half an address": (
        "type: l3vpn",
        "type: l3vpn\n    rd: 192.0.2.256:7",
        15,
        "'192.0.2.256:7' is not ASN:NUMBER or IPv4:NUMBER",
        "192.0.2.1:7",
    ),
    "rd of an address too large": (
        "type: l3vpn",
        "type: l3vpn\n    rd: 192.0.2.1:65536",
        15,
        "192.0.2.1:65536 does not fit",
        "at most 65535",
    ),
    "asn": ("provider:", "provider:\n  asn: x", 3, "asn: 'x' is not an AS number", "64512"),
    "asn large": ("provider:", "provider:\n  asn: 4294967296", 3, "is not an AS number", "64512"),
    "asn reserved": ("provider:", "provider:\n  asn: 23456", 3, "23456 is AS_TRANS", "64512"),
    "labels of a node": (
        "{role: pe}",
        "{role: pe, labels: 3-9}",
        4,
        "node dk: labels: label range starts at 3",
        "within 16-1048575",
    ),
}
