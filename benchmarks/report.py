"""``python -m benchmarks.report RESULTS.json...``: results as the table of docs/benchmarks.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def row(figure: dict[str, Any]) -> str:
    """Return one line of the table: median, spread, what it should reach."""
    sign = "at most" if figure["at_most"] else "at least"
    reach = "" if figure["reach"] is None else f"{sign} {figure['reach']:g}"
    verdict = {True: "yes", False: "**no**", None: ""}[figure["holds"]]
    low, high = min(figure["runs"]), max(figure["runs"])
    value = f"{figure['value']:.4g}"
    spread = f"{low:.4g} - {high:.4g} ({len(figure['runs'])})"
    cells = [figure["name"], f"{value} {figure['unit']}", spread, reach, verdict, figure["note"]]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table of all files named."""
    print("| what | median | spread (runs) | reach | reached | how |")
    print("|---|---|---|---|---|---|")
    for name in sys.argv[1:]:
        for figure in json.loads(Path(name).read_text())["figures"]:
            print(row(figure))


if __name__ == "__main__":
    main()
