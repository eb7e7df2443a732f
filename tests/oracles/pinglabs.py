"""Random labs, every kind of address in them, and what the program says of a ping to each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from itertools import pairwise

from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPAddress
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.trace import trace

ANYWHERE = """
10.101.0.9 8.8.1.1
127.0.0.1 127.1.2.3 127.255.255.255 ::1 0.0.0.0 :: 8.8.8.8 10.255.255.255 100.64.0.1 100.64.0.2
100.64.0.6 169.254.1.1 224.0.0.1 239.1.2.3 240.0.0.1 255.255.255.255 0.0.0.1 1.0.0.0 fe80::1 fe80::2
fe80:1::1 fec0::1 ff02::2 ff05::2 ff05::1 ff02::fb 2001:db8:ffff::1 ::2 ::ffff:10.0.0.2 fd00::1
"""
"""Of nobody, of everybody, of oneself; and where PE-CE links are."""


@dataclass(frozen=True)
class Ping:
    """A ping, and what the program says: which hosts get it, and whether it is answered."""

    source: str
    target: IPAddress
    taken_by: frozenset[str]
    answered: bool
    why: str


def random_lab(seed: int) -> str:
    """Return a lab file: the same for the same seed."""
    return _Lab(random.Random(f"pings {seed}"), seed).text()


def pings(program: Program, network: Network, seed: int, most: int) -> list[Ping]:
    """Return pings from hosts to addresses of every kind, so many at most, with the prediction."""
    chosen = random.Random(f"addresses {seed}")
    everything = addresses(network)
    pairs = [(ref, host, each) for ref, _, host in network.hosts() for each in everything]
    chosen.shuffle(pairs)
    return [predicted(program, str(ref), address) for ref, _, address in pairs[:most]]


def predicted(program: Program, source: str, target: IPAddress) -> Ping:
    try:
        there = trace(program, source, str(target))
    except LabError as error:  # no IP version in common: the host has no route
        return Ping(source, target, frozenset(), False, str(error))
    back = answer(program, there) if there.delivered else None
    taken = {str(end.host) for end in [there.end] if isinstance(end, Delivered) and end.host}
    taken = {name for name in taken if not name.endswith("/ce")}
    why = f"{there.end}; {back}"
    return Ping(source, target, frozenset(taken), is_answered(there, back), why)


def addresses(network: Network) -> list[IPAddress]:
    """Return every address of the lab, what lies around them, and what is nobody's."""
    found = {ip_address(text) for text in ANYWHERE.split()}
    for vpn, site in network.sites():
        macs = [host.mac for host in site.hosts]
        if site.ce is not None:
            macs += [site.ce.mac, site.ce.lan_mac]
            for interface in site.ce.wan:
                first, kind = int(interface.network.network_address), type(interface.ip)
                found |= {kind(first + number) for number in range(4)}
        found |= {link_local(mac) for mac in macs}
        if site.behind is not None:
            macs.append(site.behind.mac)
            found |= {each.ip for each in site.behind.gateways}
        for host in (*site.hosts, *site.end_hosts):
            found |= {*(interface.ip for interface in host.addresses), *host.loopbacks}
        lan = site.behind.subnets if site.behind is not None else ()
        for prefix in (*site.subnets, *lan, *getattr(vpn, "subnets", ())):
            first, last = int(prefix.network_address), int(prefix.broadcast_address)
            kind = type(prefix.network_address)
            middle = {first, first + 1, first + (last - first) // 2, last - 1, last, last + 1}
            found |= {kind(value) for value in middle}
    return sorted(found, key=lambda each: (each.version, int(each)))


def link_local(mac: str) -> IPv6Address:
    """Return the address that Linux gives an interface: fe80:: and its EUI-64."""
    a, b, c, d, e, f = bytes.fromhex(mac.replace(":", ""))
    return IPv6Address(f"fe80::{a ^ 2:02x}{b:02x}:{c:02x}ff:fe{d:02x}:{e:02x}{f:02x}")


def network_of(text: str) -> Network:
    return loads(text, "random.yaml").network


class _Lab:
    def __init__(self, chosen: random.Random, seed: int) -> None:
        self._random = chosen
        self._seed = seed
        self._pes = [f"n{number}" for number in range(chosen.randint(2, 4))]

    def text(self) -> str:
        chosen = self._random
        lines = [f"name: pings{self._seed}", "provider:"]
        lines += [f"  ttl: {chosen.choice(['pipe', 'uniform'])}"]
        lines += [f"  php: {chosen.choice(['implicit-null', 'explicit-null'])}"]
        if chosen.random() < 0.3:
            lines += ["  ecmp: 2"]
        nodes = ", ".join(f"{pe}: {{role: pe}}" for pe in self._pes)
        lines += [f"  nodes: {{{nodes}, p: }}"]
        links = [f"{pe}-p" for pe in self._pes]
        links += [f"{a}-{b}" for a, b in pairwise(self._pes) if chosen.random() < 0.5]
        lines += [f"  links: [{', '.join(links)}]", "vpns:"]
        count = chosen.randint(1, 3)
        has_extranet = count > 1 and chosen.random() < 0.8
        for number in range(1, count + 1):
            lines += self._l3vpn(number, count, has_extranet=has_extranet)
        if chosen.random() < 0.4:
            lines += self._six_pe()
        if chosen.random() < 0.6:
            lines += self._bridged("lan", "vpls", chosen.randint(1, 3))
        if chosen.random() < 0.3:
            lines += self._bridged("wire", "vpws", 2)
        if chosen.random() < 0.5:
            lines += self._routers_on_a_vpls()
        return "\n".join(lines) + "\n"

    def _l3vpn(self, number: int, count: int, *, has_extranet: bool) -> list[str]:
        chosen = self._random
        lines = [f"  v{number}:", "    type: l3vpn"]
        if has_extranet:
            others = [each for each in range(1, count + 1) if each != number]
            wanted = chosen.sample(others, chosen.randint(0, len(others)))
            own = [number] if chosen.random() < 0.9 else []
            targets = ", ".join(f'"64512:{each}"' for each in (*own, *wanted))
            lines.append(f"    import: [{targets}]")
        if chosen.random() < 0.3:
            lines.append("    urpf: strict")
        # where nothing is imported, all VPNs have the same addresses
        net = number if has_extranet else 0
        sites = range(chosen.randint(1, 4))
        hub = ""
        if not has_extranet and len(sites) > 2 and chosen.random() < 0.5:
            lines.append("    topology: hub-and-spoke")
            hub = "role: hub"
            if chosen.random() < 0.6:
                lines.append("    via: ce")
                hub = "role: hub, urpf: none, ce: router"
        lines.append("    sites:")
        routes = not has_extranet and not hub and len(sites) > 1
        return [
            *lines,
            f"      s0: {self._site(net, 0, hub, routes=routes)}",
            *(f"      s{site}: {self._site(net, site, routes=routes)}" for site in sites[1:]),
        ]

    def _six_pe(self) -> list[str]:
        """Return a global IPv6 table; its addresses are those of VPNs, too."""
        chosen = self._random
        sites = [
            f'{{pe: {chosen.choice(self._pes)}, subnet: "2001:db8:0:{site}::/64"{ce}}}'
            for site, ce in enumerate(chosen.choices(["", "", ", ce: router"], k=3))
        ]
        return [
            "  six:",
            "    type: 6pe",
            "    sites:",
            *(f"      s{number}: {site}" for number, site in enumerate(sites)),
        ]

    def _site(self, net: int, site: int, hub: str = "", *, routes: bool = False) -> str:
        """Return a site; a hub whose CE router passes packets on has both IP versions."""
        chosen = self._random
        least = int(site == 0)  # else a lab might be without hosts
        length = chosen.choice([24, 24, 24, 29, 30, 31] + [32] * (1 - least))
        length6 = chosen.choice([64, 64, 120, 126, 127] + [128] * (1 - least))
        room = {24: 3, 29: 3, 30: 1, 31: 1, 32: 0}[length]
        room6 = {64: 3, 120: 3, 126: 2, 127: 1, 128: 0}[length6]
        families = chosen.choice(["4", "4", "46", "46", "6"])
        if "ce:" in hub:
            families = "46"
        prefixes = [f"10.{net}.{site}.0/{length}"] if "4" in families else []
        if "6" in families:
            prefixes.append(f"2001:db8:{net}:{site}::/{length6}")
        if chosen.random() < 0.15:
            prefixes.append(f"172.16.{net * 8 + site}.0/24")
        most = min(room if "4" in families else 3, room6 if "6" in families else 3)
        hosts = str(min(chosen.randint(least, 2), most))
        gateway = ""
        if "4" in families and length < 30 and chosen.random() < 0.4:
            gateway, hosts = self._own_addresses(net, site, families, length6)
        ce = self._ce(net * 8 + site) if chosen.random() < 0.5 and "ce:" not in hub else ""
        ce += f", {hub}" if hub else ""
        is_way_out = "ce:" in hub and chosen.random() < 0.5
        if (routes or is_way_out) and ce and "4" in families and length < 30:
            ce += self._routes(net, site, gateway)
        subnets = ", ".join(f'"{prefix}"' for prefix in prefixes)
        pe = chosen.choice(self._pes)
        vlan = chosen.choice(["", "", ", vlan: 100", ", vlan: [200, 100]"])
        return f"{{pe: {pe}, subnet: [{subnets}]{gateway}, hosts: {hosts}{ce}{vlan}}}"

    def _routes(self, net: int, site: int, gateway: str) -> str:
        """Return static routes behind a CE router's LAN, by a host or by nobody."""
        taken = gateway.removeprefix(", gateway: ") or f"10.{net}.{site}.1"
        able = [f"10.{net}.{site}.{last}" for last in (2, 3, 4, 5, 6)]
        able = [each for each in able if each != taken]
        wide = f"10.{net}.0.0/{16 - site}"
        prefixes = [f"10.{100 + site}.0.0/16", f"8.8.{site}.0/24", wide, "0.0.0.0/0"]
        chosen = self._random.sample(prefixes, self._random.randint(0, 3))
        listed = ", ".join(f"{each} via {self._random.choice(able)}" for each in chosen)
        return f", routes: [{listed}]" if chosen else ""

    def _ce(self, number: int) -> str:
        """Return a CE router on a PE-CE link of any kind."""
        of4 = self._random.choice([f"172.31.{number}.0/{length}" for length in (24, 30, 31)])
        of6 = f'"2001:db8:ff:{number:x}::/{self._random.choice([64, 127])}"'
        kinds = ["unnumbered", of4, of6, f"[{of4}, {of6}]"]
        given = ", ".join(f"ce: {{wan: {kind}}}" for kind in self._random.sample(kinds, 1))
        return self._random.choice([", ce: router", f", {given}"])

    def _own_addresses(self, net: int, site: int, families: str, length6: int) -> tuple[str, str]:
        """Return a site's gateway and hosts by name, with addresses of every kind."""
        chosen = self._random
        of4 = [f"10.{net}.{site}.{last}" for last in (1, 2, 3, 4, 5, 6)]
        gateway, first, second, third, fourth, _ = chosen.sample(of4, len(of4))
        both = (
            f'["2001:db8:{net}:{site}::3", {first}]' if families == "46" and length6 < 127 else ""
        )
        several = f"[{second}, {third}, 10.200.{net * 8 + site}.1]"
        given = [f"one: {both or first}", f"two: {several}", f"three: {fourth}"]
        hosts = chosen.sample(given, chosen.randint(1, 3))
        return f", gateway: {gateway}", f"{{{', '.join(hosts)}}}"

    def _routers_on_a_vpls(self) -> list[str]:
        """Return a VPLS whose stations are CE routers, at times an E-Tree's roots and leaves."""
        chosen = self._random
        families = chosen.choice(["4", "46", "46", "6"])
        subnets = ['"10.250.0.0/24"'] * ("4" in families)
        subnets += ['"2001:db8:250::/64"'] * ("6" in families)
        is_tree = chosen.random() < 0.4
        lines = ["  routed:", "    type: vpls", f"    subnet: [{', '.join(subnets)}]"]
        lines += ["    topology: hub-and-spoke"] * is_tree
        lines += ["    sites:"]
        for site in range(chosen.randint(2, 4)):
            prefixes = [f'"10.251.{site}.0/24"'] * ("4" in families)
            if "6" in families and (site == 0 or chosen.random() < 0.7 or not prefixes):
                prefixes.append(f'"2001:db8:251:{site}::/64"')
            given = [f"10.250.0.{100 + site}"] * ("4" in families)
            given += [f'"2001:db8:250::{100 + site}"'] * ("6" in families)
            wan = f"{{wan: [{', '.join(given)}]}}" if chosen.random() < 0.5 else "router"
            role = ", role: hub" if is_tree and site == 0 else ""
            pe, hosts = chosen.choice(self._pes), chosen.randint(int(site == 0), 2)
            lan = f"subnet: [{', '.join(prefixes)}], hosts: {hosts}"
            lines.append(f"      s{site}: {{pe: {pe}, ce: {wan}, {lan}{role}}}")
        return lines

    def _bridged(self, name: str, kind: str, sites: int) -> list[str]:
        chosen = self._random
        subnets = chosen.choice(
            ['"10.0.0.0/24"', '"2001:db8::/64"', '"10.0.0.0/28", "2001:db8:0:9::/64"']
        )
        lines = [f"  {name}:", f"    type: {kind}", f"    subnet: [{subnets}]", "    sites:"]
        for site in range(sites):
            pe, hosts = chosen.choice(self._pes), chosen.randint(0, 2)
            lines.append(f"      s{site}: {{pe: {pe}, hosts: {hosts}}}")
        return lines
