"""``mplsemu new``: a lab file to begin with, or one from a real network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

_EPILOG: Final = """\
examples:
  mplsemu new mine -o mine.yaml                     a small lab with comments, to be changed
  mplsemu new us --from topohub:topozoo/Abilene --l3vpns 2 --vpls 1 -o us.yaml
  mplsemu new mine --from drawn.graphml -o mine.yaml
  mplsemu new --list abil                           networks of topohub with that in their names
"""
_SITES: Final = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Makes a lab file: a small one with comments, or one from one of topohub's "
        "networks, a GraphML or a GML file."
    )
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", metavar="NAME", nargs="?", help="of the lab")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="SOURCE",
        help="topohub:GROUP/NAME, or a GraphML or GML file",
    )
    parser.add_argument(
        "--list", action="store_true", help="print topohub's networks; with NAME those that have it"
    )
    parser.add_argument("--l3vpns", type=_number, metavar="N", help="how many L3VPNs (0)")
    parser.add_argument("--vpls", type=_number, metavar="N", help="how many VPLS (0)")
    parser.add_argument("--sites", type=_number, metavar="N", help=f"sites of each VPN ({_SITES})")
    parser.add_argument("--seed", type=_number, metavar="S", help="of the choice of PEs (0)")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it to a file")
    parser.add_argument(
        "--force", action="store_true", help="write it over a file that says something else"
    )


def _number(text: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    if len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text} is too large")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Write a lab file, and print what was wrong with its source."""
    from mplsemu.cli.output import write_text

    if args.list:
        return _list(args.name or "")
    text, notes = _made(args)
    if args.output not in (None, "-") and not args.force:
        _check_overwrite(Path(args.output), text)
    write_text(text, args.output)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if args.output not in (None, "-"):
        print(f"{args.output}: next, mplsemu check {args.output}", file=sys.stderr)
    return 0


def _made(args: argparse.Namespace) -> tuple[str, tuple[str, ...]]:
    """Return the lab file's text, and what was wrong with the source."""
    from mplsemu.errors import LabError

    if args.name is None:
        raise LabError("the lab has no name", remedy="write: mplsemu new NAME -o FILE")
    of_source = {
        "--l3vpns": args.l3vpns,
        "--vpls": args.vpls,
        "--sites": args.sites,
        "--seed": args.seed,
    }
    if args.source is None:
        from mplsemu.lab.importers.skeleton import skeleton

        given = [option for option, value in of_source.items() if value is not None]
        if given:
            remedy = "name one: --from topohub:topozoo/Abilene, or a file; --list lists topohub's"
            raise LabError(f"{given[0]} is for a lab from a network", remedy=remedy)
        return skeleton(args.name), ()
    from mplsemu.lab.importers.new_lab import new_lab

    lab = new_lab(
        args.name,
        args.source,
        l3vpns=args.l3vpns or 0,
        vpls=args.vpls or 0,
        sites=_SITES if args.sites is None else args.sites,
        seed=args.seed or 0,
    )
    return lab.text, lab.notes


def _check_overwrite(path: Path, text: str) -> None:
    """Check that writing `text` overwrites nothing: the file is empty or has the same text.

    Raises:
        LabError: the file has another text.
    """
    from mplsemu.errors import LabError

    try:
        is_other = path.is_file() and path.read_bytes() not in (b"", text.encode())
    except OSError:  # writing it will give the error
        return
    if is_other:
        raise LabError(
            f"{path} is there already, with something else in it",
            remedy="name a new one, or add --force to lose what is in it",
        )


def _list(part: str) -> int:
    """Print the names of topohub's networks that have a part in them."""
    from mplsemu.errors import LabError
    from mplsemu.lab.importers.topohub import PREFIX, catalogue

    found = [name for name in catalogue() if part.lower() in name.lower()]
    if not found:
        raise LabError(f"topohub has no network with {part!r} in its name", remedy="leave it out")
    print("\n".join(f"{PREFIX}{name}" for name in found))
    return 0
