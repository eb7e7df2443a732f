"""What this machine has and lacks: probes that change nothing outside namespaces of their own."""

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

_TIMEOUT_S: Final = 10
_SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin"
_LEAST_FREE: Final = 50_000_000  # bytes: logs and a database per lab
_PACKAGES: Final = ("cattrs", "networkx", "pydantic", "PyYAML", "rich", "topohub")
_FRAMEWORKS: Final = (("ryu", "ryu"), ("os_ken", "os-ken"))


class State(enum.StrEnum):
    """How a thing is: there, missing though ``up`` needs it, or missing and only useful."""

    OK = "ok"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the doctor's answer.

    Attributes:
        name: what was looked for.
        state: how it is.
        detail: version, or what its lack means.
        remedy: what to type; empty where nothing is to be done.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Look at one thing after the other; each takes at most some seconds."""
    yield _python()
    yield _packages()
    yield _mininet()
    yield _root()
    yield from _rights()
    why_not = _why_not_ebpf()
    yield _ebpf(why_not)
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
    yield _tool("ethtool", "ethtool", "shows interfaces", "--version", needed=False)
    yield _disk()
    yield _running()


def _apt(package: str) -> str:
    return f"sudo apt-get install {package}"


def _ask(*command: str) -> subprocess.CompletedProcess[str] | None:
    """Run a command; None where it cannot be started or does not end."""
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
    said = (answer.stdout.strip() or answer.stderr.strip()).splitlines()
    return said[0].strip() if said else ""


def _tool(
    name: str, package: str, purpose: str, version: str = "", *, needed: bool = True
) -> Finding:
    """Look for a program, and ask for its version if it can say it."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{_SBIN}")
    if path is None:
        return Finding(name, _lack(needed=needed), purpose, _apt(package))
    answer = _ask(name, version) if version else None
    said = _first_line(answer) if answer is not None and answer.returncode == 0 else ""
    return Finding(name, State.OK, re.sub(r" \(Git.*", "", said)[:40] or path)


def _python() -> Finding:
    # too old a Python cannot even import this: pip refuses to install it there
    return Finding("Python", State.OK, f"{platform.python_version()} ({sys.executable})")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _packages() -> Finding:
    versions = {package: _version(package) for package in _PACKAGES}
    missing = [package for package, version in versions.items() if version is None]
    if missing:
        remedy = f"pip install {' '.join(missing)}"
        return Finding("Python packages", State.MISSING, ", ".join(missing), remedy)
    said = ", ".join(f"{package} {version}" for package, version in versions.items())
    return Finding("Python packages", State.OK, said)


def _why_not_ebpf() -> str | None:
    """Return in one line why the eBPF data plane cannot be used here, None where it can."""
    from mplsemu.errors import MplsEmuError

    try:
        from mplsemu.running.selftest import first_line, why_not_ebpf
    except MplsEmuError as error:  # without Mininet nothing can be tried
        return str(error)
    reason = why_not_ebpf()
    return None if reason is None else first_line(reason)


def _ebpf(why_not: str | None) -> Finding:
    name = "eBPF data plane"
    if why_not is None:
        return Finding(name, State.OK, f"passes its self-test on Linux {platform.release()}")
    if os.geteuid() != 0:
        detail = "cannot be tried without root"
        return Finding(name, State.OPTIONAL, detail, "sudo mplsemu doctor")
    detail, _, remedy = why_not.partition("; type: ")
    return Finding(name, State.OPTIONAL, detail, remedy)


def _dataplane(why_not: str | None) -> Finding:
    name = "--dataplane auto"
    if why_not is None:
        return Finding(name, State.OK, "takes ebpf here")
    if os.geteuid() != 0:
        return Finding(name, State.OK, "takes ebpf where its self-test holds, else openflow")
    return Finding(name, State.OK, "takes openflow here: there is no eBPF data plane")


def _framework(*, needed: bool) -> Finding:
    found = [
        f"{package} {_version(package) or ''}".strip()
        for module, package in _FRAMEWORKS
        if importlib.util.find_spec(module) is not None
    ]
    if found:
        return Finding("OpenFlow framework", State.OK, ", ".join(found))
    return Finding(
        "OpenFlow framework",
        _lack(needed=needed),
        "neither Ryu nor os-ken; --dataplane openflow needs one",
        "pip install os-ken",
    )


