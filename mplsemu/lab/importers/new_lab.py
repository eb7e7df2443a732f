"""A lab file from a real network: the back end of ``mplsemu new``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from mplsemu.lab.importers.graph import ProviderGraph
from mplsemu.lab.importers.graphml import from_file
from mplsemu.lab.importers.topohub import PREFIX, from_topohub
from mplsemu.lab.importers.vpn_generator import generate_vpns
from mplsemu.lab.importers.writer import write_lab
from mplsemu.lab.lab_name import check_lab_name

_MEASURES: Final = (
    "Link delays follow from lengths, 1 ms for 200 km of fibre; "
    "a metric is 10, and 1 more for every 20 km."
)


@dataclass(frozen=True, slots=True)
class GeneratedLab:
    """A lab file that was made.

    Attributes:
        text: of the file, YAML.
        notes: what was wrong with the source and what was done about it.
    """

    text: str
    notes: tuple[str, ...]


def new_lab(
    name: str, source: str, *, l3vpns: int = 0, vpls: int = 0, sites: int = 3, seed: int = 0
) -> GeneratedLab:
    """Make a lab file from a real network; the same arguments give the same text.

    Args:
        name: of the lab.
        source: ``topohub:GROUP/NAME``, or the path of a GraphML or GML file.
        l3vpns: number of L3VPNs to put on it.
        vpls: number of VPLSs to put on it.
        sites: of each VPN.
        seed: of the choice of PEs.

    Raises:
        LabError: an argument is out of range, or the source cannot be read.
    """
    check_lab_name(name)
    graph = _graph(source)
    vpns = generate_vpns(graph, l3vpns=l3vpns, vpls=vpls, sites=sites, seed=seed)
    options = {"--from": source, "--l3vpns": l3vpns, "--vpls": vpls}
    if vpns:
        options |= {"--sites": sites, "--seed": seed}
    command = shlex.join(
        ["mplsemu", "new", name, *(str(word) for option in options.items() for word in option)]
    )
    header = [
        f"Made by: {command}",
        _MEASURES,
        *(f"- {note}" for note in graph.notes),
    ]
    return GeneratedLab(write_lab(name, graph, vpns, header), graph.notes)


def _graph(source: str) -> ProviderGraph:
    if source.startswith(PREFIX):
        return from_topohub(source.removeprefix(PREFIX))
    return from_file(source)
