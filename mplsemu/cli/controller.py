"""``mplsemu controller LAB``: run a lab's SDN controller by itself."""

from __future__ import annotations

import argparse
import logging
import signal
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mplsemu.errors import EmulationError, LabError
from mplsemu.running.exit_signals import ExitMessage, cleanup_on_signal, exit_on_signals

if TYPE_CHECKING:
    from mplsemu.southbound.plane.protocol import DataPlane

_EPILOG = """\
`mplsemu up` starts a controller by itself. By hand it serves Mininet's own command:
  mplsemu controller topologies/nordic.yaml
  sudo mn --custom topologies/nordic.py --topo nordic --controller remote \\
          --switch ovs,protocols=OpenFlow13,datapath=user
"""

DEFAULT_LISTEN: Final = "127.0.0.1:6653"

_QUIETLY: Final[dict[int, ExitMessage]] = {
    number: ("", 128 + number) for number in (signal.SIGTERM, signal.SIGHUP)
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("lab", metavar="LAB", type=Path, help="lab file")
    parser.add_argument(
        "--listen",
        metavar="[HOST:]PORT",
        help=f"openflow: where switches connect to (default: {DEFAULT_LISTEN})",
    )
    parser.add_argument(
        "--dataplane",
        choices=("openflow", "ebpf"),
        default="openflow",
        help="what the LSRs are made of (default: %(default)s)",
    )
    parser.add_argument(
        "--attached", metavar="FILE", type=Path, help="ebpf: what `up` has attached, as JSON"
    )
    parser.add_argument(
        "--vswitchd",
        metavar="DIR",
        type=Path,
        help="openflow: where the ovs-vswitchd of all switches keeps its process id and socket",
    )
    parser.add_argument("--socket", metavar="PATH", type=Path, help="northbound Unix socket")
    parser.add_argument(
        "--state", metavar="FILE", type=Path, help="remember labels and neighbours over a restart"
    )
    parser.add_argument("--verbose", action="store_true", help="log every event")


def run(args: argparse.Namespace) -> int:
    """Serve until a signal ends the process."""
    plane = _ebpf(args) if args.dataplane == "ebpf" else _openflow(args)
    from mplsemu.controller.serve import lab_to_serve, serve

    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    lab = lab_to_serve(args.lab, args.state)
    exit_on_signals(_QUIETLY)  # with all threads of the framework
    with ExitStack() as stack:
        if args.socket is not None:
            stack.enter_context(cleanup_on_signal(partial(_remove, args.socket)))
        serve(lab, plane, args.socket, args.state)
    return 0


def _openflow(args: argparse.Namespace) -> DataPlane:
    """Return the data plane of the switches that connect to this process."""
    if args.attached is not None:
        raise LabError("--attached is for --dataplane ebpf", remedy="leave it out")
    from mplsemu.southbound.openflow.threads import patch_standard_library

    patch_standard_library()  # before anything creates a lock
    from mplsemu.southbound.openflow.plane import OpenFlowPlane, check_address
    from mplsemu.southbound.openflow.vswitchd import Vswitchd

    host, port = parse_listen(args.listen or DEFAULT_LISTEN)
    check_address(host, port)
    return OpenFlowPlane(host, port, Vswitchd(args.vswitchd) if args.vswitchd else None)


def _ebpf(args: argparse.Namespace) -> DataPlane:
    """Return the eBPF data plane that `up` has loaded and attached; imports no OpenFlow."""
    from mplsemu.southbound.ebpf.attached import load_attached
    from mplsemu.southbound.ebpf.plane import open_plane

    for option, value in (("--listen", args.listen), ("--vswitchd", args.vswitchd)):
        if value is not None:
            raise LabError(f"{option} is for --dataplane openflow", remedy="leave it out")
    if args.attached is None:
        raise LabError("--dataplane ebpf needs to know the maps", remedy="add --attached FILE")
    try:
        text = args.attached.read_text(encoding="utf-8")
    except OSError as error:
        raise EmulationError(f"cannot read {args.attached}: {error.strerror}") from None
    return open_plane(load_attached(text))


def _remove(socket: Path) -> None:
    if socket.is_socket():
        socket.unlink()


def parse_listen(text: str) -> tuple[str, int]:
    """Read ``[HOST:]PORT``.

    Raises:
        LabError: it is something else.
    """
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise LabError(f"{text!r} is not a place to listen", remedy="write [HOST:]PORT")
    return host or "127.0.0.1", int(port)
