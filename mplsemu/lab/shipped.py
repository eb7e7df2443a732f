"""The labs that come with mplsemu, by name: what is in topologies/, which the package has too."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PLACE: Final = Path(__file__).parents[1] / "topologies"
_SUFFIX: Final = ".yaml"


def shipped_labs() -> dict[str, Path]:
    """Return the lab files that come with mplsemu, by their labs' names."""
    return {path.stem: path for path in sorted(_PLACE.glob(f"*{_SUFFIX}"))}


def lab_path(name: str | Path) -> Path:
    """Return the lab file that is meant: one of that path, else one that comes with mplsemu."""
    path = Path(name)
    try:
        is_there = path.exists()
    except (OSError, ValueError):  # who reads it says what is wrong with it
        return path
    return path if is_there else shipped_labs().get(str(name), path)
