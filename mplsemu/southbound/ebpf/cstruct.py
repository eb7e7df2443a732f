"""C structs as Python dataclasses: one declaration gives bytes, values and C.

A field of a `Record` is annotated with what holds it in C: ``port: U32``. Numbers are in the
machine's byte order. Padding is explicit in C, so that a compiler has none to add.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Final, Self, get_type_hints


@dataclass(frozen=True, slots=True)
class CMember:
    """A member of a struct.

    Attributes:
        declaration: in C; in a type, ``{}`` stands for the field's name.
        code: the same as the module `struct` writes it.
        alignment: in octets.
        field: that it belongs to, None of padding.
    """

    declaration: str
    code: str
    alignment: int
    field: CField | None = None

    @property
    def size(self) -> int:
        """In octets."""
        return struct.calcsize(f"={self.code}")

    @property
    def values(self) -> int:
        """How many values the module `struct` makes of it: several of an array of numbers."""
        return len(struct.unpack(f"={self.code}", bytes(self.size)))


@dataclass(frozen=True, slots=True)
class CType:
    """What holds a field's value in C.

    Attributes:
        members: one, or several that follow each other.
        encode: makes the members' values of the field's; None if there is one, and it is the same.
        decode: makes the field's value of the members'; likewise.
    """

    members: tuple[CMember, ...]
    encode: Callable[[Any], tuple[Any, ...]] | None = None
    decode: Callable[..., Any] | None = None

    @property
    def size(self) -> int:
        """In octets, without padding."""
        return sum(member.size for member in self.members)


def _unsigned(code: str) -> CType:
    octets = struct.calcsize(f"={code}")
    return CType((CMember(f"__u{8 * octets} {{}}", code, octets),))


u8: Final = _unsigned("B")
u16: Final = _unsigned("H")
u32: Final = _unsigned("I")
u64: Final = _unsigned("Q")


def octets(count: int, written: str = "") -> CType:
    """Return the type of a row of octets; its length may be written as a constant's name."""
    return CType((CMember(f"__u8 {{}}[{written or count}]", f"{count}s", 1),))


U8 = Annotated[int, u8]
U16 = Annotated[int, u16]
U32 = Annotated[int, u32]
U64 = Annotated[int, u64]
Mac = Annotated[bytes, octets(6)]


@dataclass(frozen=True, slots=True)
class CField:
    """A field of a struct.

    Attributes:
        name: in Python, and in C where its type has one member.
        type: what holds it.
        comment: for C.
        kind: what values it has in Python; None if that is not known.
    """

    name: str
    type: CType
    comment: str = ""
    kind: Any = None


@dataclass(frozen=True)
class CStruct:
    """A struct in C.

    Attributes:
        name: in C.
        comment: for C.
        fields: in order.
    """

    name: str
    comment: str
    fields: tuple[CField, ...]

    @cached_property
    def members(self) -> tuple[CMember, ...]:
        """Its members, padding included; its size is a multiple of 4, as keys of maps need it."""
        found: list[CMember] = []
        at, widest = 0, 4
        for field in self.fields:
            for each in field.type.members:
                found += _padding(at, each.alignment)
                at += -at % each.alignment + each.size
                widest = max(widest, each.alignment)
                declaration = each.declaration.format(field.name)
                found.append(CMember(declaration, each.code, each.alignment, field))
        return (*found, *_padding(at, widest))

    @cached_property
    def format(self) -> struct.Struct:
        """Packs and unpacks the members' values."""
        return struct.Struct("=" + "".join(member.code for member in self.members))

    @property
    def size(self) -> int:
        """In octets."""
        return self.format.size

    def offset(self, name: str) -> int:
        """Return where a field begins, in octets.

        Raises:
            KeyError: there is no such field.
        """
        at = 0
        for member in self.members:
            if member.field is not None and member.field.name == name:
                return at
            at += member.size
        raise KeyError(name)


def _padding(at: int, alignment: int) -> list[CMember]:
    missing = -at % alignment
    return [CMember(f"__u8 reserved[{missing}]", f"{missing}x", 1)] if missing else []


class Record:
    """A dataclass that is a struct in C: ``class Port(Record, c_name="port")``.

    The struct's comment is the first line of the docstring; a field's is a text in its annotation.
    """

    __slots__ = ()
    c: ClassVar[CStruct]
    _values: ClassVar[Callable[[Any], tuple[Any, ...]]]
    _decoders: ClassVar[tuple[tuple[int, int, Callable[..., Any]], ...]]

    def __init_subclass__(cls, c_name: str | None = None) -> None:
        if c_name is None:  # a dataclass with slots is made again of what is here already
            return
        hints = get_type_hints(cls, include_extras=True)
        fields = [_field(name, hints[name]) for name in vars(cls)["__annotations__"]]
        comment = (cls.__doc__ or "").partition("\n")[0].replace("`", "")
        cls.c = CStruct(c_name, comment, tuple(fields))
        cls._values = staticmethod(_encoder(fields))
        cls._decoders = tuple(
            (at, at + sum(member.values for member in each.type.members), each.type.decode)
            for at, each in enumerate(fields)
            if each.type.decode
        )

    def pack(self) -> bytes:
        """Return it as bytes."""
        return self.c.format.pack(*type(self)._values(self))

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say.

        Raises:
            ValueError: they say what no value of a field is.
            struct.error: they are too many, or too few.
        """
        values: list[Any] = list(cls.c.format.unpack(data))
        for first, behind, decode in cls._decoders:  # those before are one value each by now
            values[first:behind] = [decode(*values[first:behind])]
        make: Callable[..., Self] = cls
        return make(*values)


def _encoder(fields: list[CField]) -> Callable[[Any], tuple[Any, ...]]:
    get: Callable[[Any], tuple[Any, ...]] = attrgetter(*(field.name for field in fields))
    encoders = [(at, each.type.encode) for at, each in enumerate(fields) if each.type.encode]
    if not encoders:
        return get

    def values(record: Any) -> tuple[Any, ...]:
        made = list(get(record))
        for at, encode in reversed(encoders):  # one may make several values of one
            made[at : at + 1] = encode(made[at])
        return tuple(made)

    return values


def _field(name: str, hint: Any) -> CField:
    """Return a field by its annotation: of an enumeration, numbers become its members."""
    kind, extras = hint.__origin__, hint.__metadata__
    comment = next((each for each in extras if isinstance(each, str)), "")
    held: CType = next(each for each in extras if isinstance(each, CType))
    if isinstance(kind, type) and issubclass(kind, enum.Enum | bool):
        held = CType(held.members, None, kind)
    return CField(name, held, comment, kind)
