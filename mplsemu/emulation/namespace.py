"""The lab process's private network namespace, and daemons that live in it.

See namespaces(7), unshare(2), setns(2) and PR_SET_PDEATHSIG in prctl(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from mplsemu.emulation.interrupts import interrupts_wait
from mplsemu.errors import EmulationError, NotRootError
from mplsemu.southbound.network_namespace import OWN_NAMESPACE, enter, inside

_CLONE_NEWNET: Final = 0x4000_0000
_PR_SET_PDEATHSIG: Final = 1
_libc: Final = ctypes.CDLL(None, use_errno=True)

QUIET_IPV6: Final[Mapping[str, str]] = {
    "default/disable_ipv6": "1",
    "default/accept_ra": "0",
    "default/autoconf": "0",
}
"""Below net/ipv6/conf: bridges and veths of LSRs are no IPv6 hosts and must send nothing."""


def require_root() -> None:
    """Check that this process may make namespaces and interfaces.

    Raises:
        NotRootError: it is not root.
    """
    if os.geteuid() != 0:
        raise NotRootError("namespaces and interfaces need root; type sudo before the command")


def _check(result: int, what: str) -> None:
    if result == 0:
        return
    number = ctypes.get_errno()
    if number == errno.EPERM:
        raise NotRootError(
            f"cannot {what}: not permitted; run as root, in a container with --privileged"
        )
    raise EmulationError(f"cannot {what}: {os.strerror(number)}")


class PrivateNamespace:
    """The network namespace that this process moved into; ``leave`` goes back.

    When the last process has left it, or died, the kernel removes every interface in it.

    Attributes:
        inode: identifies it on this machine while it exists.
    """

    def __init__(self, before: int) -> None:
        self._before: int | None = before
        self.inode = current_namespace()

    @property
    def entered(self) -> bool:
        """Whether the calling thread is in it."""
        return self._before is not None and current_namespace() == self.inode

    def leave(self) -> None:
        """Move the calling thread back to where it came from; a second call does nothing."""
        if self._before is not None:
            enter(self._before)
            os.close(self._before)
            self._before = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()


def enter_private_namespace() -> PrivateNamespace:
    """Move into a new network namespace with nothing in it but a loopback interface.

    Call it before other threads start: running threads stay where they are; threads and child
    processes that start later inherit the new namespace.

    Raises:
        NotRootError: the process lacks the rights.
        EmulationError: the kernel has no network namespaces, or no ``ip`` is installed.
    """
    require_root()
    before = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.unshare(_CLONE_NEWNET), "make a network namespace (unshare)")
    except EmulationError:
        os.close(before)
        raise
    namespace = PrivateNamespace(before)
    try:
        set_ipv6_conf(QUIET_IPV6)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        namespace.leave()
        raise EmulationError(
            f"cannot set up the lab's network namespace: {error}; is iproute2 installed?"
        ) from error
    return namespace


def set_ipv6_conf(settings: Mapping[str, str]) -> None:
    """Write settings below net/ipv6/conf in the calling thread's namespace.

    A kernel without IPv6 does not have them; then nothing is set.
    """
    root = Path("/proc/sys/net/ipv6/conf")
    if root.is_dir():
        for name, value in settings.items():
            (root / name).write_text(value, encoding="ascii")


def set_sysctls(pid: int, ipv6: Mapping[str, str], ipv4: Mapping[str, str]) -> None:
    """Write settings below net/ipv6/conf and net/ipv4 in a process's namespace."""
    with inside(pid):
        set_ipv6_conf(ipv6)
        for name, value in ipv4.items():
            (Path("/proc/sys/net/ipv4") / name).write_text(value, encoding="ascii")


def current_namespace() -> int:
    """Return the inode number of the calling thread's network namespace."""
    return OWN_NAMESPACE.stat().st_ino


def die_with_parent(death_signal: int = signal.SIGKILL) -> Callable[[], None]:
    """Return a ``preexec_fn`` after which the child gets a signal when its parent dies.

    To the kernel the parent is the *thread* that started the child: start such children from a
    thread that lives as long as the lab.
    """
    parent = os.getpid()

    def arrange() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return arrange


def start_daemon(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that is killed when its parent dies.

    Ctrl-C reaches only the lab process, which then ends its daemons. Signals are deferred while the
    child is forked: an exception that a handler raises in Python's fork callbacks would be lost.

    Args:
        command: program and arguments.
        options: of `subprocess.Popen`.
    """
    process = None
    try:
        with interrupts_wait():
            process = subprocess.Popen(
                command,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509  # there is no other way to ask for it
                **options,
            )
    except BaseException:
        if process is not None:  # a deferred signal raised: the caller never sees the child
            process.kill()
            process.wait()
        raise
    return process
