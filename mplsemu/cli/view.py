"""``mplsemu view``: the provider's picture and the customers'."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mplsemu.cli.arguments import add_lab, checked_vpn, read_lab
from mplsemu.cli.parser import nearest
from mplsemu.errors import LabError

if TYPE_CHECKING:
    from mplsemu.cli.arguments import Subparsers
    from mplsemu.program.program import Program
    from mplsemu.views.model import View


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "view",
        help="draw the provider's and the customers' pictures",
        description="Draws the provider's picture and each customer's own, "
        "from the forwarding program.",
    )
    add_lab(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--vpn", metavar="NAME", help="one VPN, as its customer sees it")
    which.add_argument("--provider", action="store_true", help="the provider's picture alone")
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text (default) or json")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it to a file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write pictures."""
    from mplsemu.cli.output import print_lines, terminal_width, write_text
    from mplsemu.views.renderers import RENDERERS, draw_all

    if args.format not in RENDERERS:
        formats = ", ".join(RENDERERS)
        hint = nearest(args.format, RENDERERS)
        remedy = f"{hint} " if hint else ""
        raise LabError(f"no format {args.format!r}", remedy=f"{remedy}write one of: {formats}")
    _, program = read_lab(args)
    views = _views(program, args)
    if args.format == "text" and args.output is None:
        print_lines(draw_all(views, terminal_width()))
    else:
        write_text(RENDERERS[args.format](views), args.output)
    return 0


def _views(program: Program, args: argparse.Namespace) -> list[View]:
    from mplsemu.views.customer import customer_view
    from mplsemu.views.provider import provider_view

    if args.vpn is not None:
        return [customer_view(program, checked_vpn(program, args.vpn))]
    if args.provider:
        return [provider_view(program)]
    return [provider_view(program), *(customer_view(program, vpn.name) for vpn in program.vpns)]
