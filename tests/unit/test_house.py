"""The house rules that no linter keeps: no import circles, short modules, short functions."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("mplsemu", "benchmarks", "scripts", "tests")
MOST_LINES = 450
MOST_LINES_OF_CODE = 45


@cache
def modules() -> dict[str, Path]:
    """Return every Python file by its dotted name, scripts without an ending too."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py" or (folder == "scripts" and is_python(path)):
                parts = path.relative_to(ROOT).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def is_python(path: Path) -> bool:
    return path.is_file() and path.read_bytes().split(b"\n")[0].endswith((b"python", b"python3"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(name: str) -> set[str]:
    """Return the modules that a module imports, wherever in it and whatever for."""
    known, path = modules(), modules()[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level]
            start = ".".join([*base, *filter(None, [node.module])] if node.level else [node.module])
            members = {f"{start}.{alias.name}" for alias in node.names}
            found |= {each if each in known else start for each in members}
    return (found & known.keys()) - {name}


def circles() -> Iterator[set[str]]:
    """Yield sets of modules that import each other, by way of others too (Tarjan 1972)."""
    graph = {name: sorted(imported(name)) for name in modules()}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(name: str) -> Iterator[set[str]]:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                yield from visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            together = set(stack[at:])
            del stack[at:]
            if len(together) > 1:
                yield together

    for name in graph:
        if name not in index:
            yield from visit(name)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def lines_with_code(path: Path) -> frozenset[int]:
    """Return the numbers of the lines that hold more than a comment."""
    silent = {
        tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
        tokenize.ENCODING, tokenize.ENDMARKER,
    }  # fmt: skip
    found: set[int] = set()
    source = io.StringIO(path.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(source.readline):
        if token.type not in silent:
            found |= set(range(token.start[0], token.end[0] + 1))
    return frozenset(found)


def lines_of_code(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has, signature included, without its docstring."""
    assert function.end_lineno is not None
    own = set(range(function.lineno, function.end_lineno + 1))
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        assert first.end_lineno is not None
        own -= set(range(first.lineno, first.end_lineno + 1))
    return len(own & lines_with_code(path))


def test_no_module_imports_itself_by_way_of_others():
    assert [sorted(circle) for circle in circles()] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_are_short(folder):
    lengths = {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in modules().items()
        if name.split(".")[0] == folder
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_functions_are_short(folder):
    long = {
        f"{name}.{function.name}": lines_of_code(path, function)
        for name, path in modules().items()
        if name.split(".")[0] == folder
        for function in functions(path)
        if lines_of_code(path, function) > MOST_LINES_OF_CODE
    }
    assert long == {}
