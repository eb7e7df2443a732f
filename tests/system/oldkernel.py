"""A whole Linux kernel as a process: User-mode Linux on this machine's own files, read only.

Debian's package user-mode-linux has Linux 6.1. Inside is root without a network but loopback; what
it writes is gone when it ends, but for one directory. The machine's kernel has no part in it.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

KERNEL: Final = "linux.uml"
_INIT: Final = Path(__file__).with_name("oldkernel.sh")
_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_STATUS: Final = "status"
_MEMORY: Final = "1200M"
_GRACE_S: Final = 10.0


def can_be_here() -> bool:
    """Whether the kernel is installed, or scripts/setup --test would install it."""
    if shutil.which(KERNEL):
        return True
    try:
        system = platform.freedesktop_os_release()["ID"]
    except OSError:
        return False
    return (system, platform.machine()) == ("debian", "x86_64")


def run(command: list[str], directory: Path, timeout_s: float) -> tuple[int | None, str]:
    """Boot, run a command as root, and end.

    Args:
        command: with its arguments; it runs in the checkout, which it cannot write to.
        directory: where it may write what is to stay; of no use to anything else meanwhile.
        timeout_s: then all of it is ended; a little later it ends by itself, should whoever called
            this be gone.

    Returns:
        The command's exit status, None if it did not come to its end; and what was printed.

    Raises:
        FileNotFoundError: the kernel is not installed.
    """
    if not shutil.which(KERNEL):
        raise FileNotFoundError(f"there is no {KERNEL}; scripts/setup --test installs it")
    words = shlex.join(["env", f"PATH={os.environ['PATH']}", *command])
    (directory / "command").write_text(f"{words}\n")
    arguments = [
        KERNEL, f"mem={_MEMORY}", f"uml_dir={directory}/", "root=/dev/root", "rootfstype=hostfs",
        "rootflags=/", "ro", f'init="{_INIT}"', "con=null", "con0=fd:0,fd:1", "quiet", "panic=1",
        # what the kernel does not know is in the environment of its first process
        f'shared="{directory}"', f'checkout="{_CHECKOUT}"', f"limit_s={timeout_s + _GRACE_S:.0f}",
    ]  # fmt: skip
    shared_memory = Path("/dev/shm")  # its memory is a file there, without a name
    scratch = shared_memory if shared_memory.is_dir() else directory
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(scratch)},
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        output, _ = process.communicate()
    finally:
        _end(process)
    status = directory / _STATUS
    said = output.decode(errors="replace").replace("\r\n", "\n")
    return (int(status.read_text()) if status.exists() else None), said


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the kernel and the processes by which it runs its own: they are one session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
