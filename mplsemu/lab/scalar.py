"""The types of a lab file's scalars: names, quantities, prefixes, route targets.

Each reads the text that stands in the file and refuses it with what to write instead; the
JSON Schema of each is what an editor can check.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Final, NoReturn

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from mplsemu.errors import LabelError
from mplsemu.lab.document import quoted
from mplsemu.lab.quantity import (
    ACCESS_RATE,
    AGING,
    BANDWIDTH,
    DELAY,
    STORM_RATE,
    THROUGHPUT,
    WAIT,
    QuantityError,
    Scale,
)
from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget, read_asn
from mplsemu.model.labels import Label, LabelRange
from mplsemu.model.limits import MAX_MTU, MAX_NHLFES, MIN_IPV4_MTU, MIN_LINK_MTU
from mplsemu.model.vpn import IPAddress, IPNetwork

_REFUSED: Final = "refused"
MAX_METRIC: Final = 65_535  # a BGP/MPLS provider's IGP: OSPF, RFC 2328 section A.4.2
MAX_PREFERENCE: Final = 65_535
MAX_HOSTS: Final = 1_000
MAX_DEPTH: Final = 8
MAX_MACS: Final = 1_000_000
MAX_LAB_NAME: Final = 40
MAX_NAME: Final = 255
_MAX_CUSTOMER: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_NAME_RULE: Final = "a name has letters, digits, '_', '.' and '-', the first a letter or digit"
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}\Z")
_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})\Z")
_TWO_NUMBERS: Final = re.compile(r"([0-9]{1,7})\s*-\s*([0-9]{1,7})\Z")
_FORBIDDEN: Final = {
    ip_network(prefix): why
    for prefix, why in {
        "0.0.0.0/8": "this-network addresses",
        "127.0.0.0/8": "loopback addresses",
        "169.254.0.0/16": "link-local addresses",
        "224.0.0.0/4": "multicast addresses",
        "240.0.0.0/4": "reserved addresses",
        "::/96": "unspecified and loopback addresses",
        "::ffff:0:0/96": "IPv4-mapped addresses",
        "fe80::/10": "link-local addresses",
        "ff00::/8": "multicast addresses",
    }.items()
}


def refuse(problem: str, remedy: str) -> NoReturn:
    """Raise the error that complaint.py turns into a `LabError`."""
    raise PydanticCustomError(_REFUSED, "{problem}", {"problem": problem, "remedy": remedy})


def text_of(value: object, what: str) -> str:
    """Return a scalar's text; anything else is refused, with what is due."""
    if isinstance(value, str):
        return value
    refuse(f"{kind(value)} where {what} is due", f"write {what}")


