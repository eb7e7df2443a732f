"""``mplsemu doctor``: what this machine has and lacks, and what to type about it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mplsemu.cli.arguments import add_json

if TYPE_CHECKING:
    from rich.text import Text

    from mplsemu.running.doctor import Diagnosis


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Says what this machine has and lacks, and what to type about it. "
        "Exit code 0: up and test can run; 1: something they need is missing."
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the diagnoses."""
    from mplsemu.cli.output import print_json, print_lines
    from mplsemu.report.doctor import doctor_object
    from mplsemu.running.doctor import Availability, examine

    findings = list(examine())
    ready = all(finding.state is not Availability.MISSING for finding in findings)
    if args.json:
        print_json(doctor_object(findings, ready=ready))
    else:
        print_lines(_draw(findings, ready=ready))
    return 0 if ready else 1


def _draw(findings: list[Diagnosis], *, ready: bool) -> list[Text]:
    from rich.text import Text

    from mplsemu.running.doctor import Availability
    from mplsemu.views.text import palette

    signs = {
        Availability.OK: ("✓", palette.GOOD),
        Availability.MISSING: ("✗", palette.BAD),
        Availability.OPTIONAL: ("○", palette.FAINT),
    }
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        sign, style = signs[finding.state]
        line = Text(" ").append(sign, style).append(f" {finding.name:<{width}}  ")
        lines.append(line.append(finding.detail, palette.FAINT))
        if finding.remedy:
            lines.append(Text(f"   {'':<{width}}  type: {finding.remedy}", palette.TITLE))
    verdict = (
        Text(" Labs can run here: sudo mplsemu up nordic", palette.TITLE)
        if ready
        else Text(" Labs cannot run here yet; ✗ marks what is missing.", palette.TITLE)
    )
    return [*lines, Text(), verdict, Text(" ✓ there  ○ missing, of use  ✗ missing, needed", "dim")]
