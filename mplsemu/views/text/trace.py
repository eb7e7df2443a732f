"""One packet's way as text, hop by hop, with the label stack drawn on every link."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from mplsemu.model.labels import Label
from mplsemu.views.text import palette
from mplsemu.views.text.columns import wrapped
from mplsemu.views.text.site import count
from mplsemu.views.trace import TraceHop, TraceView

_FROM_LEFT = 13  # column where actions start


def draw_trace(trace: TraceView, width: int = 80) -> list[Text]:
    """Return the picture's lines, at most `width` columns wide but for very long stacks."""
    title = Text(" ").append(f"{trace.src} → {trace.dst}", palette.TITLE)
    outcome = ("delivered", palette.GOOD) if trace.delivered else ("✗ not delivered", palette.DOWN)
    title.append("  ").append(*outcome)
    title.append(f", {count(len(trace.hops), 'LSR')}", palette.FAINT)
    lines = [title, Text(), _stop("●", trace.src, palette.SITE)]
    lines += _stack((), trace.payload, trace.src.rpartition("/")[0])
    for hop in trace.hops:
        lines += _hop(hop, width)
        if hop.link is not None:
            lines += _stack(hop.out_labels, trace.payload, hop.link)
    if trace.delivered:
        lines.append(_stop("●", trace.dst, palette.SITE))
    else:
        lines.append(_stop("✗", "the packet ends here", palette.DOWN))
    return lines


def _stop(sign: str, name: str, style: str) -> Text:
    return Text(" ").append(f"{sign} {name}", style)


def _hop(hop: TraceHop, width: int) -> list[Text]:
    name = f" ◆ {hop.node}"
    action = f"{hop.service}: {hop.action}" if hop.service else hop.action
    first = f"{name:<{_FROM_LEFT}} "
    indent = " │" + " " * (len(first) - 2)
    lines = wrapped(action.split(" "), width=width - 1, indent=indent, first=first, joint=" ")
    lines[0].stylize(palette.PE, 1, len(name))
    return lines


def _stack(labels: Sequence[int], payload: str, link: str) -> list[Text]:
    """Draw a packet as it is on a link: its labels, outermost first, then what they carry."""
    cells = [(str(Label(label)), palette.TRANSPORT_LABEL) for label in labels]
    if cells:  # the bottom of the stack is the VPN or PW label
        cells[-1] = (cells[-1][0], palette.SERVICE_LABEL)
    cells.append((payload, palette.PAYLOAD))
    lines = []
    for left, joint, right in ("┌┬┐", "│││", "└┴┘"):
        line = Text(" │   " + left)
        for index, (text, style) in enumerate(cells):
            if left == "│":
                line.append(" ").append(text, style).append(" ")
            else:
                line.append("─" * (len(text) + 2))
            line.append(right if index == len(cells) - 1 else joint)
        lines.append(line)
    lines[1].append(f"  on {link}", palette.FAINT)
    return lines
