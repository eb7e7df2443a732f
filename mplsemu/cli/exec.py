"""``mplsemu exec NODE -- CMD...``: run a command on a node of a running lab."""

from __future__ import annotations

import argparse
import contextlib
import subprocess


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "exec", help="run a command on a host, CE router or LSR of a running lab (root)"
    )
    add_lab_option(parser)
    parser.add_argument("node", metavar="NODE", help="VPN/SITE/hN, its short name, or an LSR")
    parser.add_argument("command", metavar="CMD", nargs=argparse.REMAINDER, help="-- CMD ARGS...")
    parser.set_defaults(run=run)


def add_lab_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a running lab."""
    parser.add_argument("--lab", metavar="NAME", help="which running lab (default: the only one)")


def run(args: argparse.Namespace) -> int:
    """Run it here, with this terminal; return its exit status."""
    from mplsemu.errors import LabError
    from mplsemu.running.session import Session

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise LabError("no command to run", remedy=f"write: mplsemu exec {args.node} -- ip address")
    return wait_for(Session.find(args.lab).popen(args.node, command))


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait for a child that shares our terminal, and so also gets the user's Ctrl-C."""
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            status = process.wait()
            return status if status >= 0 else 128 - status
