"""A live trace as a table: one packet's path as seen, beside what the program predicts."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from mplsemu.program.observation import AT_HOST, LiveTrace, Observation, Step
from mplsemu.views.text import palette
from mplsemu.views.text.columns import Column, columns

_SIGNS: Final = {
    "ok": ("✓", palette.GOOD),
    "differs": ("✗", palette.DOWN),
    "not seen": ("✗", palette.DOWN),
    "unexpected": ("✗", palette.DOWN),
}
_HEADS: Final = (
    Column(""),
    Column("on"),
    Column("from"),
    Column("to"),
    Column("predicted", style=palette.SERVICE_LABEL),
    Column("seen"),
    Column("after", right=True, style=palette.FAINT),
)


def draw_live_trace(found: LiveTrace) -> list[Text]:
    """Return the lines."""
    predicted = found.predicted
    title = Text(" ").append(f"{predicted.source} → {predicted.target}", palette.TITLE)
    if not found.sent:
        return [title.append(f"  nothing was sent: {predicted.end}", palette.DOWN)]
    is_good = found.as_predicted
    outcome = ("as predicted", palette.GOOD) if is_good else ("✗ not as predicted", palette.DOWN)
    title.append("  sent, ").append(*outcome)
    lines = [title, Text(), *columns(_HEADS, [_row(step) for step in found.steps], indent=1)]
    if not predicted.delivered:
        lines += [Text(), Text(f" by the program: {predicted.end}", palette.FAINT)]
    return lines


def _row(step: Step) -> list[str | Text]:
    verdict = step.verdict
    same = verdict == "ok"
    seen = Text("the same", palette.GOOD) if same else Text(_words(step.seen), palette.DOWN)
    if verdict == "not seen":
        seen = Text("not seen", palette.DOWN)
    return [
        Text(*_SIGNS[verdict]),
        "arrival at" if step.link == AT_HOST else step.link,
        step.sender,
        step.receiver,
        "nothing" if step.predicted is None else _words(step.predicted),
        seen,
        "" if step.after_ms is None else f"{step.after_ms:.2f} ms",
    ]


def _words(observation: Observation | None) -> str:
    if observation is None:
        return ""
    words = [
        f"{int(entry.label)} ttl {entry.ttl}" + (f" tc {entry.tc}" if entry.tc else "")
        for entry in observation.stack
    ]
    ip_ttl = observation.ip_ttl
    words.append("frame" if ip_ttl is None else f"IP ttl {ip_ttl}")
    return " | ".join(words)
