"""A packet inside a fake OpenFlow switch: its bytes, and the fields that OpenFlow sees in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from mplsemu.southbound.openflow.match import (
    ARP_OP,
    ARP_SHA,
    ARP_SPA,
    ARP_THA,
    ARP_TPA,
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    ICMPV4_CODE,
    ICMPV4_TYPE,
    ICMPV6_TYPE,
    IN_PORT,
    IP_FRAGMENT,
    IP_PROTO,
    IP_TOS,
    IP_TTL,
    IPV4_DST,
    IPV4_SRC,
    IPV6_DST,
    IPV6_SRC,
    METADATA,
    MPLS_BOS,
    MPLS_LABEL,
    MPLS_TC,
    MPLS_TTL,
    ND_FLAGS,
    ND_OPTION,
    ND_SLL,
    ND_TARGET,
    ND_TLL,
    REGISTERS,
    UDP_DST,
    VLAN_VID,
    Field,
)

MPLS = 0x8847
MOST_KNOWN_TAGS = 2
FRAGMENT = 44
VLAN_TYPES = (0x8100, 0x88A8)
VLAN_PRESENT = 0x1000
MOST_PADDING = 255
JOURNEY = frozenset({IN_PORT, METADATA, *REGISTERS})
AT_START = {ETH_DST: (0, 6), ETH_SRC: (6, 6)}
IN_ARP = {ARP_OP: (6, 2), ARP_SHA: (8, 6), ARP_SPA: (14, 4), ARP_THA: (18, 6), ARP_TPA: (24, 4)}
IN_IPV4 = {IPV4_SRC: (12, 4), IPV4_DST: (16, 4), IP_PROTO: (9, 1), IP_TOS: (1, 1), IP_TTL: (8, 1)}
IN_IPV6 = {IPV6_SRC: (8, 16), IPV6_DST: (24, 16), IP_PROTO: (6, 1), IP_TTL: (7, 1)}
IN_DISCOVERY = {ND_FLAGS: (44, 4), ND_TARGET: (48, 16), ND_OPTION: (64, 1)}
DISCOVERY = (135, 136)
MAC_OPTIONS = {ND_SLL: 1, ND_TLL: 2}
IN_LABEL = {MPLS_LABEL: (12, 20), MPLS_TC: (9, 3), MPLS_BOS: (8, 1), MPLS_TTL: (0, 8)}


@dataclass
class FakePacket:
    """Bytes that start with an Ethernet header or, once that is gone, with a label stack.

    Open vSwitch reads one VLAN tag, and knows one more that it pushes before; a field whose header
    is not there reads as None.

    Attributes:
        known_tags: that it knows: what is behind them is the Ethernet type to it.
    """

    data: bytearray
    in_port: int
    is_ethernet: bool = True
    metadata: int = 0
    registers: dict[Field, int] = field(default_factory=dict)
    known_tags: int = 0

    @classmethod
    def received(cls, frame: bytes, in_port: int) -> FakePacket:
        packet = cls(bytearray(frame), in_port)
        packet.read_anew()
        return packet

    def copy(self) -> FakePacket:
        return FakePacket(
            bytearray(self.data),
            self.in_port,
            self.is_ethernet,
            self.metadata,
            dict(self.registers),
            self.known_tags,
        )

    def read_anew(self) -> None:
        """Parse it once more, as a recirculation does."""
        self.known_tags = int(self.is_ethernet and self._number(12, 2) in VLAN_TYPES)

    def push_tag(self, kind: int) -> None:
        assert self.known_tags < MOST_KNOWN_TAGS, "Open vSwitch forgets a third tag"
        self.data[12:12] = kind.to_bytes(2, "big") + b"\0\0"
        self.known_tags += 1

    def pop_tag(self) -> None:
        assert self.is_tagged, "pop of a tag that is not there"
        del self.data[12:16]
        self.known_tags -= 1

    @property
    def is_tagged(self) -> bool:
        return self.is_ethernet and self.known_tags > 0

    @property
    def type_at(self) -> int:
        return 12 + 4 * self.known_tags

    @property
    def behind_ethernet(self) -> int:
        return self.type_at + 2 if self.is_ethernet else 0

    @property
    def ethertype(self) -> int:
        return self._number(self.type_at, 2) if self.is_ethernet else MPLS

    @property
    def is_fragment(self) -> bool:
        return bool(self.read(IP_FRAGMENT))

    @property
    def _has_options6(self) -> bool:
        """Whether hop-by-hop options, eight octets of them, precede what an IPv6 packet carries."""
        at = self.behind_ethernet
        return self.ethertype == 0x86DD and self._number(at + 6, 1) == 0

    def _read_behind_options6(self, wanted: Field) -> int | None:
        at = self.behind_ethernet + 40
        protocol = self._number(at, 1)
        if wanted is IP_PROTO:
            return protocol
        return self._number(at + 8, 1) if protocol == 58 else None

    def _fragment(self) -> int | None:
        """Return NX_IP_FRAG_ANY and, of one that is not the first, NX_IP_FRAG_LATER."""
        at = self.behind_ethernet
        if self.ethertype == 0x0800:
            word = self._number(at + 6, 2)
            return bool(word & 0x3FFF) | bool(word & 0x1FFF) << 1
        if self.ethertype != 0x86DD:
            return None
        word = self._number(at + 42, 2) if self._number(at + 6, 1) == FRAGMENT else 0
        return bool(word) | bool(word & 0xFFF8) << 1

    @property
    def has_true_lengths(self) -> bool:
        """Whether Open vSwitch reads the IP header: it looks at lengths, not at the version."""
        ip = self.data[self.behind_ethernet :]
        if self.ethertype == 0x86DD:
            return len(ip) >= 40 and len(ip) - 40 - int.from_bytes(ip[4:6], "big") >= 0
        header, total = 4 * (ip[0] & 0xF) if ip else 0, int.from_bytes(ip[2:4], "big")
        return len(ip) >= 20 and 20 <= header <= total <= len(ip) <= total + MOST_PADDING

    @property
    def label_count(self) -> int:
        if self.ethertype != MPLS:
            return 0
        count, at = 1, self.behind_ethernet
        while not self._number(at, 4) & 0x100:
            count, at = count + 1, at + 4
        return count

    def read(self, wanted: Field) -> int | None:
        if wanted in JOURNEY:
            return self._read_journey(wanted)
        if wanted in IN_LABEL:
            return self._read_label(wanted)
        if not self.is_ethernet:
            return MPLS if wanted is ETH_TYPE else None
        if wanted is ETH_TYPE:
            return self.ethertype
        if wanted is VLAN_VID:
            return VLAN_PRESENT | self._number(14, 2) & 0xFFF if self.is_tagged else 0
        if wanted is IP_FRAGMENT:
            return self._fragment()
        if wanted in {IP_PROTO, ICMPV6_TYPE} and self._has_options6:
            return self._read_behind_options6(wanted)
        place = self._place(wanted)
        if place is None:
            return self._read_class6(wanted)
        # Open vSwitch reads 0 where a fragment's next header would be, the first one's too,
        # and everywhere in a header whose lengths are not true
        is_hidden = wanted in {ICMPV4_TYPE, ICMPV4_CODE, UDP_DST} and self.is_fragment
        is_hidden |= self.ethertype in {0x0800, 0x86DD} and not self.has_true_lengths
        is_hidden &= wanted not in AT_START
        return 0 if is_hidden else self._number(*place)

    def write(self, wanted: Field, value: int) -> None:
        if wanted is IN_PORT:
            self.in_port = value
        elif wanted is METADATA:
            self.metadata = value
        elif wanted in JOURNEY:
            self.registers[wanted] = value
        elif wanted is VLAN_VID:
            assert self.is_tagged, "a tag written, but there is none"
            self.store(14, 2, self._number(14, 2) & 0xE000 | value & 0xFFF)
        elif wanted in IN_LABEL:
            assert self.ethertype == MPLS, f"{wanted} written, but there is no label"
            shift, bits = IN_LABEL[wanted]
            keep = self._number(self.behind_ethernet, 4) & ~(((1 << bits) - 1) << shift)
            self.store(self.behind_ethernet, 4, keep | value << shift)
        else:
            if wanted is IP_TOS and self.ethertype == 0x86DD:
                at = self.behind_ethernet
                kept = self._number(at, 2) & ~0xFC0
                self.store(at, 2, kept | (value & 0xFC) << 4)
                return
            place = self._place(wanted)
            assert place is not None, f"{wanted} written, but it is not there"
            before = self._number(place[0] & ~1, 2)
            header = self._ipv4_header()
            wrong = self._wrong6()
            self.store(*place, value)
            self._mend6(wrong)
            if wanted is ICMPV4_TYPE:
                self._mend_icmp_checksum(place[0], before)
            self._mend_ip_checksum(header)

    def store(self, at: int, size: int, value: int) -> None:
        self.data[at : at + size] = value.to_bytes(size, "big")

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], "big")

    def _read_journey(self, wanted: Field) -> int:
        if wanted is IN_PORT:
            return self.in_port
        return self.metadata if wanted is METADATA else self.registers.get(wanted, 0)

    def _read_label(self, wanted: Field) -> int | None:
        if self.ethertype != MPLS:
            return None
        shift, bits = IN_LABEL[wanted]
        return self._number(self.behind_ethernet, 4) >> shift & (1 << bits) - 1

    def _read_class6(self, wanted: Field) -> int | None:
        if wanted in MAC_OPTIONS and self._place_in_discovery(self.behind_ethernet, ND_TARGET):
            return 0
        if wanted is IP_TOS and self.ethertype == 0x86DD:
            return self._number(self.behind_ethernet, 2) >> 4 & 0xFF
        return None

    def _place(self, wanted: Field) -> tuple[int, int] | None:
        if wanted in AT_START:
            return AT_START[wanted]
        at, ethertype = self.behind_ethernet, self.ethertype
        here = {0x0806: IN_ARP, 0x0800: IN_IPV4, 0x86DD: IN_IPV6}.get(ethertype, {})
        if wanted in here:
            offset, size = here[wanted]
            return at + offset, size
        if ethertype == 0x0800 and self._number(at + 9, 1) == 1:
            offset = {ICMPV4_TYPE: 0, ICMPV4_CODE: 1}.get(wanted)
            header = (self.data[at] & 0xF) * 4
            return None if offset is None else (at + header + offset, 1)
        if ethertype == 0x0800 and self._number(at + 9, 1) == 17 and wanted is UDP_DST:
            return at + (self.data[at] & 0xF) * 4 + 2, 2
        if ethertype == 0x86DD and self._number(at + 6, 1) == 17 and wanted is UDP_DST:
            return at + 42, 2
        if ethertype == 0x86DD and self._number(at + 6, 1) == 58:
            if wanted is ICMPV6_TYPE:
                return at + 40, 1
            return self._place_in_discovery(at, wanted)
        return None

    def _place_in_discovery(self, at: int, wanted: Field) -> tuple[int, int] | None:
        if self._number(at + 40, 1) not in DISCOVERY:
            return None
        if wanted in MAC_OPTIONS:
            is_there = self._number(at + 64, 2) == MAC_OPTIONS[wanted] << 8 | 1
            return (at + 66, 6) if is_there else None
        offset, size = IN_DISCOVERY.get(wanted, (0, 0))
        return (at + offset, size) if offset else None

    def _mend_icmp_checksum(self, at: int, before: int) -> None:
        # RFC 1624: from what it was, so a wrong one stays wrong
        old = self._number(at + 2, 2)
        total = (0xFFFF - old) + (0xFFFF - before) + self._number(at, 2)
        while total > 0xFFFF:
            total = (total & 0xFFFF) + (total >> 16)
        self.store(at + 2, 2, 0xFFFF - total)

    def _sum6(self) -> int | None:
        """Return the checksum that an ICMPv6 message should have, None where there is none."""
        at = self.behind_ethernet
        if self.ethertype != 0x86DD or self._number(at + 6, 1) != 58 or len(self.data) < at + 44:
            return None
        packet = self.data[at : at + 40 + self._number(at + 4, 2)]
        pseudo = packet[8:40] + (len(packet) - 40).to_bytes(4, "big") + b"\0\0\0\x3a"
        return internet_checksum(pseudo + packet[40:42] + packet[44:])

    def _wrong6(self) -> int | None:
        """Return how far from right the checksum of an ICMPv6 message is."""
        right = self._sum6()
        if right is None:
            return None
        return (self._number(self.behind_ethernet + 42, 2) - right) % 0xFFFF

    def _mend6(self, wrong: int | None) -> None:
        right = self._sum6()
        if wrong is not None and right is not None:
            self.store(self.behind_ethernet + 42, 2, (right + wrong) % 0xFFFF if wrong else right)

    def _ipv4_header(self) -> bytes:
        at = self.behind_ethernet
        return bytes(self.data[at : at + 4 * (self.data[at] & 0xF)])

    def _mend_ip_checksum(self, before: bytes) -> None:
        # RFC 1624: from what it was, so a wrong one stays wrong
        if self.ethertype == 0x0800 and before != self._ipv4_header():
            was = internet_checksum(before[:10] + before[12:])
            wrong = (int.from_bytes(before[10:12], "big") - was) % 0xFFFF
            now = self._ipv4_header()
            right = internet_checksum(now[:10] + now[12:])
            self.store(self.behind_ethernet + 10, 2, (right + wrong) % 0xFFFF if wrong else right)


def internet_checksum(data: bytes) -> int:
    padded = bytes(data) + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
