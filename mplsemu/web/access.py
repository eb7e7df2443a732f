"""Access tokens: one for the provider, and one for each customer.

Tokens are random (256 bits), live in the lab's directory as long as the lab does, and are never
logged, printed in an error or part of a request's address (docs/adr/0012).
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from mplsemu.errors import EmulationError, NotRootError

FILE: Final = "web.json"
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider: sees everything and may change the network."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: sees the pictures of his own VPNs and nothing else."""

    name: str


Identity = Provider | Customer


@dataclass(frozen=True, slots=True)
class Access:
    """All tokens of one lab.

    Attributes:
        provider: the provider's token.
        customers: the customers' tokens by their names.
    """

    provider: str = field(repr=False)
    customers: Mapping[str, str] = field(repr=False)

    @classmethod
    def new(cls, customers: Iterable[str]) -> Self:
        """Make new tokens."""
        return cls(_new_token(), {name: _new_token() for name in customers})

    @classmethod
    def of_lab(cls, directory: Path, customers: Iterable[str]) -> Self:
        """Return the tokens of a running lab; the first caller makes them.

        Args:
            directory: of the lab.
            customers: all who have a VPN in it.

        Raises:
            EmulationError: the file cannot be read or written, or is damaged.
        """
        path = directory / FILE
        try:
            if not path.exists():
                _publish(cls.new(customers), path)
            text = path.read_text(encoding="utf-8")
        except PermissionError:
            raise NotRootError(f"cannot read {path}; type sudo before the command") from None
        except OSError as error:
            raise EmulationError(f"cannot keep {path}: {error.strerror}") from None
        try:
            found = json.loads(text)
            return cls(str(found["provider"]), {k: str(v) for k, v in found["customers"].items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise EmulationError(f"{path} is damaged; remove it, and all links are new") from None

    def identify(self, token: str) -> Identity | None:
        """Return whose token it is, None if nobody's.

        It is compared with every token in constant time, so that timing reveals nothing.
        """
        offered, found = token.encode("utf-8", "surrogateescape"), None
        identities: dict[str, Identity] = {self.provider: Provider()}
        identities |= {theirs: Customer(name) for name, theirs in self.customers.items()}
        for known, identity in identities.items():
            if hmac.compare_digest(known.encode(), offered):
                found = identity
        return found

    def links(self, address: str) -> Links:
        """Return the links for people.

        Args:
            address: the server's, ``http://127.0.0.1:8080``.
        """
        theirs = {name: _link(address, token) for name, token in self.customers.items()}
        return Links(_link(address, self.provider), theirs)


@dataclass(frozen=True, slots=True)
class Links:
    """The links to the live page: the provider's, and each customer's by his name."""

    provider: str
    customers: Mapping[str, str]


def _link(address: str, token: str) -> str:
    return f"{address}/#token={quote(token)}"  # browsers keep what is behind the # to themselves


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _publish(access: Access, path: Path) -> None:
    """Write the file atomically, readable by root alone, unless it is there already."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    text = json.dumps({"provider": access.provider, "customers": dict(access.customers)})
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
