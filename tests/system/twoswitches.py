"""A lab's flows in a fake and in a real switch, given the same frames."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.program import Program
from mplsemu.southbound.openflow.flow import Flow
from tests import builders
from tests.oracles import frames
from tests.oracles.fakeswitch import FakeOutcome
from tests.oracles.realswitch import RealNetwork

BROADCAST = "ff:ff:ff:ff:ff:ff"


def lab(ttl_mode, null_label):
    """Three PEs and two Ps; an extranet of two L3VPNs, another with the same addresses, L2."""
    macs = builders.MacAddresses()
    return builders.network(
        builders.provider(
            ("dk-p1", "p1-p2", "p2-no", "dk-se"),
            pes=("dk", "se", "no"),
            ttl_mode=ttl_mode,
            null_label=null_label,
        ),
        builders.l3vpn(
            "a",
            {
                "aarhus": ("dk", "192.168.1.0/24 2001:db8:1::/64"),
                "oslo": ("no", "192.168.3.0/24 2001:db8:3::/64", "ce"),
                "malmo": ("se", "192.168.4.0/24 2001:db8:4::/64"),
                "viborg": ("dk", "192.168.5.0/24"),
                "bodo": ("no", "192.168.6.0/24 2001:db8:6::/64"),
            },
            number=1,
            imports=(1, 3),
            macs=macs,
        ),
        builders.l3vpn(
            "b",
            {"aarhus": ("dk", "192.168.1.0/24"), "oslo": ("no", "192.168.3.0/24")},
            number=2,
            macs=macs,
        ),
        builders.l3vpn(
            "shared",
            {"dk": ("dk", "172.16.1.0/24 2001:db8:f::/64"), "no": ("no", "172.16.2.0/24")},
            number=3,
            imports=(1, 3),
            macs=macs,
        ),
        builders.vpls(
            "c",
            {"odense": "dk", "malmo": "se", "bergen": "no", "vejle": "dk"},
            hosts=2,
            macs=macs,
        ),
        builders.vpws("d", {"skagen": "dk", "tromso": "no"}, macs=macs),
    )


class Both:
    """The fake and the real network, given the same frames one after the other."""

    def __init__(self, program, fake, real):
        self.program, self.fake, self.real = program, fake, real
        self.captured = []
        self._number = 0

    def circuit(self, name):
        return self.program.node_of_circuit[name].circuit_by_name[name]

    def host(self, circuit, index=0):
        return self.circuit(circuit).hosts[index]

    def sender_mac(self, circuit):
        made = self.circuit(circuit)
        return made.ce.mac if made.ce else made.hosts[0].mac

    def inject(self, circuit, frame) -> FakeOutcome:
        """Send a frame; both networks must show the same, and the real one nothing late."""
        expected = self.fake.inject(circuit, frame)
        got = self.real.inject(circuit, frame, expected)
        assert sorted(got.on_links) == sorted(expected.on_links), describe(got, expected)
        assert sorted(got.deliveries) == sorted(expected.deliveries), describe(got, expected)
        self.captured += [frame for _, _, frame in got.on_links]
        return got

    def ip(self, circuit, src, dst, dst_mac=GATEWAY_MAC, **settings) -> FakeOutcome:
        self._number += 1
        payload = struct.pack("!HHHHI", 40000, 5001, 28, 0, self._number) + bytes(16)
        raw = frames.ip(src, dst, payload=payload, **settings)
        return self.inject(circuit, frames.ip_frame(dst_mac, self.sender_mac(circuit), raw))


def describe(got, expected):
    def lines(outcome):
        shown = [
            f"  {link} from {node} {frame[:60].hex(' ')}" for link, node, frame in outcome.on_links
        ]
        return "\n".join(
            shown + [f"  {c} {frame[:60].hex(' ')}" for c, frame in outcome.deliveries]
        )

    return f"real:\n{lines(got)}\nfake:\n{lines(expected)}"


def bridged(both, circuit, dst, ethertype=0x88B5, vlans=(), payload=b"", index=0):
    both._number += 1
    body = struct.pack("!I", both._number) + payload + bytes(46)
    frame = frames.ethernet(dst, both.host(circuit, index).mac, ethertype, body, vlans)
    got = both.inject(circuit, frame)
    assert {each for _, each in got.deliveries} <= {frame}
    return sorted(name for name, _ in got.deliveries)


FIELDS = ("mpls.label", "mpls.exp", "mpls.bottom", "mpls.ttl", "ip.dst", "ip.checksum.status",
          "vlan.id", "eth.src")  # fmt: skip


def read_back(frame: bytes, directory: Path, wire_label: int) -> dict[str, list[str]]:
    """Return what tshark makes of one frame."""
    path = directory / "one.pcap"
    head = struct.pack("IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    path.write_bytes(head + struct.pack("IIII", 0, 0, len(frame), len(frame)) + frame)
    done = subprocess.run(
        ["tshark", "-r", str(path), "-T", "json", "-o", "ip.check_checksum:TRUE",
         "-d", f"mpls.label=={wire_label},pwethnocw", *(w for f in FIELDS for w in ("-e", f))],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    [packet] = json.loads(done.stdout)
    return packet["_source"]["layers"]


@contextmanager
def real_network(
    program: Program, made: Mapping[str, Sequence[Flow]], directory: Path
) -> Iterator[tuple[RealNetwork, PrivateOpenVswitch]]:
    """Run a lab's flows on an Open vSwitch of its own."""
    with enter_private_namespace():
        openvswitch = PrivateOpenVswitch(directory / "run")
        openvswitch.start()
        try:
            real = RealNetwork(program, made, openvswitch, directory)
            try:
                yield real, openvswitch
            finally:
                real.close()
        finally:
            openvswitch.stop()
