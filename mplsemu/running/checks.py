"""The checks that follow from a lab's VPNs, on the real network.

They check where packets arrive, not only whether a ping is answered: see emulation.probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_interface
from typing import Final

from mplsemu.emulation.probe import (
    FrameProbe,
    FrameResult,
    Probe,
    Prober,
    ProbeResult,
)
from mplsemu.emulation.probe_sockets import HostEndpoint
from mplsemu.model.names import circuit_of_ce
from mplsemu.model.network import HostRef, Network, Vpn
from mplsemu.model.vpn import Site
from mplsemu.running.record import LabRecord
from mplsemu.verification.reachability_policy import (
    Expect,
    Expectation,
    expectations,
)
from mplsemu.verification.site_policy import reaches

BROADCAST: Final = "broadcast"
"""The target of a check that all hosts of a LAN get a frame."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check (docs/json.md).

    Attributes:
        name: what was checked.
        vpn: of the source.
        src: the host that sent.
        dst: a host, an address, or `BROADCAST`.
        expect: ``reach`` or ``isolate``.
        ok: whether it holds.
        rtt_ms: of the reply, if there was one.
        detail: what happened.
        took_s: its duration; of checks that run together, the time to its reply.
        address: it was sent to, if it is a ping.
    """

    name: str
    vpn: str
    src: str
    dst: str
    expect: str
    ok: bool
    rtt_ms: float | None
    detail: str
    took_s: float = 0.0
    address: str | None = None


@dataclass(frozen=True, slots=True)
class LabTest:
    """All checks of a running lab.

    Attributes:
        lab: its name.
        dataplane: ``openflow`` or ``ebpf``.
        datapath: ``userspace`` or ``kernel``.
        boot_s: seconds that booting took.
        checks_s: seconds that the checks took.
        checks: the results.
    """

    lab: str
    dataplane: str
    datapath: str
    boot_s: float
    checks_s: float
    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> int:
        """How many checks hold."""
        return len(self.checks) - self.failed

    @property
    def failed(self) -> int:
        """How many checks fail."""
        return sum(not check.ok for check in self.checks)


def endpoints(record: LabRecord) -> dict[str, HostEndpoint]:
    """Return the hosts of a running lab as endpoints of probes.

    Of CE routers only those that are stations of a VPLS, where frames are for them.
    """
    return {
        name: HostEndpoint(
            host.pid,
            host.interface,
            host.mac,
            frozenset(ip_interface(each).ip for each in (*host.addresses, *host.loopbacks)),
        )
        for name, host in record.hosts.items()
        if circuit_of_ce(name) is None or host.is_station
    }


def run_checks(
    network: Network, hosts: Mapping[str, HostEndpoint], progress: Progress
) -> tuple[CheckResult, ...]:
    """Check everything that follows from the lab's VPNs.

    Args:
        network: the lab.
        hosts: see `endpoints`.
        progress: called with the number of checks done, and their total.

    A check whose host is gone, or has its interface down, fails: its result is unknown.

    Raises:
        EmulationError: probes cannot be sent here.
    """
    wanted = expectations(network)
    with Prober(hosts, network.provider.longest_delay_ms / 1000) as prober:
        results = prober.run([_probe(each) for each in wanted], progress=progress)
        troubles = dict(prober.troubles)
        checks = [
            _pair_check(each, result, troubles)
            for each, result in zip(wanted, results, strict=True)
        ]
        checks = _check_frames_of_the_unroutable(prober, hosts, wanted, results, checks)
        checks += _broadcast_checks(prober, network)
    return tuple(checks)


# --- pairs ---------------------------------------------------------------------------------


def _probe(each: Expectation) -> Probe:
    """Return the probe for one pair; a reply is expected only if there is a route back."""
    expected = str(each.target) if each.two_way else None
    return Probe(str(each.source), each.address, expected)


def _pair_check(each: Expectation, result: ProbeResult, troubles: Mapping[str, str]) -> CheckResult:
    trouble = trouble_of((str(each.source), str(each.target)), troubles)
    is_wanted = each.expect is Expect.REACH
    ok, detail = _reached(each, result) if is_wanted else _isolated(each, result)
    if trouble is not None and ok is not is_wanted:  # that it did not arrive proves nothing
        ok, detail = False, f"not to be tried: {trouble}"
    arrow = "reaches" if is_wanted else "does not reach"
    return CheckResult(
        f"{each.source} {arrow} {each.target} at {each.address}",
        each.vpn,
        str(each.source),
        str(each.target),
        each.expect.value,
        ok,
        result.rtt_ms if is_wanted else None,
        detail,
        (result.rtt_ms or 0) / 1000,
        str(each.address),
    )


def trouble_of(hosts: Iterable[str], troubles: Mapping[str, str]) -> str | None:
    """Return what is wrong with any of some hosts, None if nothing is (see `Prober`)."""
    return next((troubles[host] for host in hosts if host in troubles), None)


def _reached(each: Expectation, result: ProbeResult) -> tuple[bool, str]:
    takers = {str(host) for host in each.shared} or {str(each.target)}
    strangers = sorted(result.delivered_to - takers)
    if strangers:
        return False, f"{each.address} was {', '.join(strangers)} instead"
    if not takers & result.delivered_to:
        return False, f"it did not arrive{_because(result)}"
    if not each.two_way:
        return True, "one way: no route leads back"
    return result.replied, "" if result.replied else "it arrived, its answer did not come back"


def _isolated(each: Expectation, result: ProbeResult) -> tuple[bool, str]:
    seen = sorted(result.delivered_to | result.overheard_by)
    if str(each.target) in seen:
        return False, f"it arrived at {each.target}"
    allowed = {str(host) for host in each.shared}
    allowed |= {str(each.answered_by)} if each.answered_by else set()
    strangers = sorted(result.delivered_to - allowed)
    if strangers:
        return False, f"{each.address} was {', '.join(strangers)}"
    if result.delivered_to:
        return True, f"{each.address} is {each.answered_by} there"
    return True, result.error or "it arrived nowhere"


def _because(result: ProbeResult) -> str:
    return f" ({result.error})" if result.error else ""


def _check_frames_of_the_unroutable(
    prober: Prober,
    hosts: Mapping[str, HostEndpoint],
    wanted: Sequence[Expectation],
    results: Sequence[ProbeResult],
    checks: Sequence[CheckResult],
) -> list[CheckResult]:
    """Send a frame to the other host's MAC address where a host has no route to send a ping by.

    This checks the isolation of a VPLS from VPNs to which its hosts have no route.
    """
    indices = [
        index
        for index, (each, result) in enumerate(zip(wanted, results, strict=False))
        if each.expect is Expect.ISOLATE and result.error and not result.delivered_to
    ]
    frames = [
        FrameProbe(str(wanted[index].source), hosts[str(wanted[index].target)].mac)
        for index in indices
    ]
    found = list(checks)
    for index, result in zip(indices, prober.run_frames(frames) if frames else (), strict=True):
        target = str(wanted[index].target)
        if target in result.received:
            text = f"no route, but a frame to its MAC address arrived at {target}"
            found[index] = _with_failure(found[index], text)
    return found


def _with_failure(check: CheckResult, detail: str) -> CheckResult:
    return replace(check, ok=False, detail=detail)


# --- broadcasts ----------------------------------------------------------------------------


def _broadcast_checks(prober: Prober, network: Network) -> Iterator[CheckResult]:
    """Every host that should gets each broadcast frame of a VPLS exactly once; no other does."""
    sources = [
        (ref, vpn, site)
        for vpn in network.vpns
        if vpn.kind.is_layer2
        for site in vpn.sites
        for ref in _hosts_at(vpn, [site])
    ]
    frames = [FrameProbe(str(ref)) for ref, _, _ in sources]
    results = prober.run_frames(frames) if frames else ()
    for (ref, vpn, site), result in zip(sources, results, strict=True):
        source = str(ref)
        partners = [each for each in vpn.sites if reaches(vpn, site, vpn, each)]
        lan = {str(each) for each in _hosts_at(vpn, partners)} - {source}
        apart = {str(each) for each in _hosts_at(vpn, vpn.sites)} - lan - {source}
        check = _broadcast_check(source, ref.vpn, lan, apart, result)
        if trouble := trouble_of((source, *sorted(lan - result.received.keys())), prober.troubles):
            check = _with_failure(check, f"not to be tried: {trouble}")
        yield check


def _hosts_at(vpn: Vpn, sites: Iterable[Site]) -> Iterator[HostRef]:
    for site in sites:
        yield from (HostRef(vpn.name, site.name, host.name) for host in site.hosts)


def _broadcast_check(
    source: str, vpn: str, lan: set[str], apart: set[str], result: FrameResult
) -> CheckResult:
    """Judge a broadcast, which the hosts of `lan` should get, and those `apart` should not."""
    got = result.received
    wrong = [f"{name} got none" for name in sorted(lan - got.keys())]
    strangers = sorted(got.keys() - lan)
    wrong += [f"{name} is {'a leaf' if name in apart else f'not in {vpn}'}" for name in strangers]
    wrong += [f"{name} got {count}" for name, count in sorted(got.items()) if count > 1]
    whom = f"every host of {vpn}" + (" but those that are apart" if apart else "")
    name = f"a broadcast of {source} reaches {whom} once"
    return CheckResult(name, vpn, source, BROADCAST, "reach", not wrong, None, "; ".join(wrong))
