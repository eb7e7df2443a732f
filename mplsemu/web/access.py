"""Access tokens: one for the provider, one for each of several, and one for each customer.

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
    """The provider: sees everything and may change the network.

    Attributes:
        name: of one of several providers, who sees and changes his own network alone; None: all.
    """

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: sees the pictures of his own VPNs and nothing else."""

    name: str


Identity = Provider | Customer

WHOLE: Final = Provider()
"""Whoever may see the whole lab: its one provider, or the teacher where there are several."""


@dataclass(frozen=True, slots=True)
class Access:
    """All tokens of one lab.

    Attributes:
        provider: the provider's token, for the whole network.
        customers: the customers' tokens by their names.
        providers: likewise, where there are several.
    """

    provider: str = field(repr=False)
    customers: Mapping[str, str] = field(repr=False)
    providers: Mapping[str, str] = field(repr=False, default_factory=dict)

    @classmethod
    def new(cls, customers: Iterable[str], providers: Iterable[str] = ()) -> Self:
        """Make new tokens."""
        return cls(
            _new_token(),
            {name: _new_token() for name in customers},
            {name: _new_token() for name in providers},
        )

    @classmethod
    def of_lab(
        cls, directory: Path, customers: Iterable[str], providers: Iterable[str] = ()
    ) -> Self:
        """Return the tokens of a running lab; the first caller makes them.

        Args:
            directory: of the lab.
            customers: all who have a VPN in it.
            providers: their names, where there are several.

        Raises:
            EmulationError: the file cannot be read or written, or is damaged.
        """
        path = directory / FILE
        try:
            if not path.exists():
                _publish(cls.new(customers, providers), path)
            text = path.read_text(encoding="utf-8")
        except PermissionError:
            raise NotRootError(f"cannot read {path}; type sudo before the command") from None
        except OSError as error:
            raise EmulationError(f"cannot keep {path}: {error.strerror}") from None
        try:
            found = json.loads(text)
            return cls(
                str(found["provider"]),
                {k: str(v) for k, v in found["customers"].items()},
                {k: str(v) for k, v in found.get("providers", {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise EmulationError(f"{path} is damaged; remove it, and all links are new") from None

    def identify(self, token: str) -> Identity | None:
        """Return whose token it is, None if nobody's.

        It is compared with every token in constant time, so that timing reveals nothing.
        """
        offered, found = token.encode("utf-8", "surrogateescape"), None
        identities: dict[str, Identity] = {self.provider: WHOLE}
        identities |= {theirs: Provider(name) for name, theirs in self.providers.items()}
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
        several = {name: _link(address, token) for name, token in self.providers.items()}
        return Links(_link(address, self.provider), theirs, several)


@dataclass(frozen=True, slots=True)
class Links:
    """The links to the live page: the provider's, each of several providers', each customer's."""

    provider: str
    customers: Mapping[str, str]
    providers: Mapping[str, str] = field(default_factory=dict)

    def by_reader(self) -> list[tuple[str, str]]:
        """Return who reads each link, for people, and the link."""
        several = [(f"provider {name}", link) for name, link in self.providers.items()]
        return [("provider", self.provider), *several, *self.customers.items()]


def _link(address: str, token: str) -> str:
    return f"{address}/#token={quote(token)}"  # browsers keep what is behind the # to themselves


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _publish(access: Access, path: Path) -> None:
    """Write the file atomically, readable by root alone, unless it is there already."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    tokens = {"provider": access.provider, "customers": dict(access.customers)}
    text = json.dumps(tokens | ({"providers": dict(access.providers)} if access.providers else {}))
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