def _mininet() -> Finding:
    if importlib.util.find_spec("mininet") is not None:
        return Finding("Mininet", State.OK, _version("mininet") or "importable")
    in_venv = sys.prefix != sys.base_prefix
    debian = Path("/usr/lib/python3/dist-packages/mininet").is_dir()
    if debian and in_venv:
        return Finding(
            "Mininet",
            State.MISSING,
            "installed, but this virtual environment does not see it",
            "python3 -m venv --system-site-packages .venv",
        )
    return Finding("Mininet", State.MISSING, "not importable", _apt("mininet"))


def _root() -> Finding:
    if os.geteuid() == 0:
        return Finding("root", State.OK, "you are root")
    if shutil.which("sudo") is not None:
        return Finding("root", State.OK, "you are not root: type sudo before up and test")
    return Finding("root", State.MISSING, "up and test need root, and there is no sudo", "su -")


def _lack(*, needed: bool) -> State:
    return State.MISSING if needed else State.OPTIONAL


def _open_vswitch(*, needed: bool) -> Iterator[Finding]:
    tools = ("ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl", "ovs-appctl")
    path = f"{os.environ.get('PATH', os.defpath)}:{_SBIN}"
    missing = [name for name in tools if shutil.which(name, path=path) is None]
    state = _lack(needed=needed)
    remedy = _apt("openvswitch-switch")
    if missing:
        yield Finding("Open vSwitch", state, "without " + ", ".join(missing), remedy)
        return
    answer = _ask("ovs-vswitchd", "--version")
    if answer is None or answer.returncode:
        said = _first_line(answer) if answer else ""
        yield Finding("Open vSwitch", state, f"ovs-vswitchd does not run {said}", remedy)
        return
    yield Finding("Open vSwitch", State.OK, _first_line(answer).rpartition(" ")[2])


def _kernel_datapath() -> Finding:
    name = "Open vSwitch's module"
    if Path("/sys/module/openvswitch").exists():
        return Finding(name, State.OK, "module openvswitch is loaded")
    there = _ask("modprobe", "-qn", "openvswitch")
    if there is not None and there.returncode == 0:
        return Finding(name, State.OK, "module openvswitch can be loaded")
    return Finding(name, State.OPTIONAL, "no module openvswitch: switching is done in userspace")


def _namespaces() -> Iterator[Finding]:
    """Try in a network namespace of the probe's own what a lab will do."""
    unshare = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--user", "-r", "--net")

    def works(*command: str) -> bool:
        answer = _ask(*unshare, *command)
        return answer is not None and answer.returncode == 0

    if not works("true"):
        if os.geteuid() == 0:
            yield Finding(
                "network namespaces",
                State.MISSING,
                "this (container?) may not make any",
                "run it with --privileged or --cap-add SYS_ADMIN,NET_ADMIN",
            )
        else:
            yield Finding(
                "network namespaces",
                State.OPTIONAL,
                "cannot be tried without root",
                "sudo mplsemu doctor",
            )
        return
    yield Finding("network namespaces", State.OK, "can be made")
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
        "link delays are not emulated", "sudo modprobe sch_netem",
    )  # fmt: skip


def _try(
    works: Callable[..., bool],
    name: str,
    command: tuple[str, ...],
    lack: str,
    remedy: str,
    *,
    needed: bool = False,
) -> Finding:
    if works(*command):
        return Finding(name, State.OK, "works")
    return Finding(name, _lack(needed=needed), lack, remedy)


def _disk() -> Finding:
    from mplsemu.running.directory import run_directory

    where = run_directory()
    while not where.exists() and where != where.parent:
        where = where.parent
    free = shutil.disk_usage(where).free
    said = f"{free // 1_000_000} MB free in {where}"
    if free >= _LEAST_FREE:
        return Finding("disk space", State.OK, said)
    return Finding("disk space", State.MISSING, f"{said}; 50 MB are needed", f"df -h {where}")


def _rights() -> Iterator[Finding]:
    """Say what is denied to root here, as it may be in a container."""
    from mplsemu.emulation.requirements import machine_problem

    if (problem := machine_problem()) is not None:
        said, _, remedy = problem.partition("; type: ")
        yield Finding("rights", State.MISSING, said, remedy)


def _running() -> Finding:
    from mplsemu.errors import NotRootError
    from mplsemu.running.directory import running_labs

    try:
        labs = running_labs()
    except NotRootError:
        return Finding("running labs", State.OK, "some, and only root may look at them")
    return Finding("running labs", State.OK, ", ".join(labs) if labs else "none")
