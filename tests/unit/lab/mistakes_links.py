"""Mistakes in what a lab file says of links' metrics and MTUs, put into `GOOD` one by one."""

from tests.unit.lab.mistakes import LINK

# what stands in GOOD, what a person writes in its place, the line, the problem, the remedy
MISTAKES = {
    "metric back": (LINK, "- {ends: [dk, p1], metric: [1, 0]}", 9, "0 is out of", "1 to 65535"),
    "metrics": (
        LINK,
        "- {ends: [dk, p1], metric: [1, 2, 3]}",
        9,
        "3 metrics, and a link has two directions",
        "write one metric, or [THERE, BACK]",
    ),
    "metrics of all links": (
        "provider:",
        "provider:\n  defaults: {metric: [1, 2]}",
        3,
        "a list where a whole number is due",
        "write a whole number",
    ),
}
