"""``mplsemu up LAB``: boot a lab, with a prompt or in the background."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mplsemu.cli.booting import (
    ENDED_EARLY,
    GiveUp,
    add_dataplane,
    end_early,
    greet,
    requested_dataplane,
    say,
)
from mplsemu.cli.progress import Bar
from mplsemu.cli.web import port
from mplsemu.emulation.interrupts import Terminated, end, noted
from mplsemu.web.listening_socket import DEFAULT_HOST, DEFAULT_PORT, ListeningSocket

if TYPE_CHECKING:
    from mplsemu.lab.dataplane import DataPlaneChoice
    from mplsemu.lab.loader import LabText
    from mplsemu.running.web_process import WebEndpoint


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
