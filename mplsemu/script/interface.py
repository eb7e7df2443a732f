"""The interface of a lab for scripts and tests: on its program, or on its running network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mplsemu.analysis.alarms import Alarm
from mplsemu.errors import LabError, MplsEmuError
from mplsemu.model.network import HostRef, Network
from mplsemu.program.hosts import find_host, short_name
from mplsemu.program.packet import DEFAULT_TTL
from mplsemu.program.program import Program
from mplsemu.program.trace import PacketOptions, Trace, trace
from mplsemu.running.cable import Cable
from mplsemu.script.host import HostHandle
from mplsemu.script.outcome import WIDTH, DrawnTrace, Journal, Outcome, Rate
from mplsemu.script.survival import Survival, survival
from mplsemu.suggest import nearest
from mplsemu.views.provider import provider_view
from mplsemu.views.text.view import draw_view

if TYPE_CHECKING:
    from mplsemu.running.session import PingResult
    from mplsemu.script.packets import CapturedPackets

Pair = tuple[HostRef, HostRef]

DEFAULT_WAIT_S = 3.0


class LabInterface(ABC):
    """A lab that answers questions; hosts are ``VPN/SITE/HOST``, or short ``VPN-SITE-HOST``.

    Attributes:
        mode: ``program``: answers are computed from the forwarding program; ``network``: they are
            measured in the running network.
        file: the lab file.
        network: its facts.
        journal: the last answer.
    """

    mode: Literal["program", "network"]

    def __init__(self, file: Path, network: Network) -> None:
        self.file = file
        self.network = network
        self.journal = Journal()
        self._cut: set[str] = set()

    def __repr__(self) -> str:
        return f"<lab {self.network.name}, {self.mode}>"

    def __str__(self) -> str:
        return "\n".join(
            line.plain.rstrip() for line in draw_view(provider_view(self.program()), WIDTH)
        )

    # --- answers ----------------------------------------------------------------------------

    @abstractmethod
    def program(self) -> Program:
        """Return the forwarding program as it is now."""

    @abstractmethod
    def reaches(self, source: str, target: str, *, wait_s: float = DEFAULT_WAIT_S) -> Outcome:
        """Whether a ping arrives at that very host and its reply comes back.

        Args:
            source: the host that pings.
            target: a host, or an address as the source sees it.
            wait_s: in a running network, how long to try.

        Raises:
            LabError: there is no such host; names the nearest.
        """

    def isolated(self, first: str, second: str) -> Outcome:
        """Whether no packet gets from one to the other, in either direction.

        Every host of one tries all IP and MAC addresses of the other, and broadcasts.

        Args:
            first: a VPN or a host.
            second: another VPN or host.

        Raises:
            LabError: there is no such VPN or host, or both are the same.
        """
        here, there = self._hosts_of(first), self._hosts_of(second)
        if set(here) & set(there):
            raise LabError(
                f"{first} and {second} have hosts in common", remedy="name two VPNs or two hosts"
            )
        pairs = [(a, b) for a in here for b in there]
        pairs += [(b, a) for a, b in pairs]
        return self._isolated(f"{first} and {second}", pairs).noted_in(self.journal)

    def trace(
        self,
        source: str,
        target: str,
        *,
        ttl: int = DEFAULT_TTL,
        dscp: int = 0,
        vlan: int | None = None,
        destination_mac: str | None = None,
        source_address: str | None = None,
    ) -> Trace:
        """Return the path of one packet through the program; nothing is sent.

        Its ``labels`` are the label stacks on the core links, its ``way`` the LSRs and links.

        Raises:
            LabError: there is no such host; names the nearest.
        """
        header = _header(ttl, dscp, vlan, destination_mac, source_address)
        found = DrawnTrace.of(trace(self.program(), source, self._addressed(target), header))
        self.journal.last = found
        return found

    def follow(
        self,
        source: str,
        target: str,
        *,
        ttl: int = DEFAULT_TTL,
        dscp: int = 0,
        vlan: int | None = None,
        destination_mac: str | None = None,
        source_address: str | None = None,
    ) -> Outcome:
        """Whether a packet that is really sent looks on every link as the program predicts.

        Only in a running network: without one it is an error, and a test is skipped.
        Arguments are those of `trace`.

        Raises:
            LabError: there is no such host; names the nearest.
        """
        header = _header(ttl, dscp, vlan, destination_mac, source_address)
        return self._follow(source, target, header).noted_in(self.journal)

    @abstractmethod
    def ping(self, source: str, target: str, count: int = 3) -> PingResult:
        """Ping from a host to a host or an address."""

    @abstractmethod
    def throughput(
        self, source: str, target: str, *, seconds: float = 2.0, udp_bps: int | None = None
    ) -> Rate:
        """Return the throughput from one host to another, in bits per second of payload.

        Only in a running network: without one it is an error, and a test is skipped.

        Args:
            source: the host that sends.
            target: the host that receives.
            seconds: duration, rounded up to whole seconds.
            udp_bps: rate of UDP datagrams; None for TCP at full speed.
        """

    @abstractmethod
    def macs(self, vpn: str) -> dict[str, dict[str, str]]:
        """Return what a VPLS has learned: for each PE and MAC address, the circuit or remote PE.

        Only in a running network: without one it is an error, and a test is skipped.
        """

    @abstractmethod
    def capture(
        self, *targets: str, expression: str = ""
    ) -> AbstractContextManager[CapturedPackets]:
        """Capture packets while a block runs: on links, attachment circuits, at LSRs or hosts.

        Without a network these are the packets that `ping` and `reaches` in the block would send;
        hosts and expressions then need a network.

        Args:
            targets: where to capture; none means every core link.
            expression: a filter, in the language of pcap-filter(7).
        """

    def survives(
        self, failures: int = 1, *, nodes: bool = False, executor: Executor | None = None
    ) -> Survival:
        """Whether no failure of core links breaks anything once the network has reconverged.

        This is proved on the program, in a running network too: nothing is cut. Links that are
        down stay down; what they break is not counted.

        Args:
            failures: how many links fail together, at most.
            nodes: whether LSRs fail, not links; the sites at a failed LSR need not be reachable.
            executor: tries the failures; None: this thread.

        Raises:
            LabError: there are too many cases to wait for.
        """
        found = survival(self.network, self._down(), failures, nodes=nodes, executor=executor)
        return found.noted_in(self.journal)

    @abstractmethod
    def alarms(self) -> tuple[Alarm, ...]:
        """Return what is wrong right now, the worst first: the alarms of ``mplsemu status``."""

    # --- parts ------------------------------------------------------------------------------

    def link(self, first: str, second: str | None = None) -> Cable:
        """Return the cable between two nodes, or of a name; the fixture mends it after the test.

        Raises:
            LabError: there is none, or several join those two nodes.
        """
        name = self._link_name(first, second)

        def change(up: bool) -> None:
            if not up:
                self._cut.add(name)  # first: it may be cut even if the next line raises
            self._set_link(name, up=up)
            if up:
                self._cut.discard(name)

        return Cable(name, change)

    def host(self, name: str) -> HostHandle:
        """Return a host.

        Raises:
            LabError: there is no such host; names the nearest.
        """
        return HostHandle(self, find_host(self.program(), name))

    @abstractmethod
    def cmd(self, node: str, command: str | Sequence[str]) -> str:
        """Run a command at a host, CE router or LSR; return what it prints, errors included.

        Only in a running network: without one it is an error, and a test is skipped.

        Args:
            node: where.
            command: a line for the shell, or a list of words.
        """

    # --- for the plugin ---------------------------------------------------------------------

    @property
    @abstractmethod
    def is_usable(self) -> bool:
        """Whether tests can go on with it."""

    @abstractmethod
    def close(self) -> None:
        """Take it down; a second call does nothing."""

    def mend(self) -> None:
        """Mend every cable that a test cut, and forget the last answer."""
        for name in sorted(self._cut):
            self._set_link(name, up=True)
        self._cut.clear()
        self.journal.last = None

    # --- for the modes ----------------------------------------------------------------------

    @abstractmethod
    def _follow(self, source: str, target: str, header: PacketOptions) -> Outcome:
        """Return whether a packet that is really sent goes as the program predicts."""

    @abstractmethod
    def _isolated(self, what: str, pairs: Sequence[Pair]) -> Outcome:
        """Return whether no packet gets from the first of any pair to the second."""

    @abstractmethod
    def _down(self) -> frozenset[str]:
        """Return the links and circuits that are down."""

    @abstractmethod
    def _set_link(self, name: str, *, up: bool) -> None:
        """Cut or mend a link or circuit, and wait until the network has reconverged."""

    @abstractmethod
    def _link_name(self, first: str, second: str | None) -> str:
        """Return the name of a link or circuit."""

    def _addressed(self, target: str) -> str:
        """Return a CE router's address on its site's LAN; any other target as it is."""
        for vpn, site in self.network.sites():
            ref = HostRef(vpn.name, site.name, "ce")
            if site.ce is not None and target in {str(ref), short_name(ref)}:
                return str(site.gateways[0].ip)
        return target

    def _hosts_of(self, name: str) -> list[HostRef]:
        """Return the hosts of a VPN, or the host of that name."""
        found = [ref for ref, _, _ in self.network.hosts() if ref.vpn == name]
        if found:
            return found
        vpns = [vpn.name for vpn in self.network.vpns]
        if name in vpns:
            raise LabError(f"VPN {name} has no hosts", remedy="write hosts: 1 at its sites")
        if "/" not in name and (near := nearest(name, vpns)):
            raise LabError(f"no VPN {name!r} here", remedy=f"did you mean {near!r}?")
        return [find_host(self.program(), name).ref]

    def _expected(self, source: str, target: str) -> Trace | None:
        """Return a packet's path by the program.

        None if there is no address for it, or no controller to ask for the program.
        """
        try:
            return trace(self.program(), source, target)
        except MplsEmuError:
            return None


def _header(
    ttl: int,
    dscp: int,
    vlan: int | None,
    destination_mac: str | None,
    source_address: str | None,
) -> PacketOptions:
    vlans = () if vlan is None else (vlan,)
    try:
        source = None if source_address is None else ip_address(source_address)
    except ValueError:
        raise LabError(
            f"{source_address!r} is not an address", remedy="write, say, 192.168.1.9 or 2001:db8::9"
        ) from None
    return PacketOptions(ttl, dscp, destination_mac=destination_mac, vlans=vlans, source=source)
