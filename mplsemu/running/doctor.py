"""What this machine has and lacks; the probes change nothing outside their own namespaces."""

from __future__ import annotations

import enum
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mplsemu.emulation.requirements import machine_problem
from mplsemu.errors import MplsEmuError, NotRootError
from mplsemu.running.directory import run_directory, running_labs

_TIMEOUT_S: Final = 10
_SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin"
_MIN_FREE: Final = 50_000_000  # bytes: logs and a database per lab
_PACKAGES: Final = ("cattrs", "networkx", "pydantic", "PyYAML", "rich", "topohub")
_FRAMEWORKS: Final = (("ryu", "ryu"), ("os_ken", "os-ken"))


class Availability(enum.StrEnum):
    """Whether a thing is there; if not, whether ``up`` needs it or it is only useful."""

    OK = "ok"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked for.

    Attributes:
        name: the thing.
        state: whether it is there.
        detail: its version, or what its absence means.
        remedy: the command that helps; empty where nothing is to be done.
    """

    name: str
    state: Availability
    detail: str
    remedy: str = ""


def examine() -> Iterator[Diagnosis]:
    """Yield one diagnosis after the other; each takes a few seconds at most."""
    yield _python()
    yield _packages()
    yield _mininet()
    yield _root()
    yield from _rights()
    why_not = _why_not_ebpf()
    yield _ebpf(why_not)
    yield _tagging()
    needed = why_not is not None  # Open vSwitch and its controller's framework
    yield _framework(needed=needed)
    yield from _open_vswitch(needed=needed)
    yield _kernel_datapath()
    yield _dataplane(why_not)
    yield _tool("mnexec", "mininet", "starts processes in namespaces")
    yield _tool("ip", "iproute2", "makes links", "-V")
    yield from _namespaces()
    yield _tool("ping", "iputils-ping", "needed by `mplsemu ping`", "-V", needed=False)
    yield _tool("tcpdump", "tcpdump", "needed by `capture --filter`", "--version", needed=False)
    yield _tool("tshark", "tshark", "decodes captures", "--version", needed=False)
    yield _tool("traceroute", "traceroute", "shows virtual routers", "--version", needed=False)
    yield _tool("iperf3", "iperf3", "measures throughput", "--version", needed=False)
    yield _tool("nft", "nftables", "needed by `nat: masquerade`", "--version", needed=False)
    yield _tool("ethtool", "ethtool", "shows interfaces", "--version", needed=False)
    yield _disk()
    yield _running()


def _apt(package: str) -> str:
    return f"sudo apt-get install {package}"


def _run(*command: str) -> subprocess.CompletedProcess[str] | None:
    """Run a command; None if it cannot be started or does not end."""
    path = f"{os.environ.get('PATH', os.defpath)}:{_SBIN}"
    program = shutil.which(command[0], path=path)
    if program is None:
        return None
    try:
        return subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_TIMEOUT_S,
            env={**os.environ, "PATH": path, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _first_line(answer: subprocess.CompletedProcess[str]) -> str:
    output = (answer.stdout.strip() or answer.stderr.strip()).splitlines()
    return output[0].strip() if output else ""


def _tool(
    name: str, package: str, purpose: str, version: str = "", *, needed: bool = True
) -> Diagnosis:
    """Look for a program; `version` is the option that prints its version, if it has one."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{_SBIN}")
    if path is None:
        return Diagnosis(name, _if_missing(needed=needed), purpose, _apt(package))
    answer = _run(name, version) if version else None
    output = _first_line(answer) if answer is not None and answer.returncode == 0 else ""
    return Diagnosis(name, Availability.OK, re.sub(r" \(Git.*", "", output)[:40] or path)


def _python() -> Diagnosis:
    # too old a Python cannot even import this: pip refuses to install it there
    return Diagnosis("Python", Availability.OK, f"{platform.python_version()} ({sys.executable})")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _packages() -> Diagnosis:
    versions = {package: _version(package) for package in _PACKAGES}
    missing = [package for package, version in versions.items() if version is None]
    if missing:
        remedy = f"pip install {' '.join(missing)}"
        return Diagnosis("Python packages", Availability.MISSING, ", ".join(missing), remedy)
    found = ", ".join(f"{package} {version}" for package, version in versions.items())
    return Diagnosis("Python packages", Availability.OK, found)


