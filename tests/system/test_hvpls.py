"""A spoke PE changes its hub PE, there and back: nothing comes twice, and all comes again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from mplsemu import Lab
from tests.places import TOPOLOGIES
from tests.system.streams import Heard, Stream, streaming
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.quiet]

OF_HUB1 = ("box1-hub1", "hub1-hub2", "hub1-core")
EVERYONE = "10.0.0.255"
HOSTS = [f"metro/{each}" for each in ("library/h1", "library/h2", "museum/h1", "harbour/h1")]


@pytest.fixture(scope="module")
def lab(dataplane: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    directory: Path = tmp_path_factory.mktemp("hubs")
    with Lab(TOPOLOGIES / "h-vpls.yaml", run_dir=directory, dataplane=dataplane) as running:
        yield running


def address(lab: Lab, host: str) -> str:
    found = next(each for ref, _, each in lab.session.network.hosts() if str(ref) == host)
    return str(found.addresses[0].ip)


def streams(lab: Lab) -> list[Stream]:
    """Return streams of the spoke PE's sites to elsewhere and back, to one and to all."""
    return [
        Stream("metro/library/h1", address(lab, "metro/harbour/h1")),
        Stream("metro/harbour/h1", address(lab, "metro/library/h1")),
        Stream("metro/library/h2", EVERYONE),
        Stream("metro/harbour/h1", EVERYONE),
    ]


def lost(lab: Lab, heard: Heard) -> int:
    """Return how many datagrams did not come where they should; none comes twice or back."""
    found = 0
    for stream, host in product(heard.sent, HOSTS):
        assert heard.repeated(host, stream) == [], (stream, host)
        if host == stream.source:
            assert not heard.counts[host, stream]
        elif stream.address in {EVERYONE, address(lab, host)}:
            found += len(heard.lost(host, stream))
    return found


def arrives(lab: Lab) -> bool:
    with streaming(lab, streams(lab), HOSTS) as heard:
        pass
    return not lost(lab, heard)


@pytest.mark.parametrize("up", [False, True])
def test_nothing_comes_twice_while_the_hub_changes_and_all_arrives_afterwards(lab, up):
    with streaming(lab, streams(lab), HOSTS) as heard:
        for cable in OF_HUB1:
            if up:
                lab.link(cable).up()
            else:
                lab.link(cable).down()
    lost(lab, heard)
    eventually(lambda: arrives(lab), "everything arrives")
