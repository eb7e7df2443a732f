"""``mplsemu exec NODE [-- CMD...]``: run a command, or a shell, on a node of a running lab."""

from __future__ import annotations

import argparse
import signal
import subprocess
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_lab_option(parser)
    parser.add_argument("node", metavar="NODE", help="VPN/SITE/HOST, its short name, or an LSR")
    parser.add_argument(
        "command",
        metavar="CMD",
        nargs=argparse.REMAINDER,
        help="-- CMD ARGS...; a shell, without one",
    )


def add_lab_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a running lab."""
    parser.add_argument("--lab", metavar="NAME", help="which running lab (default: the only one)")


def named_lab(args: argparse.Namespace) -> str | None:
    """Return the lab named by NAME or by ``--lab``.

    Raises:
        LabError: both are given.
    """
    from mplsemu.errors import LabError

    if args.name and args.lab:
        raise LabError(f"{args.name} and {args.lab}", remedy="name one lab")
    name: str | None = args.name or args.lab
    return name


def run(args: argparse.Namespace) -> int:
    """Run the command on this terminal; return its exit status."""
    from mplsemu.running.session import Session

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    session = Session.find(args.lab)
    return wait_for(session.popen(args.node, command or session.shell_command(args.node)))


def wait_for(process: subprocess.Popen[Any]) -> int:
    """Wait for a child that shares our terminal, and so gets the user's Ctrl-C itself.

    Other signals are passed on to it: they would end this process alone, and leave the child
    running at its node. At a lab's prompt they end the lab, and everything at its nodes with it.
    """
    from mplsemu.emulation.interrupts import end, is_noting, noted, wait_for_end

    is_at_prompt = is_noting()

    def deal(number: int) -> None:
        if number == signal.SIGINT:
            return
        if is_at_prompt:
            end(number)
        process.send_signal(number)

    with noted(deal):
        while (status := wait_for_end(process)) is None:
            pass
    return status if status >= 0 else 128 - status
