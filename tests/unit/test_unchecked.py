"""What no type checker reads (benchmarks, scripts, scripts for `mn`) imports what is there."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator

from tests.places import ROOT, TOPOLOGIES

OURS = ("mplsemu", "tests", "benchmarks")
TRY = """
import importlib, json, sys
for file, module, name in json.load(sys.stdin):
    try:
        found = importlib.import_module(module)
        if not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")
    except ImportError as error:
        print(f"{file}: from {module} import {name}: {error}")
"""


def programs() -> Iterator[tuple[str, ast.AST]]:
    """Yield the Python files, and what they hand to another Python as text."""
    files = [*(ROOT / "benchmarks").glob("*.py"), *TOPOLOGIES.glob("*.py")]
    files += [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    for path in sorted(files):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py" and "python" not in text.partition("\n")[0]:
            continue  # a shell's
        tree = ast.parse(text)
        yield path.name, tree
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and "mplsemu" in str(node.value):
                try:
                    yield f"{path.name}:{node.lineno}", ast.parse(textwrap.dedent(str(node.value)))
                except SyntaxError:
                    continue  # prose


def imported() -> list[tuple[str, str, str]]:
    return [
        (where, node.module, alias.name)
        for where, tree in programs()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in OURS
        for alias in node.names
    ]


def test_all_that_it_imports_is_there():
    wanted = imported()
    assert {where.partition(":")[0] for where, _, _ in wanted} >= {
        "installing.py", "compiling.py", "screenshots", "openapi", "nordic.py",
    }  # fmt: skip
    tried = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRY],
        input=json.dumps(wanted),
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert tried.stdout.splitlines() == []
