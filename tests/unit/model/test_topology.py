"""What follows from a provider's links."""

from dataclasses import replace

from tests.builders import provider


def test_no_packet_is_delayed_longer_than_by_as_many_links_as_join_all_lsrs():
    made = provider(("a-b", "b-c", "a-c", "a-c#2"))
    delays = (3.0, 1.0, 20.0, 5.0)
    pairs = zip(made.links, delays, strict=True)
    links = tuple(replace(link, delay_ms=delay) for link, delay in pairs)
    assert replace(made, links=links).longest_delay_ms == 25.0
    assert made.longest_delay_ms == 0
    assert replace(made, links=(), nodes=made.nodes[:1]).longest_delay_ms == 0
