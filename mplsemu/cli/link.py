"""``mplsemu link A B up|down``: cut or mend a cable of a running lab; without names, list them."""

from __future__ import annotations

import argparse
import json

from mplsemu.cli.exec import add_lab_option


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = "mplsemu link [--lab NAME] [--json] [A B up|down | LINK up|down]"
    add_lab_option(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "words", metavar="WORD", nargs="*", help="two LSRs, or a link or VPN/SITE; then up or down"
    )


def run(args: argparse.Namespace) -> int:
    """Change one link, or list all."""
    from mplsemu.errors import LabError
    from mplsemu.report.links import link_change_object, links_object
    from mplsemu.running.session import Session

    *names, state = args.words or [None]
    if args.words and (state not in {"up", "down"} or len(names) not in {1, 2}):
        raise LabError(
            f"cannot make sense of {' '.join(args.words)!r}",
            remedy="write: mplsemu link dk p1 down, or: mplsemu link dk-p1 down",
        )
    session = Session.find(args.lab)
    if names:
        link = session.link_name(*names)
        session.set_link(link, up=state == "up")
        if args.json:
            print(json.dumps(link_change_object(link, up=state == "up")))
        else:
            print(f"{link} is {state}")
        return 0
    links = session.links()
    if args.json:
        print(json.dumps(links_object(links)))
    else:
        for each in links:
            print(f"{each.link:<24} {' -- '.join(each.ends):<44} {'up' if each.up else 'DOWN'}")
    return 0
