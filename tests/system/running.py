"""What tests do with running labs: the command line, captures and what is in them, left-overs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mplsemu import Lab
from mplsemu.emulation.capture import Capture, CaptureFile
from mplsemu.running.captures import tap_points
from mplsemu.running.session import Session
from mplsemu.southbound.ebpf.attached import ATTACHED_FILE, load_attached
from mplsemu.southbound.ebpf.layout import IlmKey
from mplsemu.southbound.ebpf.maps import open_map
from tests.places import ROOT
from tests.waiting import eventually

PLANES = ("openflow", "ebpf")
MPLSEMU = (sys.executable, "-m", "mplsemu")

SMALL = """
name: small
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 192.168.1.0/24}
      y: {pe: se, subnet: 192.168.2.0/24}
"""


# --- the command line ----------------------------------------------------------------------


def mplsemu(
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 60,
    prefix: Sequence[str] = (),
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `prefix` are words in front of it."""
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [*prefix, *MPLSEMU, *map(str, words)],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        cwd=ROOT,
        **options,
    )


def start(
    *words: str | Path, env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start one command in a process group of its own, as a shell does."""
    options = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "process_group": 0,
        **options,
    }
    return subprocess.Popen(
        [*MPLSEMU, *map(str, words)],
        env={**os.environ, **(env or {})},
        text=True,
        cwd=ROOT,
        **options,
    )


# --- what is left behind -------------------------------------------------------------------


def processes_with(variable: str, value: str) -> dict[int, str]:
    """Return the living processes that have a variable in their environment: id and command."""
    wanted = f"{variable}={value}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if command:  # a zombie has none
                        found[int(entry.name)] = command.strip()
    return found


def root_interfaces() -> set[str]:
    """Return the interfaces in this thread's namespace."""
    shown = subprocess.run(["ip", "-br", "link"], check=True, capture_output=True, text=True)
    return {line.split()[0].split("@")[0] for line in shown.stdout.splitlines()}


def named_namespaces() -> set[str]:
    """Return the named network namespaces of the machine."""
    with suppress(OSError):
        return {path.name for path in Path("/run/netns").iterdir()}
    return set()


class Ground:
    """A run directory and what the machine looks like before anything happens.

    Attributes:
        directory: for labs.
        env: with which commands find it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.env = {"MPLSEMU_RUN_DIR": str(directory)}
        self._before = self._machine()

    @staticmethod
    def _machine() -> tuple[set[str], set[str]]:
        return root_interfaces(), named_namespaces()

    def left_over(self) -> list[str]:
        """Return what is left of labs: processes, files, interfaces, namespaces."""
        processes = processes_with("MPLSEMU_RUN_DIR", str(self.directory))
        found = [f"process {pid}: {command}" for pid, command in processes.items()]
        if self.directory.exists():
            found += [f"file {path}" for path in self.directory.iterdir()]
        for before, after in zip(self._before, self._machine(), strict=True):
            found += sorted(after - before)
        return found

    def assert_clean(self, timeout_s: float = 30.0) -> None:
        """Demand that soon nothing is left; the kernel needs a moment after a kill."""
        eventually(lambda: not self.left_over(), self.left_over, timeout_s, pause_s=0.05)

    def sweep(self) -> None:
        """Kill what is left, so that one test's failure is not the next one's."""
        for pid in processes_with("MPLSEMU_RUN_DIR", str(self.directory)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def process(self, pattern: str) -> int | None:
        """Return the process whose command line matches, None while there is none."""
        for pid, command in processes_with("MPLSEMU_RUN_DIR", str(self.directory)).items():
            if re.search(pattern, command):
                return pid
        return None


# --- what somebody does behind the controller's back ------------------------------------------


def forget_labels(session: Session, node: str, label: int | None = None) -> None:
    """Have an LSR forget its labels, or one of them."""
    if session.record.dataplane == "openflow":
        match = "mpls" if label is None else f"mpls,mpls_label={label}"
        command = ["ovs-ofctl", "-O", "OpenFlow13", "del-flows", node, match]
        assert session.popen(node, command).wait() == 0
        return
    attached = load_attached((session.directory.path / ATTACHED_FILE).read_text())
    router = session.program().node(node).index
    with open_map(attached.maps["lfib"]) as lfib:
        keys = [IlmKey.unpack(key) for key, _ in lfib.items()]
        mine = [key for key in keys if key.lsr == router and label in {None, key.label}]
        assert lfib.delete_many(key.pack() for key in mine) > 0


# --- captures ------------------------------------------------------------------------------


@contextmanager
def capturing(lab: Lab, target: str, file: Path, expression: str = "") -> Iterator[Path]:
    """Capture on a link, a circuit or a host while the block runs."""
    points = tap_points(lab.session, [target])
    with file.open("wb", buffering=0) as opened:
        written = CaptureFile(opened, points, lab.network.name)
        with Capture(points, written.take, expression) as capture:
            yield file
        written.close(capture.lost)


def frames_in(file: Path) -> list[bytes]:
    """Return the frames of a pcapng file, which may still grow."""
    data = file.read_bytes()
    found, at = [], 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("=II", data, at)
        if kind == 6 and at + length <= len(data):
            size = struct.unpack_from("=I", data, at + 20)[0]
            found.append(data[at + 28 : at + 28 + size])
        at += length
    return found


def decoded(file: Path, *fields: str, show: str = "", options: Sequence[str] = ()) -> list[Any]:
    """Return what tshark finds in a pcap file: of each packet the fields, each a list of values."""
    command = ["tshark", "-n", "-r", str(file), "-T", "fields", "-E", "aggregator=;"]
    command += [word for name in fields for word in ("-e", name)]
    command += ["-Y", show] if show else []
    done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    return [
        [value.split(";") if value else [] for value in line.split("\t")]
        for line in done.stdout.splitlines()
    ]


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Demand one line on standard error and exit status 2; return the line."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("mplsemu")
    return line


@contextmanager
def detached(ground: Ground, lab: Path, *options: str) -> Iterator[str]:
    """Run a lab in the background while the block runs; yield what `up` says."""
    try:
        done = mplsemu("up", "--detach", lab, *options, env=ground.env)
        assert done.returncode == 0, done.stderr
        yield done.stdout
        assert mplsemu("down", env=ground.env).returncode == 0
        ground.assert_clean()
    finally:
        ground.sweep()


def up_and_down(small: Path, ground: Ground) -> None:
    """Demand that a lab can run here."""
    assert mplsemu("up", small, env=ground.env).returncode == 0
    ground.assert_clean()


def without(tool: str) -> tuple[str, ...]:
    """Return words that run a command where a program is not there, for it alone."""
    path = shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    script = f'mount --bind /dev/null {path} && exec "$@"'
    return ("unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh")
