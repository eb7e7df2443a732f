"""What every command that boots a lab has in common: options, the greeting, an early end."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

from mplsemu.running.exit_signals import exit_on_signals

if TYPE_CHECKING:
    from mplsemu.lab.dataplane import DataPlaneChoice
    from mplsemu.running.boot import BootedLab

ENDED_EARLY: Final = "ended by a signal before it was done"


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


def greet(lab: BootedLab) -> list[str]:
    """Return the lines that greet the user of a lab that has come up."""
    from mplsemu.views.phrases import count

    record = lab.record
    ces = sum(site.has_router for _, site in lab.loaded.network.sites())
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
    from mplsemu.program.provider_part import providers_of
    from mplsemu.web.access import Access

    if lab.record.web is None:
        return []
    customers = dict.fromkeys(vpn.customer for vpn in lab.program.vpns)
    access = Access.of_lab(lab.directory.path, customers, providers_of(lab.program))
    return ["live page:", *lines_of(access.links(lab.record.web))]
