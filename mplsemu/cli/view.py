"""``mplsemu view``: the provider's picture and the customers', in any format."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from mplsemu.cli.arguments import add_lab, checked_provider, checked_vpn, is_running, read_lab
from mplsemu.errors import LabError
from mplsemu.suggest import did_you_mean

if TYPE_CHECKING:
    from mplsemu.export.formats import Renderer
    from mplsemu.program.program import Program
    from mplsemu.views.model import ProviderView, View

_FOR_EDITING = """\
formats:
  text      for a terminal
  svg, png  pictures; html is a page with zoom and search that needs nothing else
  drawio, dot, mermaid   to edit with draw.io, Graphviz or in a README
  json      what all of them are drawn from"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Draws the provider's picture and each customer's own, from the forwarding program."
    )
    parser.epilog = _FOR_EDITING
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_lab(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--vpn", metavar="NAME", help="one VPN, as its customer sees it")
    which.add_argument("--provider", action="store_true", help="the provider's picture alone")
    which.add_argument("--of", metavar="PROVIDER", help="of several providers: one's own picture")
    over = parser.add_mutually_exclusive_group()
    over.add_argument(
        "--overlay", metavar="VPN", help="the provider's picture with a VPN's sites and LSPs"
    )
    over.add_argument(
        "--trace",
        nargs=2,
        metavar=("SRC", "DST"),
        help="the provider's picture with one packet's path and its label stack on every link",
    )
    parser.add_argument(
        "--format", metavar="FORMAT", help="text unless FILE's name says another; see below"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write it to a file")
    parser.add_argument(
        "--theme",
        choices=("auto", "light", "dark"),
        default="auto",
        metavar="THEME",
        help="colours of svg, png and html: auto (default: the viewer's), light or dark",
    )


def run(args: argparse.Namespace) -> int:
    """Print or write pictures."""
    from mplsemu.cli.output import output_to, print_lines, terminal_width
    from mplsemu.drawing.palette import Theme
    from mplsemu.export.formats import RenderOptions
    from mplsemu.views.text.view import draw_views

    name, renderer = _renderer(args.format, args.output)
    to_terminal = args.output in (None, "-") and sys.stdout.isatty()
    if to_terminal and not renderer.is_text:
        raise LabError(f"{name} is nothing to read", remedy=f"write it to a file: -o FILE.{name}")
    _, program = read_lab(args)
    views = _views(program, args)
    if name == "text" and args.output is None:
        print_lines(draw_views(views, terminal_width()))
        return 0
    with output_to(args.output) as write:
        write(renderer(views, RenderOptions(Theme(args.theme))))
    return 0


def _renderer(name: str | None, path: str | None) -> tuple[str, Renderer]:
    """Return the requested format, by its name or by the file's."""
    from mplsemu.export.formats import RENDERERS, format_of

    formats = f"write one of: {', '.join(RENDERERS)}"
    if name is None:
        name = format_of(path) if path else "text"
        suffix = PurePath(path or "").suffix
        if name is None and suffix:
            raise LabError(f"no format has the suffix {suffix!r}", remedy=f"{formats}, as --format")
        name = name or "text"
    if name not in RENDERERS:
        hint = did_you_mean(name, RENDERERS)
        raise LabError(f"no format {name!r}", remedy=f"{hint} {formats}".strip())
    return name, RENDERERS[name]


def _views(program: Program, args: argparse.Namespace) -> Sequence[View]:
    from mplsemu.views.customer import customer_view
    from mplsemu.views.provider import provider_view

    has_overlay = args.overlay is not None or args.trace is not None
    if args.vpn is not None and has_overlay:
        remedy = "leave out --vpn"
        raise LabError("--overlay and --trace are for the provider's picture", remedy=remedy)
    if has_overlay or args.of is not None:
        of = None if args.of is None else checked_provider(program, args.of)
        return [_overlaid(provider_view(program, of), program, args)]
    if args.vpn is not None:
        vpns = [checked_vpn(program, args.vpn)]
        return _live([customer_view(program, name) for name in vpns], args)
    if args.provider:
        return [provider_view(program)]
    customers = [customer_view(program, vpn.name) for vpn in program.vpns]
    return [provider_view(program), *_live(customers, args)]


def _overlaid(view: ProviderView, program: Program, args: argparse.Namespace) -> ProviderView:
    from mplsemu.program.provider_part import part_of
    from mplsemu.program.trace import trace
    from mplsemu.views.overlay import with_trace, with_vpn
    from mplsemu.views.text.trace_branches import why
    from mplsemu.views.trace import TraceView

    if args.overlay is not None:
        shown = program if args.of is None else part_of(program, args.of)
        return with_vpn(view, shown, checked_vpn(shown, args.overlay))
    if args.trace is None:
        return view
    found = trace(program, *args.trace)
    if not found.delivered:
        print(f"note: the packet is not delivered: {why(found.end)}", file=sys.stderr)
    return with_trace(view, TraceView.of(found, why(found.end)))


def _live(views: Iterable[View], args: argparse.Namespace) -> list[View]:
    """Return customers' views with the MAC addresses that a running lab has learned."""
    from mplsemu.views.learned_macs import with_macs
    from mplsemu.views.model import BridgeView
    from mplsemu.views.tables.macs import mac_rows

    found = list(views)
    if not is_running(args) or not any(isinstance(view, BridgeView) for view in found):
        return found
    from mplsemu.running.session import Session

    macs = mac_rows(Session.find(args.lab).controller.call("macs"))
    return [with_macs(view, macs) for view in found]
