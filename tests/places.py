"""Where things are in the tree."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TOPOLOGIES = ROOT / "topologies"
LABS = ROOT / "tests" / "labs"
# every lab file that a test may compile or boot, by name
LAB_FILES = {
    path.stem: path for place in (TOPOLOGIES, LABS) for path in sorted(place.glob("*.yaml"))
}
