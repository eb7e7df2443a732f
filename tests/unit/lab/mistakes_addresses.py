"""Mistakes in numbers and addresses that a lab file gives itself; see mistakes.py."""

NET = "192.168.1.0/24, hosts: 2"
HOSTS = "hosts: 2"
CE = "ce: router"
BRIDGED = """\
    type: vpls
    subnet: 10.0.0.0/24
    sites:
      odense: {pe: dk, hosts: 2}
      malmo: {pe: se}
      bergen: {pe: no}
"""
BRIDGED_BY_A_WIRE = BRIDGED.replace("vpls", "vpws").replace("      bergen: {pe: no}\n", "")
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
    # gateways
    "gateway": (NET, f"{NET}, gateway: x", 16, "gateway: 'x' is not an address", "192.168.1.10"),
    "gateway length": (
        NET,
        f"{NET}, gateway: 192.168.1.254/24",
        16,
        "'192.168.1.254/24' is not an address",
        "leave the prefix length out",
    ),
    "gateway elsewhere": (
        NET,
        f"{NET}, gateway: 192.168.2.254",
        16,
        "site a/aarhus: gateway 192.168.2.254 is in no prefix of the site, which has 192.168.1.0",
        "for example 192.168.1.1",
    ),
    "gateway of the broadcast": (
        NET,
        f"{NET}, gateway: 192.168.1.255",
        16,
        "192.168.1.255 is the first or the last of 192.168.1.0/24",
        "for example 192.168.1.1",
    ),
    "two gateways": (
        NET,
        f"{NET}, gateway: [192.168.1.1, 192.168.1.2]",
        16,
        "192.168.1.2 is a second one in 192.168.1.0/24, beside 192.168.1.1",
        "one address of each prefix",
    ),
    "no gateway": (
        NET,
        f"{NET}, gateway: []",
        16,
        "gateway: a list without addresses",
        "or leave it out",
    ),
    "gateway in a vpls": (
        "{pe: se}",
        "{pe: se, gateway: 10.0.0.1}",
        28,
        "'gateway' is about a LAN behind a CE router",
        "write ce: router at site c/malmo",
    ),
    **{
        f"{key} in a vpws": (
            BRIDGED,
            BRIDGED_BY_A_WIRE.replace("{pe: se}", f"{{pe: se, {key}: {value}}}"),
            28,
            f"unknown key '{key}'",
            remedy,
        )
        for key, value, remedy in (
            ("ce", "router", "only a site of an l3vpn or a vpls"),
            ("subnet", "10.0.0.0/8", "beside 'sites'"),
            ("gateway", "10.0.0.1", "a VPWS has no gateway"),
        )
    },
    # hosts
    "host named ce": (HOSTS, "hosts: [ce]", 16, "'ce' is no name for a host: the CE router", "ce1"),
    "host named lan": (HOSTS, "hosts: {lan: }", 16, "'lan' is no name for a host", "lan1"),
    "host named 1": (HOSTS, "hosts: {1: }", 16, "ping and other tools take it for an", "h1"),
    "host named a/b": (HOSTS, "hosts: {a/b: }", 16, "'a/b' is not a name", "letters, digits"),
    "host twice": (HOSTS, "hosts: [pbx, pbx]", 16, "'pbx' is there twice", "another name"),
    "host key": (
        HOSTS,
        "hosts: {pbx: {adress: 1.2.3.4}}",
        16,
        "site a/aarhus: hosts.pbx: unknown key 'adress'",
        "did you mean 'address'?",
    ),
    "hosts text": (HOSTS, "hosts: pbx", 16, "hosts: 'pbx' is not a whole number", "0 to 1000"),
    "host address": (HOSTS, "hosts: {pbx: x}", 16, "hosts.pbx: 'x' is not an address", "192.168.1"),
    "host multicast": (
        HOSTS,
        "hosts: {pbx: 224.0.0.5}",
        16,
        "one of the multicast addr",
        "unicast",
    ),
    "host no address": (
        HOSTS,
        "hosts: {pbx: []}",
        16,
        "hosts.pbx: a list without addr",
        "write one",
    ),
    "host on no lan": (
        HOSTS,
        "hosts: {pbx: 10.7.0.1}",
        16,
        "host a/aarhus/pbx has no address on its LAN: site a/aarhus has 192.168.1.0/24",
        "write one of these too",
    ),
    "host of the gateway": (
        HOSTS,
        "hosts: {pbx: 192.168.1.1}",
        16,
        "host a/aarhus/pbx has 192.168.1.1, which is the gateway's",
        "another gateway: at site a/aarhus",
    ),
    "host of the broadcast": (
        HOSTS,
        "hosts: {pbx: 192.168.1.255}",
        16,
        "host a/aarhus/pbx has 192.168.1.255, the first or last of its subnet",
        "write another address",
    ),
    "two hosts of one address": (
        HOSTS,
        "hosts: {pbx: 192.168.1.9,\n               pc: 192.168.1.9}",
        17,
        "host a/aarhus/pc has 192.168.1.9, which is that of host a/aarhus/pbx (line 16)",
        "write another address",
    ),
    "address twice": (
        HOSTS,
        "hosts: {pbx: [192.168.1.9, 192.168.1.9]}",
        16,
        "host a/aarhus/pbx has 192.168.1.9, twice",
        "write another address",
    ),
    "no room beside given addresses": (
        NET,
        "192.168.1.0/29, hosts: {a: 192.168.1.2, b: , c: , d: , e: , f: }",
        16,
        "192.168.1.0/29 has room for 4 beside its gateway and 1 given address, not for 5 hosts",
        "write a /28 or larger",
    ),
    "mac": (HOSTS, "hosts: {pbx: {mac: 1}}", 16, "'1' is not a MAC address", "02:00:00:00:aa:01"),
    "mac of a group": (
        HOSTS,
        "hosts: {pbx: {mac: 01:00:5e:00:00:05}}",
        16,
        "01:00:5e:00:00:05 is a group address",
        "02:00:00:00:aa:01",
    ),
    "mac of nobody": (HOSTS, "hosts: {pbx: {mac: 0000.0000.0000}}", 16, "is nobody's", "02:00"),
    "mac of a virtual router": (
        HOSTS,
        "hosts: {pbx: {mac: 00:00:5e:00:01:07}}",
        16,
        "a virtual router's address",
        "02:00:00:00:aa:01",
    ),
    "mac of the gateways": (
        HOSTS,
        "hosts: {pbx: {mac: 02:4d:50:00:00:01}}",
        16,
        "02:4d:50:00:00:01 is the MAC address of all gateways",
        "leave mac out",
    ),
    "mac twice": (
        "{pe: se}",
        "{pe: se, hosts: {a: {mac: 02:00:00:00:aa:01},\n        b: {mac: 02:00:00:00:aa:01}}}",
        29,
        "host c/malmo/b: 02:00:00:00:aa:01 is that of host c/malmo/a too (line 28)",
        "write another one",
    ),
    # CE routers
    "ce key": (CE, "ce: {wam: 10.0.0.0/30}", 17, "ce: unknown key 'wam'", "did you mean 'wan'?"),
    "ce list": (CE, "ce: [router]", 17, "site a/oslo: ce: a list is not allowed", "write router"),
    "ce of another make": (CE, "ce: {router: frr}", 17, "ce.router: 'frr' is not", "write linux"),
    "wan": (CE, "ce: {wan: 10.0.0.1}", 17, "ce.wan: '10.0.0.1' has no prefix length", "/24"),
    "wan too small": (
        CE,
        "ce: {wan: 10.0.0.0/32}",
        17,
        "no room for the PE and the CE",
        "a /31 or",
    ),
    "wan too small 6": (CE, 'ce: {wan: "fd00::/128"}', 17, "no room for the PE and", "a /127 or"),
    "wan twice": (
        CE,
        "ce: {wan: [10.0.0.0/30, 10.0.0.4/30]}",
        17,
        "10.0.0.4/30 is a second network of IPv4",
        "one of each IP version",
    ),
    "no wan": (CE, "ce: {wan: []}", 17, "ce.wan: a list without networks", "or unnumbered"),
    "wan of a site": (
        CE,
        "ce: {wan: 192.168.1.128/30}",
        17,
        "192.168.1.128/30 overlaps 192.168.1.0/24 of site a/aarhus (line 16), in the same VPN a",
        "wan: unnumbered",
    ),
    "wan of two links": (
        "ce: router}\n",
        "ce: {wan: 10.0.0.0/24}}\n      x: {pe: no, subnet: 10.9.0.0/24, ce: {wan: 10.0.0.0/30}}\n",
        18,
        "10.0.0.0/30 overlaps 10.0.0.0/24 of the PE-CE link of site a/oslo (line 17)",
        "wan: unnumbered",
    ),
}
