"""Arguments that several commands share: the lab, what is down, a node, a VPN."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mplsemu.errors import LabError, NotRootError
from mplsemu.lab.shipped import shipped_labs
from mplsemu.running.directory import run_directory, running_labs
from mplsemu.suggest import did_you_mean, some

if TYPE_CHECKING:
    from mplsemu.lab.loader import LoadedLab
    from mplsemu.model.network import Network, Validation
    from mplsemu.program.program import NodeProgram, Program


def add_lab(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Add LAB and ``--down``."""
    parser.add_argument(
        "lab",
        metavar="LAB",
        nargs="?" if optional else None,
        help="lab file, or the name of a running lab (root) or of one that comes with mplsemu: "
        "nordic",
    )
    parser.add_argument(
        "--down",
        metavar="LINK",
        action="append",
        default=[],
        help="as if this link (dk-p1) or site's line (a/aarhus) were down; may be repeated",
    )


def add_checks(parser: argparse.ArgumentParser) -> None:
    """Add ``--checks``."""
    parser.add_argument(
        "--checks",
        metavar="FILE",
        help="more checks, beside those in the lab file: a YAML file with validate: alone",
    )


def checks_of(file: str | None, network: Network) -> tuple[Validation, ...]:
    """Return the checks that ``--checks`` names.

    Raises:
        LabError: there is no such file, or something in it is wrong.
    """
    from mplsemu.lab.loader import load_checks

    return () if file is None else load_checks(file, network)


def with_checks(lab: LoadedLab, file: str | None) -> LoadedLab:
    """Return a lab whose own checks are followed by those that ``--checks`` names.

    Raises:
        LabError: there is no such file, or something in it is wrong.
    """
    network = lab.network
    more = checks_of(file, network)
    return replace(lab, network=replace(network, validate=network.validate + more))


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def read_lab(args: argparse.Namespace) -> tuple[LoadedLab, Program]:
    """Read the lab file and compile it, with the links of ``--down`` down.

    If there is no such file but a lab of that name runs, return the program that its controller
    has installed.

    Raises:
        MplsEmuError: the file or a name is wrong.
    """
    from mplsemu.control.compile import compile_program

    if is_running(args):
        return _read_running(args)
    lab = load_named(args.lab)
    down = frozenset(checked_down(lab.network, name) for name in args.down)
    return lab, compile_program(lab.network, down=down)


def is_running(args: argparse.Namespace) -> bool:
    """Whether LAB names a running lab, and no file."""
    if _may_be_file(args.lab):
        return False
    try:
        return args.lab in running_labs()
    except NotRootError:  # without root one may still read a lab that comes with mplsemu
        if args.lab in shipped_labs() or not _may_run(args.lab):
            return False
        raise


def _may_run(lab: str) -> bool:
    """Whether a running lab of that name has a directory; only root may look into it."""
    try:
        return (run_directory() / lab).is_dir()
    except (OSError, ValueError):
        return False


def _may_be_file(lab: str) -> bool:
    """Whether LAB is a file, or cannot be examined: reading it will give the error."""
    try:
        return Path(lab).exists()
    except OSError:
        return True


def _may_some_run() -> bool:
    """Whether any lab runs; true also without root, which cannot tell."""
    try:
        return bool(running_labs())
    except NotRootError:
        return True


def load_named(lab: str) -> LoadedLab:
    """Read a lab file, or a lab that comes with mplsemu; neither is a lab that runs.

    Raises:
        LabError: there is none, or something in it is wrong.
    """
    from mplsemu.lab.loader import load

    is_name = "/" not in lab and "." not in lab and not _may_be_file(lab)
    if is_name and lab in shipped_labs():
        if _may_some_run():  # otherwise nobody would take it for a running lab
            print(
                f"note: no lab {lab} is running; this is the one that comes with mplsemu",
                file=sys.stderr,
            )
    elif is_name and lab:
        running: tuple[str, ...] = ()
        with suppress(NotRootError):
            running = running_labs()
        names = [*running, *shipped_labs()]
        remedy = did_you_mean(lab, names) or f"with mplsemu come {', '.join(shipped_labs())}"
        raise LabError(f"no lab {lab!r} is running, and there is no such file", remedy=remedy)
    return load(lab)


def _read_running(args: argparse.Namespace) -> tuple[LoadedLab, Program]:
    from mplsemu.lab.loader import load
    from mplsemu.running.session import Session

    if args.down:
        raise LabError("--down is for lab files", remedy="write: mplsemu link A B down")
    session = Session.find(args.lab)
    return load(session.directory.lab_file), session.program()


def checked_down(network: Network, name: str) -> str:
    """Return the full name of a link or attachment circuit.

    Raises:
        LabError: there is none.
    """
    from mplsemu.control.cables import cables_of

    links = cables_of(network)
    if name in links:
        return links[name]
    remedy = (
        did_you_mean(name, links)
        or f"the links are {some(links_of(network), 'mplsemu show LAB links')}"
    )
    raise LabError(f"no link {name!r} in lab {network.name!r}", remedy=remedy)


def links_of(network: Network) -> list[str]:
    """Return the names of all core links and attachment circuits, in the lab file's order."""
    core = [link.name for link in network.provider.links]
    return [*core, *(line.circuit for _, line in network.lines())]


def checked_node(program: Program, name: str) -> NodeProgram:
    """Return one LSR's program.

    Raises:
        LabError: there is no LSR of that name.
    """
    node = program.node_by_name.get(name)
    if node is None:
        names = list(program.node_by_name)
        known = f"the LSRs are {some(names, 'mplsemu show LAB links')}"
        raise LabError(
            f"no LSR {name!r} in lab {program.lab!r}", remedy=did_you_mean(name, names) or known
        )
    return node


def checked_provider(program: Program, name: str) -> str:
    """Return the name of one of several providers.

    Raises:
        LabError: there is no such provider.
    """
    from mplsemu.program.provider_part import providers_of

    names = providers_of(program)
    if name in names:
        return name
    known = f"the providers are {', '.join(names)}" if names else "it has one, without a name"
    remedy = did_you_mean(name, names)
    raise LabError(f"no provider {name!r} in lab {program.lab!r}", remedy=remedy or known)


def checked_vpn(program: Program, name: str) -> str:
    """Return the name of a VPN, given that name or the customer's.

    Raises:
        LabError: there is no such VPN, or the customer has several.
    """
    if any(vpn.name == name for vpn in program.vpns):
        return name
    owned = [vpn.name for vpn in program.vpns if vpn.customer == name]
    if len(owned) == 1:
        return owned[0]
    if owned:
        raise LabError(f"{name!r} has VPNs {', '.join(owned)}", remedy="name one of them")
    names = [vpn.name for vpn in program.vpns]
    known = f"the VPNs are {some(names, 'mplsemu show LAB vpns')}" if names else "it has none"
    remedy = did_you_mean(name, [*names, *(vpn.customer for vpn in program.vpns)])
    raise LabError(f"no VPN {name!r} in lab {program.lab!r}", remedy=remedy or known)
