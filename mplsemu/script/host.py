"""A host of a lab in a script or test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mplsemu.model.vpn import IPAddress
from mplsemu.program.hosts import LocatedHost


class RunsCommands(Protocol):
    """What a host needs of the lab it is in."""

    def cmd(self, node: str, command: str | Sequence[str]) -> str:
        """Run a command at a node."""


@dataclass(frozen=True, slots=True)
class HostHandle:
    """A host.

    Attributes:
        lab: its lab.
        located: the host, its site and PE.
    """

    lab: RunsCommands
    located: LocatedHost

    def __repr__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its full name, ``VPN/SITE/HOST``."""
        return str(self.located.ref)

    @property
    def mac(self) -> str:
        """The MAC address of its interface."""
        return self.located.host.mac

    @property
    def addresses(self) -> tuple[IPAddress, ...]:
        """Its IP addresses."""
        return tuple(interface.ip for interface in self.located.host.addresses)

    @property
    def pe(self) -> str:
        """The PE that its site attaches to."""
        return self.located.node

    def cmd(self, command: str | Sequence[str]) -> str:
        """Run a command there; return what it prints, errors included.

        Only in a running network: without one it is an error, and a test is skipped.
        """
        return self.lab.cmd(self.name, command)
