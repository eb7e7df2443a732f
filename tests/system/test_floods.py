"""A customer floods whatever it can: other customers at the same PE notice nothing of it."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import pytest

from mplsemu import Lab
from mplsemu.controller.events import KEPT_PER_CIRCUIT
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.fdb_capacity import fdb_capacity
from tests.oracles.fakepacket import internet_checksum
from tests.oracles.frames import arp, echo, ethernet, ip, ip_frame
from tests.system.flooding import flooding
from tests.waiting import eventually

pytestmark = pytest.mark.system

SITES = """
      x: {pe: dk, subnet: [10.1.0.0/24, "2001:db8:1::/64"]}
      y: {pe: se, subnet: [10.2.0.0/24, "2001:db8:2::/64"]}
"""
STATIONS = """
    subnet: 10.0.0.0/24
    sites: {u: {pe: dk}, v: {pe: se}}
"""
LAB = f"""
name: floods
provider:
  nodes: {{dk: {{role: pe}}, se: {{role: pe}}, p1: }}
  links: [dk-p1, p1-se, dk-se]
vpns:
  flooding:
    type: l3vpn
    sites: {SITES}
  quiet:
    type: l3vpn
    sites: {SITES}
  macs:
    type: vpls {STATIONS}
  stations:
    type: vpls {STATIONS}
"""
FLOODER, ITS_FAR_SITE, QUIET, FAR = "flooding/x/h1", "flooding/y/h1", "quiet/x/h1", "quiet/y/h1"
OWN, OWN6, GATEWAY, GATEWAY6 = "10.1.0.2", "2001:db8:1::2", "10.1.0.1", "2001:db8:1::1"
ALL = "ff:ff:ff:ff:ff:ff"
SOLICITED = "ff02::1:ff00:1"
SPEAK = """
import socket, sys, time
line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
line.bind(("eth0", 0))
for number in range(100):
    for mac in sys.argv[1:]:
        line.send(b"\\xff" * 6 + bytes.fromhex(mac) + b"\\x88\\xb5" + bytes(46))
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory, run_directory, dataplane) -> Iterator[Lab]:
    file = tmp_path_factory.mktemp("floods") / "floods.yaml"
    file.write_text(LAB)
    with Lab(file, run_dir=run_directory / dataplane) as lab:
        yield lab


# --- floods --------------------------------------------------------------------------------


def icmp6(src: str, dst: str, kind: int, body: bytes) -> bytes:
    message = bytearray(struct.pack("!BBH", kind, 0, 0) + body)
    pseudo = ip_address(src).packed + ip_address(dst).packed
    pseudo += struct.pack("!II", len(message), 58)
    message[2:4] = internet_checksum(pseudo + bytes(message)).to_bytes(2, "big")
    return ip(src, dst, 58, bytes(message), ttl=255)


def to_gateway(mac: str, *packets: bytes) -> list[bytes]:
    return [ip_frame(GATEWAY_MAC, mac, packet) for packet in packets]


def pings(mac: str) -> list[bytes]:
    return to_gateway(mac, echo(OWN6, GATEWAY6), echo("fe80::2", "fe80::1"))


def what_is_reported(mac: str) -> list[bytes]:
    return to_gateway(
        mac,
        ip(OWN, "10.2.0.2", ttl=1),
        ip(OWN6, "2001:db8:2::2", ttl=1),
        ip(OWN, "172.16.0.1"),
        ip(OWN6, "2001:db8:77::1"),
        ip(OWN, GATEWAY),
        ip(OWN6, GATEWAY6),
    )


def unknown_hosts(mac: str, own: str = OWN, own6: str = OWN6) -> list[bytes]:
    lan, lan6 = ip_network("10.1.0.0/24"), ip_network("2001:db8:1::/64")
    packets = [ip(own, str(lan[number])) for number in range(20, 250)]
    packets += [ip(own6, str(lan6[number << 20])) for number in range(20, 2000)]
    return to_gateway(mac, *packets)


def questions(mac: str) -> list[bytes]:
    asked = bytes(4) + ip_address(GATEWAY6).packed + b"\1\1" + bytes.fromhex(mac.replace(":", ""))
    solicitation = icmp6(OWN6, SOLICITED, 135, asked)
    return [
        arp(1, mac, OWN, "00:00:00:00:00:00", GATEWAY),
        ip_frame("33:33:ff:00:00:01", mac, solicitation),
    ]


def flapping_addresses(_mac: str) -> list[bytes]:
    rnd, made = random.Random(1), []
    for number in range(2000):
        mac = f"02:{rnd.getrandbits(40):010x}"
        own = ":".join((mac[:2], *(mac[3 + at : 5 + at] for at in range(0, 10, 2))))
        made.append(arp(2, own, f"10.1.0.{20 + number % 200}", GATEWAY_MAC, GATEWAY, GATEWAY_MAC))
        target = ip_address("2001:db8:1::5:0") + number
        said = struct.pack("!I", 0x6000_0000) + target.packed + b"\2\1"
        said += bytes.fromhex(own.replace(":", ""))
        made.append(ip_frame(GATEWAY_MAC, own, icmp6(str(target), GATEWAY6, 136, said)))
    return made


