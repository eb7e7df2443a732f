"""One packet's path as text, hop by hop, with the label stack on every link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from mplsemu.model.labels import Label
from mplsemu.model.names import circuit_of, circuit_of_ce
from mplsemu.views.phrases import count
from mplsemu.views.text import palette
from mplsemu.views.text.columns import wrapped
from mplsemu.views.trace import TraceHop, TraceView

_FIRST_COLUMN: Final = 13  # of actions
_LAN: Final = "the site's LAN"


def draw_trace(trace: TraceView, width: int = 80) -> list[Text]:
    """Return the lines, at most `width` columns wide unless a stack is very long."""
    title = Text(" ").append(f"{trace.src} → {trace.dst}", palette.TITLE)
    outcome = ("delivered", palette.GOOD) if trace.delivered else ("✗ not delivered", palette.DOWN)
    if trace.fault:
        outcome = (f"✗ {trace.fault}", palette.DOWN)
    title.append("  ").append(*outcome)
    said = f", {count(len(trace.hops), 'hop')}"
    said += f", one of {len(trace.alternatives)} ways" if trace.alternatives else ""
    title.append(said, palette.FAINT)
    lines = [title]
    if trace.header:
        drawn = wrapped(trace.header, width=width - 1, indent="   ", first=" ")
        lines += [Text(line.plain, palette.FAINT) for line in drawn]
    lines += [Text(), _stop("●", trace.src, palette.SITE)]
    if trace.hops or trace.delivered:
        lines += _stack((), trace.payload, _first_link(trace))
    for hop in trace.hops:
        lines += _hop(hop, width)
        if hop.link is not None:
            lines += _stack(*_as_it_leaves(trace, hop), hop.link)
        elif trace.delivered and _is_ce(hop):
            lines += _stack((), trace.payload, _LAN)
    if trace.delivered and not trace.fault:
        lines.append(_stop("●", trace.dst, palette.SITE))
    else:
        said = trace.reason or "the packet ends here"
        lines += [
            Text(line.plain, palette.DOWN)
            for line in wrapped(
                said.split(" "), width=width - 1, indent="   ", first=" ✗ ", joint=" "
            )
        ]
    return lines


def _first_link(trace: TraceView) -> str:
    """Return the first link: the access line, or the LAN if a CE router or nobody follows."""
    local = not trace.hops or _is_ce(trace.hops[0])
    return _LAN if local else trace.circuit or circuit_of(trace.src)


def _is_ce(hop: TraceHop) -> bool:
    return circuit_of_ce(hop.node) is not None


def _stop(sign: str, name: str, style: str) -> Text:
    return Text(" ").append(f"{sign} {name}", style)


def _hop(hop: TraceHop, width: int) -> list[Text]:
    name = f" ◆ {hop.node}"
    action = f"{hop.service}: {hop.action}" if hop.service else hop.action
    first = f"{name:<{_FIRST_COLUMN}} "
    indent = " │" + " " * (len(first) - 2)
    lines = wrapped(action.split(" "), width=width - 1, indent=indent, first=first, joint=" ")
    lines[0].stylize(palette.PE, 1, len(name))
    return lines


def _as_it_leaves(trace: TraceView, hop: TraceHop) -> tuple[Sequence[str], str]:
    """Return the texts of the labels, outermost first, and of the payload."""
    if trace.detailed:
        return hop.stack, f"{trace.payload} {hop.ip_ttl}".rstrip()
    return [str(Label(label)) for label in hop.out_labels], trace.payload


def _stack(labels: Sequence[str], payload: str, link: str) -> list[Text]:
    """Draw a packet on a link: its labels, outermost first, then its payload."""
    cells = [(label, palette.TRANSPORT_LABEL) for label in labels]
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
