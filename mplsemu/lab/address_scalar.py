"""The types of a lab file's addresses: hosts', gateways', PE-CE links'; names of hosts."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_interface
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator

from mplsemu.lab.document import quoted
from mplsemu.lab.scalar import (
    Name,
    Prefix,
    forbidden_reason,
    one_or_list,
    one_or_more,
    refuse,
    string,
    text_of,
)
from mplsemu.model.names import RESERVED_HOSTS
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork
from mplsemu.program.gateway import reserved_addresses

_T = TypeVar("_T")
_UNNUMBERED: Final = "unnumbered"
_ADDRESS: Final = "^[0-9A-Fa-f:.]+$"
_MAC: Final = re.compile(
    r"[0-9a-f]{2}(?P<by>[:-])[0-9a-f]{2}((?P=by)[0-9a-f]{2}){4}\Z"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\Z",
    re.ASCII,
)
_MAC_EXAMPLE: Final = "write for example 02:00:00:00:aa:01"
_VIRTUAL_ROUTERS: Final = ("00:00:5e:00:01:", "00:00:5e:00:02:")
_TAKEN_FOR_AN_ADDRESS: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\Z", re.I)
"""What tools take for an IPv4 address (inet_aton(3)), where they would look up a name."""


def _host_name(name: str) -> str:
    if name in RESERVED_HOSTS:
        refuse(
            f"{name!r} is no name for a host: {RESERVED_HOSTS[name]}",
            f"write another name, for example {name}1",
        )
    if _TAKEN_FOR_AN_ADDRESS.match(name):
        refuse(
            f"{name!r} is no name for a host: ping and other tools take it for an IPv4 address",
            f"write another name, for example h{name}",
        )
    return name


def _host_names(names: list[str]) -> list[str]:
    for number, name in enumerate(names):
        if name in names[:number]:
            refuse(f"{name!r} is there twice", "give one of them another name, or leave it out")
    return names


def _address(value: object) -> IPAddress:
    text = text_of(value, "an address such as 192.168.1.10")
    try:
        if "%" in text:
            raise ValueError(text)  # a zone, which ipaddress would take
        address = ip_address(text)
    except ValueError:
        remedy = "write for example 192.168.1.10 or 2001:db8:1::10"
        if "/" in text:
            remedy = "leave the prefix length out: it is that of the subnet"
        refuse(f"{quoted(text)} is not an address", remedy)
    reason = forbidden_reason(address)
    if reason is not None:
        refuse(
            f"{address} is one of the {reason}, which nobody at a site has",
            "write a unicast address, for example 192.168.1.10 or 2001:db8:1::10",
        )
    return address


def _some(addresses: list[_T]) -> list[_T]:
    if not addresses:
        refuse("a list without addresses", "write one, for example 192.168.1.10, or leave it out")
    return addresses


def _mac(value: object) -> str:
    text = text_of(value, "a MAC address such as 02:00:00:00:aa:01")
    if not _MAC.match(text.lower()):
        refuse(f"{quoted(text)} is not a MAC address", _MAC_EXAMPLE)
    octets = bytes.fromhex(re.sub("[:.-]", "", text))
    mac = octets.hex(":")
    if octets[0] & 1:
        refuse(f"{mac} is a group address, which no station has (IEEE 802.3)", _MAC_EXAMPLE)
    if not any(octets):
        refuse(f"{mac} is nobody's address", _MAC_EXAMPLE)
    if mac.startswith(_VIRTUAL_ROUTERS):
        refuse(f"{mac} is a virtual router's address (RFC 5798 section 7.3)", _MAC_EXAMPLE)
    return mac


def _link_networks(value: object) -> object:
    if value == _UNNUMBERED:
        return []
    if value == []:
        remedy = f"write one, for example 10.99.0.0/30, or {_UNNUMBERED}"
        refuse("a list without networks", remedy)
    return one_or_more(value)


def _room_for_two(networks: list[IPNetwork]) -> list[IPNetwork]:
    for number, network in enumerate(networks):
        if network.num_addresses - len(reserved_addresses(network)) < 2:
            least = network.max_prefixlen - 1
            refuse(f"{network} has no room for the PE and the CE", f"write a /{least} or larger")
        if any(network.version == other.version for other in networks[:number]):
            what = f"a second network of IPv{network.version}"
            refuse(f"{network} is {what}", "write one of each IP version at most")
    return networks


def _station_address(value: object) -> IPInterface:
    text = text_of(value, "an address such as 10.99.0.1/24")
    address, slash, length = text.partition("/")
    owner = _address(address)
    if not slash:
        return ip_interface(owner)
    try:
        return ip_interface(f"{owner}/{length}")
    except ValueError:
        refuse(f"{quoted(text)} has no prefix length", f"write for example {owner}/24, or {owner}")


HostName = Annotated[Name, AfterValidator(_host_name)]
HostNames = Annotated[list[HostName], AfterValidator(_host_names)]
Mac = Annotated[
    str,
    BeforeValidator(_mac),
    string(
        "^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$|^([0-9A-Fa-f]{4}\\.){2}[0-9A-Fa-f]{4}$",
        "02:00:00:00:aa:01",
    ),
]
LinkNetworks = Annotated[
    list[Prefix],
    BeforeValidator(_link_networks),
    AfterValidator(_room_for_two),
    one_or_list(
        "^([0-9A-Fa-f:.]+/[0-9]{1,3}|unnumbered)$",
        ["10.99.0.0/30", ["10.99.0.0/30", "2001:db8:99::/127"], _UNNUMBERED],
        1,
    ),
]
"""Of a PE-CE link: none where it is unnumbered."""
Address = Annotated[IPAddress, BeforeValidator(_address)]
Addresses = Annotated[
    list[Address],
    BeforeValidator(one_or_more),
    AfterValidator(_some),
    one_or_list(_ADDRESS, ["192.168.1.10", ["192.168.1.10", "2001:db8:1::10"]], 1),
]
StationAddresses = Annotated[
    list[Annotated[IPInterface, BeforeValidator(_station_address)]],
    BeforeValidator(one_or_more),
    AfterValidator(_some),
    one_or_list(
        "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$",
        ["10.99.0.1/24", ["10.99.0.1", "2001:db8:99::1"]],
        1,
    ),
]
"""Of a CE router on a VPLS: without a prefix length, that of a single address."""
