"""The namespaces of a node: how they are created and entered.

A node has a network, a mount and a UTS namespace (namespaces(7)): its own interfaces, a /sys that
shows only them, an /etc/hosts and a hostname. It shares all other files and the processes with the
machine: a node is no sandbox.

A thread that entered a node's mount namespace cannot leave it again, so children are started from a
thread that then ends.
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mplsemu.emulation.interrupts import interrupts_wait
from mplsemu.errors import EmulationError, NodeGoneError, NotRootError

_CLONE_FS: Final = 0x200
_CLONE_NEWNS: Final = 0x2_0000
_CLONE_NEWUTS: Final = 0x400_0000
_CLONE_NEWNET: Final = 0x4000_0000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_SLAVE = 1 << 5, 1 << 12, 1 << 14, 1 << 19
_HARMLESS: Final = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
_MAX_HOSTNAME_BYTES: Final = 64  # bytes, uname(2)
_HOSTS: Final = Path("/etc/hosts")
_EMPTY: Final = b"size=4k,nr_inodes=1,mode=0555"
_libc: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class NodeView:
    """What a node sees of the machine, beside its interfaces.

    Attributes:
        hostname: of the node.
        hosts: mounted as its /etc/hosts; None leaves the machine's.
        hidden: directories that appear empty.
    """

    hostname: str
    hosts: Path | None = None
    hidden: tuple[Path, ...] = ()


class StartingProcess:
    """A child that is being started in other namespaces.

    Create it and store it while signals are deferred, or the child is lost.

    Args:
        go: moves the calling thread into the namespaces.
        command: program and arguments.
        options: of `subprocess.Popen`.
    """

    def __init__(
        self, go: Callable[[], None], command: Sequence[str], options: dict[str, Any]
    ) -> None:
        self._go = go
        self._command = command
        self._options = options
        self._process: subprocess.Popen[Any] | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="node", daemon=True)
        self._thread.start()

    def process(self) -> subprocess.Popen[Any]:
        """Wait until the child is started, and return it.

        Raises:
            NotRootError, EmulationError: it cannot be started.
        """
        self._thread.join()
        if self._process is None:
            assert self._error is not None  # one of both is set
            raise self._error
        return self._process

    def _run(self) -> None:
        try:
            self._go()
            self._process = subprocess.Popen(self._command, **self._options)
        except OSError as error:
            self._error = EmulationError(f"cannot run {self._command[0]!r}: {error.strerror}")
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error


def start_node(
    command: Sequence[str], view: NodeView, *, own_network: bool = True, **options: Any
) -> StartingProcess:
    """Start the first process of a node, in new namespaces.

    Args:
        command: program and arguments.
        view: what the node sees.
        own_network: with a new network namespace; else in that of the calling thread.
        options: of `subprocess.Popen`.
    """

    def go() -> None:
        _unshare(_CLONE_NEWNS | _CLONE_NEWUTS | (_CLONE_NEWNET if own_network else 0))
        _arrange(view)

    return StartingProcess(go, command, options)


def start_at(
    pid: int, command: Sequence[str], view: NodeView | None = None, **options: Any
) -> subprocess.Popen[Any]:
    """Start a command at a node, in all of its namespaces.

    Args:
        pid: a process of the node.
        command: program and arguments; its working directory is this one, if the node sees it.
        view: for a node without namespaces: new ones are made, only the network is that of `pid`.
        options: of `subprocess.Popen`.

    Raises:
        NodeGoneError: the node is gone.
        EmulationError: the command cannot be started.
    """
    process = None
    try:
        with interrupts_wait():
            process = begin_at(pid, command, view, **options).process()
    except BaseException:
        if process is not None:  # a deferred signal raised: the caller never sees the child
            process.kill()
            process.wait()
        raise
    return process


def begin_at(
    pid: int, command: Sequence[str], view: NodeView | None = None, **options: Any
) -> StartingProcess:
    """Begin to start a command at a node; see `start_at`."""
    return StartingProcess(lambda: _go_to(pid, view), command, options)


def _go_to(pid: int, view: NodeView | None) -> None:
    """Move the calling thread into a node's namespaces."""
    here = _working_directory()
    with ExitStack() as opened:
        kinds = ("net",) if view is not None else ("uts", "mnt", "net")
        try:
            places = [_opened(opened, f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in kinds]
            root = _opened(opened, f"/proc/{pid}/root", os.O_PATH)
        except OSError as error:
            raise NodeGoneError(f"process {pid} of the lab is gone: {error.strerror}") from error
        _unshare(0 if view is None else _CLONE_NEWNS | _CLONE_NEWUTS)
        for place in places:
            _check(_libc.setns(place, 0), "enter a node (setns)")
        if view is not None:
            _arrange(view)
            return
        os.fchdir(root)  # setns(2) sets the root to that of the mount namespace
        os.chroot(".")
        _change_directory(here)


def _opened(stack: ExitStack, path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    return descriptor


def _working_directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  # a Path is not needed
    except OSError:  # it was removed
        return "/"


def _change_directory(path: str) -> None:
    try:
        os.chdir(path)
    except OSError:  # the node does not see it
        os.chdir("/")


def _unshare(flags: int) -> None:
    """Give the calling thread its own root and working directory, and new namespaces."""
    _check(_libc.unshare(_CLONE_FS | flags), "make a node's namespaces (unshare)")


def _arrange(view: NodeView) -> None:
    """Set up the calling thread's new mount and UTS namespaces for a node."""
    # mounts made here do not propagate to the machine; its unmounts propagate here
    _mount(None, Path("/"), None, _MS_REC | _MS_SLAVE)
    _mount("sysfs", Path("/sys"), "sysfs", _HARMLESS)
    if view.hosts is not None and _HOSTS.exists():
        _mount(str(view.hosts), _HOSTS, None, _MS_BIND)
        _mount(None, _HOSTS, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _HARMLESS)
    for directory in view.hidden:
        if directory.is_dir():
            _mount("none", directory, "tmpfs", _MS_RDONLY | _HARMLESS, _EMPTY)
    name = view.hostname.encode()[:_MAX_HOSTNAME_BYTES]
    _check(_libc.sethostname(name, len(name)), f"call a node {view.hostname}")


def _mount(
    source: str | None, target: Path, kind: str | None, flags: int, data: bytes | None = None
) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    _check(_libc.mount(*words, ctypes.c_ulong(flags), data), f"mount {target} of a node")


def _check(result: int, what: str) -> None:
    if result == 0:
        return
    number = ctypes.get_errno()
    reason = os.strerror(number)
    if number == errno.EPERM:
        raise NotRootError(
            f"cannot {what}: {reason}; run as root, in a container with --privileged"
        )
    raise EmulationError(f"cannot {what}: {reason}")