def _why_not_ebpf() -> str | None:
    """Return in one line why the eBPF data plane cannot be used here; None if it can."""
    try:
        from mplsemu.running.selftest import (  # noqa: PLC0415  # needs Mininet, which may be missing
            first_line,
            why_not_ebpf,
        )
    except MplsEmuError as error:  # without Mininet nothing can be tried
        return str(error)
    reason = why_not_ebpf()
    return None if reason is None else first_line(reason)


def _ebpf(why_not: str | None) -> Diagnosis:
    name = "eBPF data plane"
    if why_not is None:
        return Diagnosis(
            name, Availability.OK, f"passes its self-test on Linux {platform.release()}"
        )
    if os.geteuid() != 0:
        detail = "cannot be tried without root"
        return Diagnosis(name, Availability.OPTIONAL, detail, "sudo mplsemu doctor")
    detail, _, remedy = why_not.partition("; type: ")
    return Diagnosis(name, Availability.OPTIONAL, detail, remedy)


def _tagging() -> Diagnosis:
    """Diagnose what sites with `vlan` or `port` need on every data plane."""
    name = "VLAN tags"
    if os.geteuid() != 0:
        return Diagnosis(
            name, Availability.OPTIONAL, "cannot be tried without root", "sudo mplsemu doctor"
        )
    try:
        from mplsemu.emulation.access_lines import (  # noqa: PLC0415  # needs Mininet, as above
            why_no_tagging,
        )
    except MplsEmuError as error:
        return Diagnosis(name, Availability.OPTIONAL, str(error))
    problem = why_no_tagging()
    if problem is None:
        return Diagnosis(name, Availability.OK, "sites can share a port by tags, by eBPF")
    detail, _, remedy = problem.partition("; type: ")
    return Diagnosis(name, Availability.OPTIONAL, f"no vlan and port of sites: {detail}", remedy)


def _dataplane(why_not: str | None) -> Diagnosis:
    name = "--dataplane auto"
    if why_not is None:
        return Diagnosis(name, Availability.OK, "takes ebpf here")
    if os.geteuid() != 0:
        return Diagnosis(
            name, Availability.OK, "takes ebpf where its self-test holds, else openflow"
        )
    return Diagnosis(name, Availability.OK, "takes openflow here: there is no eBPF data plane")


def _framework(*, needed: bool) -> Diagnosis:
    found = [
        f"{package} {_version(package) or ''}".strip()
        for module, package in _FRAMEWORKS
        if importlib.util.find_spec(module) is not None
    ]
    if found:
        return Diagnosis("OpenFlow framework", Availability.OK, ", ".join(found))
    return Diagnosis(
        "OpenFlow framework",
        _if_missing(needed=needed),
        "neither Ryu nor os-ken; --dataplane openflow needs one",
        "pip install os-ken",
    )


def _mininet() -> Diagnosis:
    if importlib.util.find_spec("mininet") is not None:
        return Diagnosis("Mininet", Availability.OK, _version("mininet") or "importable")
    in_venv = sys.prefix != sys.base_prefix
    debian = Path("/usr/lib/python3/dist-packages/mininet").is_dir()
    if debian and in_venv:
        return Diagnosis(
            "Mininet",
            Availability.MISSING,
            "installed, but this virtual environment does not see it",
            "python3 -m venv --system-site-packages .venv",
        )
    return Diagnosis("Mininet", Availability.MISSING, "not importable", _apt("mininet"))


def _root() -> Diagnosis:
    if os.geteuid() == 0:
        return Diagnosis("root", Availability.OK, "you are root")
    if shutil.which("sudo") is not None:
        return Diagnosis("root", Availability.OK, "you are not root: type sudo before up and test")
    return Diagnosis(
        "root", Availability.MISSING, "up and test need root, and there is no sudo", "su -"
    )


def _if_missing(*, needed: bool) -> Availability:
    return Availability.MISSING if needed else Availability.OPTIONAL


