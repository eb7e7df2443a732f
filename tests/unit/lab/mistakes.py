"""A lab file without a mistake, and every mistake that a person may make in it."""

GOOD = """\
name: nordic
provider:
  nodes:
    dk: {role: pe}
    se: {role: pe}
    no: {role: pe}
    p1:
  links:
    - dk-p1
    - se-p1
    - {ends: [no, p1], metric: 20}
vpns:
  a:
    type: l3vpn
    sites:
      aarhus: {pe: dk, subnet: 192.168.1.0/24, hosts: 2}
      oslo: {pe: no, subnet: 192.168.3.0/24, ce: router}
  b:
    type: l3vpn
    sites:
      aarhus: {pe: dk, subnet: 192.168.1.0/24}
      oslo: {pe: no, subnet: 192.168.3.0/24}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites:
      odense: {pe: dk, hosts: 2}
      malmo: {pe: se}
      bergen: {pe: no}
validate:
  - {ping: [a/aarhus/h1, a/oslo/h1]}
  - {ping: [a/aarhus/h1, b/oslo/h1], expect: fail}
"""
NET = "192.168.1.0/24, hosts: 2"
LINK = "- dk-p1"
PING = "[a/aarhus/h1, b/oslo/h1], expect: fail"

# what stands in GOOD, what a person writes in its place, the line, the problem, the remedy
MISTAKES = {
    # names
    "lab name": ("name: nordic", "name: a b", 1, "'a b' is not a name", "letters, digits"),
    "lab path": ("name: nordic", "name: ../x", 1, "'../x' is not a name", "letters, digits"),
    "lab name long": ("name: nordic", f"name: {'x' * 41}", 1, "has 41 characters", "at most 40"),
    "no lab name": ("name: nordic\n", "", 1, "the lab has no 'name'", "write name: nordic"),
    "node name": (
        "dk: {role: pe}",
        "a/b:\n    dk: {role: pe}",
        4,
        "'a/b' is not a name",
        "letters",
    ),
    "node long": ("p1:", f"p1:\n    {'x' * 256}:", 8, "has 256 characters", "at most 255"),
    "vpn name": ("  b:\n", "  a/b:\n", 18, "'a/b' is not a name", "letters, digits"),
    "site name": ("      odense:", "      o/e:", 27, "'o/e' is not a name", "letters, digits"),
    "node twice": ("    se:", "    dk:", 5, "key 'dk' stands here and at line 4", "another name"),
    "vpn twice": ("  b:\n", "  a:\n", 18, "key 'a' stands here and at line 13", "another name"),
    "site twice": (
        "      malmo:",
        "      odense:",
        28,
        "key 'odense' stands here and at line 27",
        "",
    ),
    # keys
    "top key": ("vpns:", "vpn:", 12, "unknown key 'vpn'", "did you mean 'vpns'?"),
    "odd key": (
        "vpns:",
        "speed: 3\nvpns:",
        12,
        "unknown key 'speed'",
        "known keys: name, dataplane, provider",
    ),
    "misspelt name": (
        "name: nordic",
        "nme: nordic",
        1,
        "unknown key 'nme'",
        "did you mean 'name'?",
    ),
    "link key": (
        LINK,
        "- {ends: [dk, p1], bandwith: 1 Gbit/s}",
        9,
        "link dk-p1: unknown key 'bandwith'",
        "did you mean 'bandwidth'? known keys: ends, bandwidth, delay, metric, mtu",
    ),
    "node key": ("{role: pe}", "{rule: pe}", 4, "node dk: unknown key 'rule'", "'role'?"),
    "provider key": ("provider:", "provider:\n  tll: pipe", 3, "unknown key 'tll'", "'ttl'?"),
    "default key": (
        "provider:",
        "provider:\n  defaults: {speed: 9}",
        3,
        "unknown key 'speed'",
        "metric",
    ),
    "site key": (
        "hosts: 2}\n      oslo",
        "host: 2}\n      oslo",
        16,
        "unknown key 'host'",
        "'hosts'?",
    ),
    "vpn key": (
        "type: vpls",
        "type: vpls\n    ageing: 9 s",
        25,
        "unknown key 'ageing'",
        "'aging'?",
    ),
    "merge key": ("vpns:", "<<: {}\nvpns:", 12, "unknown key '<<'", "not part of YAML 1.2"),
    # values of the wrong kind
    "node text": ("{role: pe}", "pe", 4, "node dk: 'pe' where a mapping", "write {role: pe}"),
    "nodes list": (
        "  nodes:",
        "  nodes: [a]\n  x:",
        3,
        "a list where a mapping of names",
        "nodes: {",
    ),
    "site empty": (
        "malmo: {pe: se}",
        "malmo:",
        28,
        "site c/malmo: nothing where",
        "write {pe: dk}",
    ),
    "site text": ("malmo: {pe: se}", "malmo: se", 28, "site c/malmo: 'se' where", "write {pe: dk}"),
    "link list": (LINK, "- [dk, p1]", 9, "link number 1: a list where", "write {ends: [dk, p1]}"),
    "link empty": (LINK, "-", 9, "link number 1: nothing where", "write {ends: [dk, p1]}"),
    "one end": (LINK, "- {ends: [dk]}", 9, "ends has 1 entry; two are due", "ends: [dk, p1]"),
    "ends text": (LINK, "- {ends: dk-p1}", 9, "ends: 'dk-p1' where a list", "ends: [dk, p1]"),
    "no ends": (LINK, "- {metric: 3}", 9, "has no 'ends'", "write ends: [dk, p1]"),
    "hosts": (NET, "192.168.1.0/24, hosts: two", 16, "hosts: 'two' is not a whole", "0 to 1000"),
    "hosts below 0": (NET, "192.168.1.0/24, hosts: -1", 16, "hosts: -1 is out of", "0 to 1000"),
    "hosts 1_0": (NET, "192.168.1.0/24, hosts: 1_0", 16, "hosts: '1_0' is not", "0 to 1000"),
    "ce": (NET, "192.168.1.0/24, ce: switch", 16, "ce: 'switch' is not allowed", "write router"),
    "role": ("{role: pe}", "{role: ce}", 4, "node dk: role: 'ce' is not allowed", "write pe or p"),
    "ttl": ("provider:", "provider:\n  ttl: pip", 3, "ttl: 'pip' is not", "pipe or uniform"),
    "php": ("provider:", "provider:\n  php: no", 3, "php: 'no' is not", "implicit-null or expl"),
    "position": (
        "{role: pe}",
        "{position: [200, 1]}",
        4,
        "not on the globe",
        "[LONGITUDE, LATITUDE]",
    ),
    "half position": ("{role: pe}", "{position: [2]}", 4, "is not a position", "[LONGITUDE, LAT"),
    "odd position": ("{role: pe}", "{position: [a, 1]}", 4, "'a' is not a number", "degrees"),
    "label 1": ("provider:", "provider:\n  labels: 1-20", 3, "label range starts at 1", "16-10485"),
    "label big": ("provider:", "provider:\n  labels: 16-9999999", 3, "label 9999999", "16-10485"),
    "no labels": ("provider:", "provider:\n  labels: 30-20", 3, "range 30-20 is empty", "16-10485"),
    "labels": (
        "provider:",
        "provider:\n  labels: all",
        3,
        "'all' is not a label range",
        "FIRST-LAST",
    ),
    # quantities
    "rate bare": (NET, "192.168.1.0/24, rate: 10", 16, "rate: '10' has no unit", "10 Mbit/s"),
    "rate 0": (NET, "192.168.1.0/24, rate: 0", 16, "rate: '0' has no unit", "512 kbit/s to 1 Gbit"),
    "rate zero": (NET, "192.168.1.0/24, rate: 0 Mbit/s", 16, "'0 Mbit/s' is out", "512 kbit/s to"),
    "rate high": (NET, "192.168.1.0/24, rate: 2 Gbit/s", 16, "'2 Gbit/s' is out", "to 1 Gbit/s"),
    "delay bare": (LINK, "- {ends: [dk, p1], delay: 5}", 9, "delay: '5' has no unit", "5 ms"),
    "delay below 0": (LINK, "- {ends: [dk, p1], delay: -5 ms}", 9, "'-5 ms' is out of", "0 ms to"),
    "metric 0": (LINK, "- {ends: [dk, p1], metric: 0}", 9, "metric: 0 is out of", "1 to 65535"),
    "metric": (LINK, "- {ends: [dk, p1], metric: 65536}", 9, "65536 is out of", "1 to 65535"),
    "bandwidth 0": (
        LINK,
        "- {ends: [dk, p1], bandwidth: 0 bit/s}",
        9,
        "'0 bit/s' is out",
        "64 kbit",
    ),
    # links
    "unknown node": (LINK, "- dk-p3", 9, "link dk-p3: there is no node 'p3'", "did you mean 'p1'?"),
    "unknown first": (LINK, "- xyz-p1", 9, "no node 'xyz'", "the nodes are dk, se, no and p1"),
    "unknown end": (LINK, "- {ends: [dk, p2]}", 9, "there is no node 'p2'", "did you mean 'p1'?"),
    "self-link": (LINK, "- dk-dk", 9, "link dk-dk joins dk to itself", "two different nodes"),
    "no hyphen": (LINK, "- dkp1", 9, "link 'dkp1' does not name two nodes", "NODE-NODE"),
    "half link": (LINK, "- dk-", 9, "link 'dk-' does not name two nodes", "NODE-NODE"),
    "disconnected": (
        "    - dk-p1\n",
        "",
        5,
        "the provider's network is in 2 parts that no link joins: dk; se, p1, no",
        "add a link such as dk-se",
    ),
    # sites
    "unknown pe": ("{pe: se}", "{pe: sw}", 28, "site c/malmo: there is no node 'sw'", "mean 'se'?"),
    "pe is a p": ("{pe: se}", "{pe: p1}", 28, "pe 'p1' is a P", "write p1: {role: pe} under prov"),
    "no pe": ("{pe: se}", "{hosts: 1}", 28, "site c/malmo has no 'pe'", "write pe: dk"),
    "ce in a vpls": (
        "{pe: se}",
        "{pe: se, ce: router}",
        27,
        "site c/odense has no CE router, and c/malmo has one",
        "write ce: router and a subnet at site c/odense",
    ),
    "subnet in a vpls": (
        "{pe: se}",
        "{pe: se, subnet: 10.0.0.0/8}",
        28,
        "'subnet' is about a LAN behind a CE router",
        "write ce: router at site c/malmo",
    ),
    # subnets
    "host bits": (
        NET,
        "192.168.1.1/24",
        16,
        "'192.168.1.1/24' has host bits",
        "write 192.168.1.0/24",
    ),
    "host bits 6": (NET, '"2001:DB8::1/64"', 16, "has host bits set", "write 2001:db8::/64"),
    "no length": (NET, "192.168.1.0", 16, "'192.168.1.0' has no prefix length", "192.168.1.0/24"),
    "length": (NET, "192.168.1.0/33", 16, "'192.168.1.0/33' is not a prefix", "192.168.1.0/24"),
    "mask": (NET, "10.0.0.0/255.0.0.0", 16, "'10.0.0.0/255.0.0.0' is not a prefix", "/24"),
    "zone": (NET, '"fd00::%1/64"', 16, "'fd00::%1/64' is not a prefix", "2001:db8:1::/64"),
    "multicast": (NET, "224.1.0.0/16", 16, "224.1.0.0/16 holds multicast", "unicast prefix"),
    "multicast 6": (NET, '"ff02::/64"', 16, "ff02::/64 holds multicast", "unicast prefix"),
    "loopback": (NET, "127.0.0.0/8", 16, "127.0.0.0/8 holds loopback", "unicast prefix"),
    "link-local": (NET, "169.254.0.0/16", 16, "169.254.0.0/16 holds link-local", "unicast"),
    "link-local 6": (NET, '"fe80::/64"', 16, "fe80::/64 holds link-local", "unicast prefix"),
    "everything": (NET, "0.0.0.0/0", 16, "0.0.0.0/0 is every address", "write the prefixes"),
    "everything 6": (NET, '"::/0"', 16, "::/0 is every address", "import: ASN:NUMBER"),
    "half": (NET, "0.0.0.0/1", 16, "0.0.0.0/1 holds this-network", "unicast prefix"),
    "no subnet": (
        NET,
        "[]",
        16,
        "subnet has no entries; one at least",
        "write subnet: 192.168.1.0/24",
    ),
    "two hosts in a /30": (
        NET,
        "192.168.1.0/30, hosts: 2",
        16,
        "site a/aarhus: 192.168.1.0/30 has room for 1 beside its gateway, not for 2 hosts",
        "write a /29 or larger, or fewer hosts",
    ),
    "many hosts": (NET, "192.168.1.0/24, hosts: 254", 16, "has room for 253 beside", "a /23 or"),
    "many hosts 6": (NET, '["2001:db8::/126"], hosts: 3', 16, "has room for 2 beside", "a /125 or"),
    "host in a /32": (
        NET,
        "192.168.1.0/32",
        16,
        "for 0 beside its gateway, not for 1 host",
        "a /31 or larger",
    ),
    "vpls too small": (
        "subnet: 10.0.0.0/24",
        "subnet: 10.0.0.0/30",
        25,
        "vpn c: 10.0.0.0/30 has room for 2, not for 4 hosts",
        "write a /29 or larger, or fewer hosts",
    ),
    "overlap with itself": (
        NET,
        "[10.1.0.0/16, 10.1.2.0/24]",
        16,
        "10.1.2.0/24 overlaps its own",
        "",
    ),
    "overlap in a vpls": ("10.0.0.0/24", "[10.0.0.0/24, 10.0.0.0/8]", 25, "overlaps its own", ""),
    "PE-CE pool": (
        "192.168.3.0/24, ce",
        "100.64.9.0/24, ce",
        17,
        "site a/oslo: 100.64.9.0/24 overlaps 100.64.0.0/10, the pool of the PE-CE links",
        "write another prefix, or leave 'ce: router' out",
    ),
    # VPNs
    "type": ("type: vpls", "type: vpsl", 24, "vpn c: type: 'vpsl' is not", "vpls, vpws or 6pe"),
    "no type": (
        "    type: vpls\n",
        "",
        23,
        "vpn c has no 'type'",
        "type: l3vpn, vpls, vpws or 6pe",
    ),
    "misspelt type": ("type: vpls", "typ: vpls", 24, "unknown key 'typ'", "did you mean 'type'?"),
    "three ends": ("type: vpls", "type: vpws", 26, "has 3 entries; a vpws joins two", "sites: {"),
    "rd of a vpls": (
        "type: vpls",
        "type: vpls\n    rd: 1:1",
        25,
        "unknown key 'rd'",
        "only an l3vpn",
    ),
    "vpn subnet": ("type: l3vpn", "type: l3vpn\n    subnet: 10.0.0.0/8", 15, "'subnet'", "at each"),
    "rd": ("type: l3vpn", "type: l3vpn\n    rd: red", 15, "'red' is not ASN:NUMBER", "64512:1"),
    "rd too large": (
        "type: l3vpn",
        "type: l3vpn\n    rd: 70000:70000",
        15,
        "70000:70000",
        "six bytes",
    ),
    "rd twice": (
        "type: l3vpn",
        "type: l3vpn\n    rd: 64512:2",
        19,
        "vpn b: route distinguisher 64512:2 is that of vpn a",
        "write another one",
    ),
    "target": ("type: l3vpn", "type: l3vpn\n    import: [1:1, x]", 15, "'x' is not ASN", "64512:1"),
    "overlapping import": (
        "type: l3vpn",
        "type: l3vpn\n    import: [64512:1, 64512:2]",
        15,
        "192.168.1.0/24 of its own site a/aarhus and 192.168.1.0/24 of vpn b (site b/aarhus, rou",
        "leave one of the route targets out",
    ),
    # checks
    "host": (
        PING,
        "[a/aarhus/h9, b/oslo/h1]",
        32,
        "check 2: there is no host 'a/aarhus/h9'",
        "mean",
    ),
    "not a host": (PING, "[a/aarhus/h1, x]", 32, "there is no host 'x'", "write VPN/SITE/HOST"),
    "half address": (PING, "[a/aarhus/h1, 10.0.0]", 32, "no host '10.0.0'", "write VPN/SITE/HOST"),
    "itself": (PING, "[a/oslo/h1, a/oslo/h1]", 32, "a/oslo/h1 pings itself", "two different"),
    "one host": (PING, "[a/oslo/h1]", 32, "ping has 1 entry; two are due", "write ping: ["),
    "families": (
        PING,
        '[a/oslo/h1, "2001:db8::1"]',
        32,
        "IPv4 only",
        "an address family in common",
    ),
    "kind of check": (
        "{ping: " + PING,
        "{trace: x",
        32,
        "unknown kind of check 'trace'",
        "write ping, path or throughput, for example ping: [",
    ),
    "wait": (PING, "[a/aarhus/h1, a/oslo/h1], wait: 10", 32, "wait: '10' has no unit", "10 s"),
    "wait for fail": (
        "expect: fail",
        "expect: fail, wait: 9 s",
        32,
        "check 2: it waits for a ping that must not be answered",
        "leave wait out",
    ),
    "wait long": (PING, "[a/aarhus/h1, a/oslo/h1], wait: 1 h", 32, "unknown unit 'h'", "10 s"),
    "path to nobody": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h9], via: p1",
        32,
        "check 2: there is no host 'a/oslo/h9'",
        "did you mean 'a/oslo/h1'?",
    ),
    "path via nothing": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h1]",
        32,
        "check 2: any path will do",
        "via: [p1, p2]",
    ),
    "path via nobody": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h1], via: [p1, p3]",
        32,
        "check 2: there is no LSR or link 'p3'",
        "did you mean 'p1'?",
    ),
    "path via and avoid": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h1], via: p1, avoid: [dk, p1]",
        32,
        "check 2: p1 is under via and under avoid",
        "leave it out",
    ),
    "path via a mapping": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h1], via: {p1: }",
        32,
        "check 2: via: a mapping where a list is due",
        "write via: [p1, p2]",
    ),
    "path via no entry": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h1], via: []",
        32,
        "check 2: via has no entries",
        "write via: [p1, p2]",
    ),
    "path depth": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h1], depth: 9",
        32,
        "check 2: depth: 9 is out of range",
        "0 to 8",
    ),
    "path key": (
        "ping: " + PING,
        "path: [a/aarhus/h1, a/oslo/h1], avoids: p1",
        32,
        "check 2: unknown key 'avoids'",
        "did you mean 'avoid'?",
    ),
    "path families": (
        "ping: " + PING,
        'path: [a/aarhus/h1, "2001:db8::1"], via: p1',
        32,
        "check 2: a/aarhus/h1 has IPv4 only",
        "an address family in common",
    ),
    "throughput alone": (
        "ping: " + PING,
        "throughput: [a/aarhus/h1, a/oslo/h1]",
        32,
        "check 2 has no 'least'",
        "write least: 8 Mbit/s",
    ),
    "throughput to an address": (
        "ping: " + PING,
        "throughput: [a/aarhus/h1, 192.168.3.2], least: 8 Mbit/s",
        32,
        "check 2: there is no host '192.168.3.2'",
        "VPN/SITE/HOST",
    ),
    "throughput to itself": (
        "ping: " + PING,
        "throughput: [a/oslo/h1, a/oslo/h1], least: 8 Mbit/s",
        32,
        "check 2: a/oslo/h1 sends to itself",
        "two different hosts",
    ),
    "throughput bare": (
        "ping: " + PING,
        "throughput: [a/aarhus/h1, a/oslo/h1], least: 8",
        32,
        "least: '8' has no unit",
        "8 Mbit/s",
    ),
    "expect": ("expect: fail", "expect: loss", 32, "expect: 'loss' is not", "write reply or fail"),
}
