"""``up --detach``: boot a lab in a child process that outlives the command."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

from mplsemu.cli.booting import (
    ENDED_EARLY,
    GiveUp,
    greet,
)
from mplsemu.cli.closed_output import print_no_more
from mplsemu.cli.progress import Bar
from mplsemu.cli.system_error import describe_system_error
from mplsemu.emulation.interrupts import Terminated, act, end, noted, wait
from mplsemu.errors import EmulationError, MplsEmuError
from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.lab.loader import LabText
from mplsemu.running.boot import BootedLab, BootOptions
from mplsemu.running.directory import running_labs
from mplsemu.running.web_process import WebEndpoint


def up_detached(
    lab_file: LabText, dataplane: DataPlaneChoice | None, web: WebEndpoint | None
) -> int:
    """Boot in a child process; return when the lab is up, or could not come up.

    Raises:
        EmulationError: nobody reads what is printed; the lab is taken down again.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        ours.close()
        _live(lab_file, dataplane, web, theirs)
    theirs.close()
    try:
        with noted(end):
            try:
                code = _watch(ours)
                act()  # on a signal now: the child must still be ended
            except BaseException:
                ours.close()  # else the child would block, writing to us
                _end(child)
                raise
            if code == 0:
                _confirm(ours)
    except Terminated:
        sys.stderr.write(f"mplsemu: {ENDED_EARLY}\n")
        return 2
    except BrokenPipeError:  # the reader of a command's result may have seen enough, not of this
        print_no_more()
        raise EmulationError("nobody reads what is printed; the lab was taken down again") from None
    ours.close()
    return code


def _confirm(child: socket.socket) -> None:
    """Tell the child that its greeting was shown: a lab that nobody knows of would stay."""
    with suppress(OSError):  # it has ended meanwhile
        child.sendall(b"\n")


def _await_confirmation(parent: socket.socket) -> None:
    """Wait until the parent has shown the greeting.

    Raises:
        Terminated: it ended before.
    """
    wait((parent.fileno(),))
    try:
        is_confirmed = bool(parent.recv(1))
    except OSError:
        is_confirmed = False
    if not is_confirmed:
        raise Terminated


def _end(child: int) -> None:
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)


def _lines(child: socket.socket) -> Iterator[bytes]:
    """Yield the lines that the child sends; acts on signals."""
    pending = b""
    while wait((child.fileno(),)) and (data := _received(child)):
        *lines, pending = (pending + data).split(b"\n")
        yield from lines


def _received(child: socket.socket) -> bytes:
    try:
        return child.recv(65536)
    except ConnectionError:  # it ended with something of ours unread
        return b""


def _watch(child: socket.socket) -> int:
    """Show the child's progress until it is ready or has failed; return the exit code."""
    with Bar() as bar:
        for line in _lines(child):
            message = json.loads(line)
            match message:
                case {"progress": [stage, done, total]}:
                    bar.update(stage, done, total)
                case {"ready": text}:
                    bar.__exit__(None, None, None)
                    print(text, end="", flush=True)
                    return 0
                case {"error": text}:
                    bar.__exit__(None, None, None)
                    sys.stderr.write(f"mplsemu: {text}\n")
                    return 2
    sys.stderr.write("mplsemu: the lab process ended while it booted\n")
    return 2


def _live(
    lab_file: LabText,
    dataplane: DataPlaneChoice | None,
    web: WebEndpoint | None,
    parent: socket.socket,
) -> NoReturn:
    """Be the lab process: boot, report to the parent, stay until the end; never returns."""
    status = 2
    try:
        os.setsid()
        with open(os.devnull, "r+b", buffering=0) as null:  # noqa: PTH123  # a descriptor is needed
            os.dup2(null.fileno(), 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        status = _boot_and_stay(lab_file, dataplane, web, parent)
    except Terminated:
        status = 0
    except MplsEmuError as error:
        _teller(parent)({"error": str(error)})
    except BaseException as error:  # noqa: BLE001  # the last line of a process: whatever it was, say it
        _teller(parent)({"error": describe_system_error(error) or traceback.format_exc()})
    finally:
        os._exit(status)  # the cleanup handlers are the parent's


def _teller(parent: socket.socket) -> Callable[[dict[str, Any]], None]:
    """Return a function that reports to the parent; it ends the boot if the parent is gone."""

    def tell(message: dict[str, Any]) -> None:
        try:
            parent.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            raise Terminated from None

    return tell


def _boot_and_stay(
    lab_file: LabText,
    dataplane: DataPlaneChoice | None,
    web: WebEndpoint | None,
    parent: socket.socket,
) -> int:
    give_up = GiveUp()
    tell = _teller(parent)

    def progress(stage: str, done: int, total: int) -> None:
        tell({"progress": [stage, done, total]})

    def say(message: str) -> None:
        sys.stderr.write(f"mplsemu: {message}\n")
        sys.stderr.flush()

    options = BootOptions(dataplane, progress, say, give_up, web)
    lab = BootedLab(lab_file, options)
    try:
        with noted(end), lab:
            ready = "".join(f"{line}\n" for line in greeting(lab))
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            log = os.open(lab.directory.path / "up.log", flags, 0o600)
            for descriptor in (1, 2):
                os.dup2(log, descriptor)
            os.close(log)
            tell({"ready": ready})
            _await_confirmation(parent)
            parent.close()
            while True:
                wait(())
    except Terminated:
        if give_up.reason is None:
            return 0
        lab.directory.leave_message(give_up.reason)
        return 2


def greeting(lab: BootedLab) -> list[str]:
    """Return the lines that greet a user whose lab runs in the background."""
    others = len(running_labs()) > 1
    return [
        *greet(lab),
        f"take it down with: sudo mplsemu down{f' {lab.record.name}' if others else ''}",
    ]