def _open_vswitch(*, needed: bool) -> Iterator[Diagnosis]:
    tools = ("ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl", "ovs-appctl")
    path = f"{os.environ.get('PATH', os.defpath)}:{_SBIN}"
    missing = [name for name in tools if shutil.which(name, path=path) is None]
    state = _if_missing(needed=needed)
    remedy = _apt("openvswitch-switch")
    if missing:
        yield Diagnosis("Open vSwitch", state, "without " + ", ".join(missing), remedy)
        return
    answer = _run("ovs-vswitchd", "--version")
    if answer is None or answer.returncode:
        output = _first_line(answer) if answer else ""
        yield Diagnosis("Open vSwitch", state, f"ovs-vswitchd does not run {output}", remedy)
        return
    yield Diagnosis("Open vSwitch", Availability.OK, _first_line(answer).rpartition(" ")[2])


def _kernel_datapath() -> Diagnosis:
    name = "Open vSwitch's module"
    if Path("/sys/module/openvswitch").exists():
        return Diagnosis(name, Availability.OK, "module openvswitch is loaded")
    there = _run("modprobe", "-qn", "openvswitch")
    if there is not None and there.returncode == 0:
        return Diagnosis(name, Availability.OK, "module openvswitch can be loaded")
    return Diagnosis(
        name, Availability.OPTIONAL, "no module openvswitch: switching is done in userspace"
    )


def _namespaces() -> Iterator[Diagnosis]:
    """Try what a lab will do, in a new network namespace."""
    unshare = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--user", "-r", "--net")

    def works(*command: str) -> bool:
        answer = _run(*unshare, *command)
        return answer is not None and answer.returncode == 0

    if not works("true"):
        if os.geteuid() == 0:
            yield Diagnosis(
                "network namespaces",
                Availability.MISSING,
                "this (container?) may not make any",
                "run it with --privileged or --cap-add SYS_ADMIN,NET_ADMIN",
            )
        else:
            yield Diagnosis(
                "network namespaces",
                Availability.OPTIONAL,
                "cannot be tried without root",
                "sudo mplsemu doctor",
            )
        return
    yield Diagnosis("network namespaces", Availability.OK, "can be made")
    yield _try(
        works, "veth", ("ip", "link", "add", "probe0", "type", "veth", "peer", "name", "probe1"),
        "no links can be made", "sudo modprobe veth", needed=True,
    )  # fmt: skip
    qdisc = ("tc", "qdisc", "add", "dev", "lo", "root")
    yield _try(
        works, "tc htb", (*qdisc, "handle", "1:", "htb", "default", "1"),
        "rates are not emulated", "sudo modprobe sch_htb",
    )  # fmt: skip
    yield _try(
        works, "tc netem", (*qdisc, "netem", "delay", "1ms"),
        "link delays are not emulated, and labs with 'loss' or 'jitter' do not boot",
        "sudo modprobe sch_netem",
    )  # fmt: skip


def _try(
    works: Callable[..., bool],
    name: str,
    command: tuple[str, ...],
    consequence: str,
    remedy: str,
    *,
    needed: bool = False,
) -> Diagnosis:
    if works(*command):
        return Diagnosis(name, Availability.OK, "works")
    return Diagnosis(name, _if_missing(needed=needed), consequence, remedy)


def _disk() -> Diagnosis:
    where = run_directory()
    while not where.exists() and where != where.parent:
        where = where.parent
    free = shutil.disk_usage(where).free
    found = f"{free // 1_000_000} MB free in {where}"
    if free >= _MIN_FREE:
        return Diagnosis("disk space", Availability.OK, found)
    return Diagnosis(
        "disk space", Availability.MISSING, f"{found}; 50 MB are needed", f"df -h {where}"
    )


def _rights() -> Iterator[Diagnosis]:
    """Diagnose what root is denied here, as in some containers."""
    if (problem := machine_problem()) is not None:
        detail, _, remedy = problem.partition("; type: ")
        yield Diagnosis("rights", Availability.MISSING, detail, remedy)


def _running() -> Diagnosis:
    try:
        labs = running_labs()
    except NotRootError:
        return Diagnosis("running labs", Availability.OK, "some, and only root may look at them")
    return Diagnosis("running labs", Availability.OK, ", ".join(labs) if labs else "none")