FLOODS = {
    "pings of the gateway": (FLOODER, pings),
    "packets that are answered with errors": (FLOODER, what_is_reported),
    "packets to unknown hosts": (FLOODER, unknown_hosts),
    "packets to unknown hosts, over the core": (
        ITS_FAR_SITE,
        lambda mac: unknown_hosts(mac, "10.2.0.2", "2001:db8:2::2"),
    ),
    "questions for the gateway": (FLOODER, questions),
    "addresses that flap": (FLOODER, flapping_addresses),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_takes_nothing_from_another_customer(lab: Lab, kind: str):
    host, frames = FLOODS[kind]
    with flooding(lab, host, frames(lab.session.host(host).mac)):
        assert_hosts_are_found(lab, list(FLOODS).index(kind))
        assert_the_gateway_is_found(lab)
        assert_a_cut_is_healed(lab)
    assert_the_cut_is_in_the_log(lab)


def assert_hosts_are_found(lab: Lab, number: int) -> None:
    """Demand that hosts that nobody knows are found behind the PE that is flooded."""
    numbers = range(100 + 4 * number, 104 + 4 * number)
    added = [f"10.1.0.{each}/24" for each in numbers]
    added += [f"2001:db8:1::{each:x}/64 nodad" for each in numbers]
    lab.cmd(QUIET, " && ".join(f"ip address add {each} dev eth0" for each in added))
    targets = [each.split("/")[0] for each in added]
    asking = [
        lab.session.popen(FAR, ["ping", "-n", "-c1", "-W5", each], stdout=subprocess.PIPE)
        for each in targets
    ]
    said = [each.communicate()[0] for each in asking]
    lost = [each for each, text in zip(targets, said, strict=True) if b"1 received" not in text]
    assert lost == []


def assert_the_gateway_is_found(lab: Lab) -> None:
    for gateway in (GATEWAY, GATEWAY6):
        lab.cmd(QUIET, f"ip neigh del {gateway} dev eth0")
        assert "1 received" in lab.cmd(QUIET, f"ping -n -c1 -W3 {gateway}")


def assert_a_cut_is_healed(lab: Lab) -> None:
    client = lab.session.controller
    for down in (["dk-se"], []):
        lab.session.set_link("dk-se", up=not down)
        client.wait_until(lambda s, d=down: s["down"] == d and s["in_sync"], 10, "the change")


def assert_the_cut_is_in_the_log(lab: Lab) -> None:
    """Demand that nobody has pushed it out, or what happened before."""
    texts = [event["text"] for event in lab.session.controller.call("events")]
    assert "dk-se is down" in texts
    assert any("connected" in each for each in texts)
    assert len([each for each in texts if "flooding/x: " in each]) <= KEPT_PER_CIRCUIT


# --- MAC addresses ---------------------------------------------------------------------------


def test_a_flood_of_mac_addresses_takes_nothing_from_another_vpls(lab: Lab):
    room = fdb_capacity(lab.program())
    known, new = [[f"02dd00000{part}{number:02d}" for number in range(4)] for part in range(2)]
    assert len(learned(lab, "stations", known)) == len(known)
    frames = [
        ethernet(ALL, f"02:ff:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
                 0x88B5, bytes(46))
        for number in range(4 * room.share)
    ]  # fmt: skip
    with flooding(lab, "macs/u/h1", frames):
        flooded = eventually(lambda: full(lab, room.share), "the table of the flooded VPLS is full")
        assert flooded <= 2 * room.share
        assert learned(lab, "stations", new) == set(map(text, new))
        assert set(map(text, known)) <= macs(lab, "stations")
        assert_a_cut_is_healed(lab)
    lab.session.controller.call("flush", vpn="macs")


def text(mac: str) -> str:
    return ":".join(mac[at : at + 2] for at in range(0, 12, 2))


def full(lab: Lab, share: int) -> int:
    found = len(macs(lab, "macs"))
    return found if found >= share else 0


def macs(lab: Lab, vpn: str) -> set[str]:
    """Return what the PE that is flooded has learned."""
    rows = lab.session.controller.call("macs")
    return {row["mac"] for row in rows if (row["vsi"], row["node"]) == (vpn, "dk")}


def learned(lab: Lab, vpn: str, addresses: list[str]) -> set[str]:
    """Have stations speak until they are known; return them."""
    wanted = set(map(text, addresses))
    speaking = lab.session.popen(f"{vpn}/u/h1", [sys.executable, "-c", SPEAK, *addresses])
    try:
        return eventually(lambda: wanted & macs(lab, vpn) == wanted and wanted, "stations")
    finally:
        speaking.kill()
        speaking.wait()
