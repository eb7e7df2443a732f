"""One packet's way as it was, beside what the program says, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text

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


def draw_live_trace(answer: Mapping[str, Any]) -> list[Text]:
    """Return the lines for what ``trace --live --json`` prints."""
    live = answer["live"]
    title = Text(" ").append(f"{answer['src']} → {answer['dst']}", palette.TITLE)
    if not live["sent"]:
        said = f"  nothing was sent: {answer['end']}"
        return [title.append(said, palette.DOWN)]
    wrong = sum(step["verdict"] != "ok" for step in live["steps"])
    outcome = ("as predicted", palette.GOOD) if not wrong else ("✗ not as predicted", palette.DOWN)
    title.append("  sent, ").append(*outcome)
    rows = [_row(step) for step in live["steps"]]
    lines = [title, Text(), *columns(_HEADS, rows, indent=1)]
    if not answer["delivered"]:
        lines += [Text(), Text(f" by the program: {answer['end']}", palette.FAINT)]
    return lines


def _row(step: Mapping[str, Any]) -> list[str | Text]:
    verdict = step["verdict"]
    same = verdict == "ok"
    seen = Text("the same", palette.GOOD) if same else Text(_sight(step["seen"]), palette.DOWN)
    if verdict == "not seen":
        seen = Text("not seen", palette.DOWN)
    arrival = step["link"] is None
    return [
        Text(*_SIGNS[verdict]),
        "arrival at" if arrival else step["link"],
        "" if arrival else step["from"],
        step["to"],
        _sight(step["predicted"]) if step["predicted"] else "nothing",
        seen,
        "" if step["after_ms"] is None else f"{step['after_ms']:.2f} ms",
    ]


def _sight(sight: Mapping[str, Any] | None) -> str:
    if sight is None:
        return ""
    words = [
        f"{entry['label']} ttl {entry['ttl']}" + (f" tc {entry['tc']}" if entry["tc"] else "")
        for entry in sight["stack"]
    ]
    words.append("frame" if sight["ip_ttl"] is None else f"IP ttl {sight['ip_ttl']}")
    return " | ".join(words)