def kind(value: object) -> str:
    """Return what `value` is, as a message says it."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return quoted(value)


def _name(value: object) -> str:
    name = text_of(value, "a name")
    if not _NAME.match(name):
        refuse(f"{quoted(name)} is not a name", _NAME_RULE)
    if len(name) > MAX_NAME:
        refuse(f"{quoted(name)} has {len(name):,} characters", f"write at most {MAX_NAME}")
    return name


def is_lab_name(text: str) -> bool:
    """Return whether a lab, and so a directory, may have this name."""
    return len(text) <= MAX_LAB_NAME and _NAME.match(text) is not None


def _lab_name(value: object) -> str:
    name = _name(value)
    if len(name) > MAX_LAB_NAME:
        refuse(
            f"{quoted(name)} has {len(name)} characters",
            f"a lab's name is also a directory's: write at most {MAX_LAB_NAME}",
        )
    return name


def _short_link(value: object) -> str:
    text = text_of(value, "NODE-NODE")
    if len(text) > 2 * MAX_NAME + 3:
        refuse(f"{quoted(text)} has {len(text):,} characters", "write NODE-NODE")
    return text


def _customer(value: object) -> str:
    text = text_of(value, "a customer's name").strip()
    if not text or len(text) > _MAX_CUSTOMER or not text.isprintable():
        refuse(f"{quoted(text)} is not a customer's name", f"write 1 to {_MAX_CUSTOMER} characters")
    return text


def _integer(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = text_of(value, "a whole number")
        if not _INTEGER.match(text):
            refuse(f"{quoted(text)} is not a whole number", f"write {least} to {most}")
        number = int(text)
        if not least <= number <= most:
            refuse(f"{number} is out of range", f"write {least} to {most}")
        return number

    return read


def _mtu(least: int, why: str) -> Callable[[object], int]:
    remedy = f"write octets from {least} ({why}) to {MAX_MTU}, for example 1500 or 9216"

    def read(value: object) -> int:
        text = text_of(value, "a number of octets")
        if not _INTEGER.match(text):
            refuse(f"{quoted(text)} is not a number of octets", remedy)
        octets = int(text)
        if not least <= octets <= MAX_MTU:
            refuse(f"{octets} is out of range", remedy)
        return octets

    return read


def _metrics(value: object) -> int | tuple[int, int]:
    """Read one metric, or one for each direction; two that are equal are one."""
    read = _integer(1, MAX_METRIC)
    if not isinstance(value, list):
        return read(value)
    if len(value) != 2:
        refuse(
            f"{len(value)} metrics, and a link has two directions",
            "write one metric, or [THERE, BACK]: from the first end to the second, and back",
        )
    there, back = (read(metric) for metric in value)
    return there if there == back else (there, back)


def _yes_or_no(value: object) -> bool:
    text = text_of(value, "true or false")
    if text not in ("true", "false"):
        refuse(f"{quoted(text)} is neither true nor false", "write true or false")
    return text == "true"


def _degrees(value: object) -> float:
    text = text_of(value, "degrees")
    if not _NUMBER.match(text):
        refuse(f"{quoted(text)} is not a number", "write degrees, for example 12.57")
    return float(text)


def _position(value: object) -> tuple[float, float]:
    example = "write [LONGITUDE, LATITUDE] in degrees, for example [12.57, 55.68]"
    if not isinstance(value, list) or len(value) != 2:
        refuse(f"{kind(value)} is not a position", example)
    longitude, latitude = (_degrees(degrees) for degrees in value)
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        refuse(f"[{longitude}, {latitude}] is not on the globe", example)
    return longitude, latitude


def _quantity(scale: Scale) -> Callable[[object], int]:
    def read(value: object) -> int:
        try:
            return int(scale.read(text_of(value, "a quantity with its unit")))
        except QuantityError as error:
            refuse(error.problem, error.remedy)

    return read


def _storm_rate(value: object) -> int:
    bps = _quantity(STORM_RATE)(value)
    if bps % 1000:
        refuse(f"{quoted(value)} is no whole number of kbit/s", f"write {bps // 1000} kbit/s")
    return bps


def _prefix(value: object) -> IPNetwork:
    text = text_of(value, "a prefix such as 192.168.1.0/24")
    address, slash, length = text.partition("/")
    if not slash:
        refuse(f"{quoted(text)} has no prefix length", "write for example 192.168.1.0/24")
    try:
        if not (length.isascii() and length.isdigit()) or "%" in address:
            raise ValueError(text)  # a mask or a zone, which ipaddress would take
        network = ip_network(text, strict=False)
    except ValueError:
        refuse(
            f"{quoted(text)} is not a prefix", "write for example 192.168.1.0/24 or 2001:db8:1::/64"
        )
    if ip_address(address) != network.network_address:
        refuse(f"{quoted(text)} has host bits set", f"write {network}")
    if not network.prefixlen:
        refuse(
            f"{network} is every address, and a site's subnet is a LAN",
            "write the prefixes that the site has, for example 192.168.1.0/24; a VPN that offers "
            "a way out is imported by those that use it (import: ASN:NUMBER)",
        )
    why = forbidden_reason(network)
    if why is not None:
        refuse(
            f"{network} holds {why}, which no site may have",
            "write a unicast prefix, for example 192.168.1.0/24 or 2001:db8:1::/64",
        )
    return network


def forbidden_reason(of: IPNetwork | IPAddress) -> str | None:
    """Return which addresses that nobody at a site has an address is of, or a prefix holds."""
    network = ip_network(of)
    for forbidden, why in _FORBIDDEN.items():
        if network.version == forbidden.version and network.overlaps(forbidden):
            return why
    return None


def one_or_more(value: object) -> object:
    """Wrap a single value in a list, so that its path in errors stays that of the value."""
    return [value] if isinstance(value, str) else value


def _asn_number(number: type[RouteDistinguisher | RouteTarget]) -> Callable[[object], object]:
    def read(value: object) -> object:
        text = text_of(value, "ASN:NUMBER")
        try:
            return number.parse(text)
        except ValueError as error:
            problem, _, remedy = str(error).partition("; ")
            refuse(problem, remedy)

    return read


def _asn(value: object) -> int:
    text = text_of(value, "an AS number such as 64512")
    asn = read_asn(text)
    if asn is None:
        refuse(f"{quoted(text)} is not an AS number", f"write {_ASN_RULE}")
    if asn in _RESERVED_ASNS:
        refuse(f"AS number {asn} is {_RESERVED_ASNS[asn]}", f"write {_ASN_RULE}")
    return asn


def _label_range(value: object) -> LabelRange:
    text = text_of(value, "a label range such as 16-1048575")
    match = _TWO_NUMBERS.match(text)
    if match is None:
        refuse(f"{quoted(text)} is not a label range", "write FIRST-LAST, for example 16-1048575")
    try:
        return LabelRange(Label(int(match[1])), Label(int(match[2])))
    except LabelError as error:
        refuse(str(error).partition("; ")[0], "write a range within 16-1048575")


def string(pattern: str | None, *examples: str, **more: Any) -> WithJsonSchema:
    """Return the JSON Schema of a text."""
    schema: dict[str, Any] = {"type": "string", **more}
    if examples:
        schema["examples"] = list(examples)
    if pattern is not None:
        schema["pattern"] = pattern
    return WithJsonSchema(schema)


def _whole(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


_NAME_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9_.-]*$"
_RESERVED_ASNS: Final = {
    0: "no AS's (RFC 7607)",
    23_456: "AS_TRANS (RFC 6793)",
    65_535: "reserved (RFC 7300)",
    4_294_967_295: "reserved (RFC 7300)",
}
_ASN_RULE: Final = "a number that an AS may have, for example 64512 or 4200000000"
_TARGET_PATTERN: Final = (
    r"^([0-9]{1,10}|[0-9]{1,5}\.[0-9]{1,5}|[0-9]{1,3}(\.[0-9]{1,3}){3}):[0-9]{1,10}$"
)

Name = Annotated[str, BeforeValidator(_name), string(_NAME_PATTERN, maxLength=MAX_NAME)]
ShortLink = Annotated[str, BeforeValidator(_short_link), string(None, "dk-p1")]
LabName = Annotated[
    str, BeforeValidator(_lab_name), string(_NAME_PATTERN, "nordic", maxLength=MAX_LAB_NAME)
]
Customer = Annotated[str, BeforeValidator(_customer), string(None, "Customer A", minLength=1)]
Metric = Annotated[int, BeforeValidator(_integer(1, MAX_METRIC)), _whole(1, MAX_METRIC)]
Metrics = Annotated[
    int | tuple[int, int],
    BeforeValidator(_metrics),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MAX_METRIC},
                {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1, "maximum": MAX_METRIC},
                    "minItems": 2,
                    "maxItems": 2,
                },
            ]
        }
    ),
]
LinkMtu = Annotated[
    int,
    BeforeValidator(_mtu(MIN_LINK_MTU, "IPv4's 68 octets and a stack of three labels")),
    _whole(MIN_LINK_MTU, MAX_MTU),
]
SiteMtu = Annotated[
    int,
    BeforeValidator(_mtu(MIN_IPV4_MTU, "IPv4's smallest, RFC 791")),
    _whole(MIN_IPV4_MTU, MAX_MTU),
]
HostCount = Annotated[int, BeforeValidator(_integer(0, MAX_HOSTS)), _whole(0, MAX_HOSTS)]
Bandwidth = Annotated[
    int,
    BeforeValidator(_quantity(BANDWIDTH)),
    string(BANDWIDTH.pattern, "1 Gbit/s", "100 Mbit/s"),
]
AccessRate = Annotated[
    int,
    BeforeValidator(_quantity(ACCESS_RATE)),
    string(ACCESS_RATE.pattern, "10 Mbit/s", "512 kbit/s"),
]
DelayUs = Annotated[
    int, BeforeValidator(_quantity(DELAY)), string(DELAY.pattern, "5 ms", "200 us", "0 ms")
]
AgingS = Annotated[int, BeforeValidator(_quantity(AGING)), string(AGING.pattern, "300 s")]
WaitS = Annotated[int, BeforeValidator(_quantity(WAIT)), string(WAIT.pattern, "10 s")]
Rate = Annotated[
    int, BeforeValidator(_quantity(THROUGHPUT)), string(THROUGHPUT.pattern, "8 Mbit/s")
]
StormRate = Annotated[int, BeforeValidator(_storm_rate), string(STORM_RATE.pattern, "1 Mbit/s")]
Preference = Annotated[int, BeforeValidator(_integer(0, MAX_PREFERENCE)), _whole(0, MAX_PREFERENCE)]
EcmpWidth = Annotated[int, BeforeValidator(_integer(1, MAX_NHLFES)), _whole(1, MAX_NHLFES)]
MacLimit = Annotated[int, BeforeValidator(_integer(1, MAX_MACS)), _whole(1, MAX_MACS)]
YesOrNo = Annotated[
    bool, BeforeValidator(_yes_or_no), WithJsonSchema({"type": "boolean", "examples": [True]})
]
Depth = Annotated[int, BeforeValidator(_integer(0, MAX_DEPTH)), _whole(0, MAX_DEPTH)]
Position = Annotated[
    tuple[float, float],
    BeforeValidator(_position),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
            "examples": [[12.57, 55.68]],
        }
    ),
]
Labels = Annotated[
    LabelRange, BeforeValidator(_label_range), string("^[0-9]+-[0-9]+$", "16-1048575")
]
Asn = Annotated[
    int,
    BeforeValidator(_asn),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 4_294_967_294},
                {"type": "string", "pattern": r"^[0-9]{1,5}\.[0-9]{1,5}$"},
            ]
        }
    ),
]
Rd = Annotated[
    RouteDistinguisher,
    BeforeValidator(_asn_number(RouteDistinguisher)),
    string(_TARGET_PATTERN, "64512:1", "192.0.2.1:7"),
]
Target = Annotated[
    RouteTarget, BeforeValidator(_asn_number(RouteTarget)), string(_TARGET_PATTERN, "64512:1")
]
Prefix = Annotated[
    IPNetwork,
    BeforeValidator(_prefix),
    string("^[0-9A-Fa-f:.]+/[0-9]{1,3}$", "192.168.1.0/24", "2001:db8:1::/64"),
]


def one_or_list(item: str | None, examples: list[Any], least: int) -> WithJsonSchema:
    """Return the JSON Schema of a text of a pattern, or of a list of such."""
    one = {"type": "string"} if item is None else {"type": "string", "pattern": item}
    many = {"type": "array", "items": one, "minItems": least, "uniqueItems": True}
    return WithJsonSchema({"anyOf": [one, many], "examples": examples})


Prefixes = Annotated[
    list[Prefix],
    BeforeValidator(one_or_more),
    one_or_list(
        "^[0-9A-Fa-f:.]+/[0-9]{1,3}$",
        ["192.168.1.0/24", ["192.168.1.0/24", "2001:db8:1::/64"]],
        1,
    ),
]
Targets = Annotated[
    list[Target],
    BeforeValidator(one_or_more),
    one_or_list(_TARGET_PATTERN, ["64512:1", ["64512:1", "64512:2"]], 0),
]
Names = Annotated[
    list[Name], BeforeValidator(one_or_more), one_or_list(_NAME_PATTERN, ["dk", ["dk", "se"]], 1)
]
PathPoint = Annotated[str, BeforeValidator(_short_link)]
PathPoints = Annotated[
    list[PathPoint], BeforeValidator(one_or_more), one_or_list(None, ["p1", ["p1", "p1-p2"]], 1)
]
