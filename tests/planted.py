"""A directory full of modules that must never be imported: one for each that mplsemu imports."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

_ALL = """
import importlib, pkgutil, sys
import mplsemu
for found in pkgutil.walk_packages(mplsemu.__path__, "mplsemu."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
print(*sorted({name.partition(".")[0] for name in sys.modules} - set(sys.builtin_module_names)))
"""


def plant_modules(directory: Path) -> Path:
    """Put a module of every imported name into a directory; return the file that they would write.

    Each writes its name there when it is imported, and ends the import with an error.
    """
    witness = directory / "ran.txt"
    for name in imported_names():
        code = f"open({str(witness)!r}, 'a').write({name + chr(10)!r})\nraise ImportError\n"
        (directory / f"{name}.py").write_text(code)
    return witness


@functools.cache
def imported_names() -> tuple[str, ...]:
    """Return the names of all modules and packages that mplsemu imports, its own among them."""
    shown = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", _ALL],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = tuple(shown.stdout.split())
    assert {"mplsemu", "yaml", "json", "networkx", "fastapi"} <= set(names)
    return names
