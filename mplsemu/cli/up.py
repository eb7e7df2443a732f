"""``mplsemu up LAB``: boot a lab, with a prompt or in the background."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from mplsemu.cli.progress import Bar
from mplsemu.cli.web import port
from mplsemu.emulation.interrupts import Terminated, end, noted
from mplsemu.running.exit_signals import exit_on_signals
from mplsemu.web.listening_socket import DEFAULT_HOST, DEFAULT_PORT, ListeningSocket

if TYPE_CHECKING:
    from mplsemu.lab.dataplane import DataPlaneChoice
    from mplsemu.lab.loader import LabText
    from mplsemu.running.boot import BootedLab
    from mplsemu.running.web_process import WebEndpoint


ENDED_EARLY: Final = "ended by a signal before it was done"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "lab", metavar="LAB", help="lab file, or a lab that comes with mplsemu: nordic"
    )
    parser.add_argument(
        "--name", metavar="NAME", help="call it so, not as in the file: it may run twice"
    )
    add_dataplane(parser)
    parser.add_argument(
        "--detach", action="store_true", help="no prompt: leave the lab running in the background"
    )
    parser.add_argument(
        "--web",
        metavar="PORT",
        nargs="?",
        type=port,
        const=DEFAULT_PORT,
        help=f"serve a live page on 127.0.0.1, on port {DEFAULT_PORT} unless given",
    )


def add_dataplane(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses a data plane."""
    parser.add_argument(
        "--dataplane",
        metavar="NAME",
        help="ebpf, openflow, or auto: ebpf if it works here "
        "(default: what the lab file says, else auto)",
    )


def requested_dataplane(args: argparse.Namespace) -> DataPlaneChoice | None:
    """Return the data plane of ``--dataplane``, None without it.

    Raises:
        LabError: there is no such data plane.
    """
    from mplsemu.running.choice import parse_choice

    return None if args.dataplane is None else parse_choice(args.dataplane)


def run(args: argparse.Namespace) -> int:
    """Boot a lab, and stay until the user or ``down`` ends it."""
    from mplsemu.lab.loader import read

    dataplane = requested_dataplane(args)
    lab = read(args.lab, args.name)
    web = None if args.web is None else open_page_socket(args.web)  # before anything boots
    if args.detach:
        from mplsemu.cli.detach import up_detached

        return up_detached(lab, dataplane, web)
    return _up_with_prompt(lab, dataplane, web)


def open_page_socket(port: int) -> WebEndpoint:
    """Open the socket of a live page.

    Raises:
        EmulationError: the port is in use.
    """
    from mplsemu.running.web_process import WebEndpoint

    listening = ListeningSocket.on(DEFAULT_HOST, port, "--web")
    return WebEndpoint(listening.listener, listening.address)


def end_early() -> None:
    """Have SIGTERM and SIGHUP end this process with a message, while there is no lab yet."""
    exit_on_signals(dict.fromkeys((signal.SIGTERM, signal.SIGHUP), (ENDED_EARLY, 2)))


class GiveUp:
    """Called when a lab cannot go on: prints why, and ends this process as ``down`` would.

    Any thread may call it.

    Attributes:
        reason: why; None until it is called.
    """

    def __init__(self) -> None:
        self.reason: str | None = None

    def __call__(self, message: str) -> None:
        """Print why, and end."""
        self.reason = message
        sys.stderr.write(f"mplsemu: {message}\n")
        os.kill(os.getpid(), signal.SIGTERM)


def say(message: str) -> None:
    """Print a message while the prompt is open."""
    sys.stderr.write(f"\nmplsemu: {message}\n")


def _up_with_prompt(
    lab_file: LabText, dataplane: DataPlaneChoice | None, web: WebEndpoint | None
) -> int:
    from mplsemu.cli.interruptible_output import interruptible_output
    from mplsemu.cli.prompt import Prompt
    from mplsemu.running.boot import BootedLab, BootOptions

    end_early()
    give_up = GiveUp()
    lab = None
    try:
        with ExitStack() as stack:
            with Bar() as bar:
                options = BootOptions(dataplane, bar.update, say, give_up, web)
                lab = BootedLab(lab_file, options)
                stack.enter_context(noted(end))
                stack.enter_context(lab)
            print("\n".join(greet(lab)))
            with interruptible_output():
                code = Prompt(lab).code
            sys.stderr.write("taking the lab down\n")
    except Terminated:
        if lab is not None and lab.is_up and give_up.reason is None:
            return 0
        if give_up.reason is None:
            sys.stderr.write(f"mplsemu: {ENDED_EARLY}\n")
        return 2
    return code


def greet(lab: BootedLab) -> list[str]:
    """Return the lines that greet the user of a lab that has come up."""
    from mplsemu.views.phrases import count

    record = lab.record
    ces = sum(name.endswith("/ce") for name in record.hosts)
    hosts = count(len(record.hosts) - ces, "host") + (f" and {ces} CE" if ces else "")
    size = f"{count(len(record.lsrs), 'LSR')}, {hosts}, {count(len(lab.program.vpns), 'VPN')}"
    how = f"{record.dataplane}, {record.datapath}; booted in {record.boot_s:.1f} s"
    return [
        f"lab {record.name}: {size}; {how}",
        *(f"note: {note}" for note in record.notes),
        *_page(lab),
    ]


def _page(lab: BootedLab) -> list[str]:
    from mplsemu.cli.web import lines_of
    from mplsemu.web.access import Access

    if lab.record.web is None:
        return []
    customers = dict.fromkeys(vpn.customer for vpn in lab.program.vpns)
    links = Access.of_lab(lab.directory.path, customers).links(lab.record.web)
    return ["live page:", *lines_of(links)]
