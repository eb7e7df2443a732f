"""The command line: finds the command, runs it, and turns errors into one clear line.

Exit codes: 0 holds, 1 falls short, 2 bad input or could not run, 130 interrupted.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType
from typing import Final

import mplsemu
from mplsemu.cli.closed_output import print_no_more
from mplsemu.cli.parser import CommandParser
from mplsemu.cli.system_error import describe_system_error
from mplsemu.errors import MplsEmuError, clip
from mplsemu.lab.shipped import shipped_labs
from mplsemu.running.exit_signals import INTERRUPTED, exit_on_signals, restore_signals

COMMANDS: Final[dict[str, str]] = {
    "check": "parse, validate, compile and verify a lab, without running it",
    "show": "print tables like a router's show commands",
    "trace": "follow one packet, with the label stack on every link",
    "view": "draw the provider's and the customers' pictures",
    "export": "write the forwarding program for another tool",
    "new": "begin a lab file, or make one from a real network",
    "doctor": "say what this machine has and lacks, and what to type about it",
    "up": "boot a lab (root)",
    "test": "boot a lab, run every check, tear down (root)",
    "console": "open the prompt of a running lab, from any terminal (root)",
    "exec": "run a command, or a shell, at a node of a running lab (root)",
    "ping": "ping from one host of a running lab to another (root)",
    "iperf": "measure TCP or UDP between hosts of a running lab (root)",
    "capture": "capture packets on a link or at a node of a running lab (root)",
    "link": "take a link of a running lab down or up (root)",
    "web": "serve the live page of a running lab (root)",
    "status": "say which labs run, and how they are (root)",
    "down": "end a running lab (root)",
    "controller": "run a lab's SDN controller by itself",
    "help": "explain all commands, or one",
}
"""The commands and their help, in the order of the help.

Each is the module of its name beside this one, imported only when it is typed. It has
`add_arguments(parser)`, which may also set the parser's description and epilog, and
`run(args) -> exit code`.
"""
COLLECT_AFTER: Final = 50_000
"""Threshold of the cyclic garbage collector, in allocations.

A lab consists of many long-lived objects, which the default would scan again and again.
"""
_OK, _BAD_INPUT = 0, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: what was typed after ``mplsemu``; the process's own arguments unless given.

    Returns:
        The exit code.
    """
    if argv is not None:  # at a lab's prompt, or in a test: the caller handles signals
        return _outcome(list(argv))
    exit_on_signals()
    _open_standard_files()
    gc.set_threshold(COLLECT_AFTER)
    code = _outcome(sys.argv[1:])
    if code == INTERRUPTED:  # nothing that a second Ctrl-C could interrupt
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)
    restore_signals()
    return code


def _outcome(words: list[str]) -> int:
    """Run a command, report its error if there is one, and return the exit code."""
    try:
        code = _run(words)
        sys.stdout.flush()
    except MplsEmuError as error:
        _say(str(error))
        code = _BAD_INPUT
    except KeyboardInterrupt:
        _say("interrupted")
        code = INTERRUPTED
    except BrokenPipeError:  # the reader (say, `head`) has seen enough
        print_no_more()
        code = _OK
    except (OSError, MemoryError, RuntimeError) as error:
        message = describe_system_error(error)
        if message is None:
            raise
        print_no_more()
        _say(message)
        code = _BAD_INPUT
    _forget_interrupts()
    return code


def _forget_interrupts() -> None:
    """Make CPython forget a Ctrl-C that was dealt with, so that our exit code counts.

    CPython remembers a KeyboardInterrupt that came while it ran a string of code, as a module
    that defines a dataclass does; ``python -m`` then ends as if SIGINT had killed it. The next
    string that runs without an interrupt resets that.
    """
    eval("None")


def _open_standard_files() -> None:
    """Open /dev/null for each that the caller has closed: other files would get its number."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            # it gets the lowest free number; children need it, too
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, closefd=False))  # noqa: SIM115


def _run(words: list[str]) -> int:
    chosen = next((word for word in words if not word.startswith("-")), None)
    parser, module = build_parser(chosen)
    if not words:
        parser.print_help()
        return _BAD_INPUT
    try:
        args = parser.parse_args(words)
    except SystemExit as end:  # argparse has printed its message
        return end.code if isinstance(end.code, int) else _BAD_INPUT
    if module is None:  # only options, and none that does anything
        parser.print_help()
        return _BAD_INPUT
    return int(module.run(args))


def build_parser(chosen: str | None) -> tuple[CommandParser, ModuleType | None]:
    """Return the parser and the chosen command's module; no other command is imported."""
    parser = CommandParser(
        prog="mplsemu",
        description="Emulates a provider's MPLS network, L3VPN and VPLS, on one Linux machine.",
        epilog="`mplsemu help COMMAND` says more about one of them. These labs come with mplsemu, "
        f"and can be named like a file: {', '.join(shipped_labs())}.",
    )
    parser.add_argument("--version", action="version", version=f"mplsemu {mplsemu.__version__}")
    subparsers = parser.add_subparsers(
        metavar="COMMAND", title="commands", parser_class=CommandParser
    )
    module = None
    for name, summary in COMMANDS.items():
        is_chosen = name == chosen
        command = subparsers.add_parser(name, help=summary, add_help=is_chosen)
        if is_chosen:
            module = importlib.import_module(f"mplsemu.cli.{name}")
            module.add_arguments(command)
    return parser, module


def _say(text: str) -> None:
    with suppress(OSError):  # then only the exit code tells
        print(f"mplsemu: {clip(text)}", file=sys.stderr, flush=True)
