"""Counters as text: what LSRs have counted by LSP, tunnel, VRF and pseudowire."""

from __future__ import annotations

from mplsemu.views.tables.counters import counter_table
from mplsemu.views.text.show import draw_counters

KINDS = ("lsp", "tunnel", "vrf-in", "vrf-out", "pseudowire-in", "pseudowire-out", "drop")


def answer(*, counted: bool = True, packets: int = 1200):
    rows = [
        {
            "node": node,
            "kind": kind,
            "name": "x",
            "peer": "se" if kind.startswith("pseudowire") else None,
            "packets": packets,
            "octets": packets * 100,
        }
        for node in ("dk", "p1")
        for kind in KINDS
    ]
    return {"dataplane": "openflow", "counted": counted, "counters": rows if counted else []}


def drawn(answer, node=None) -> list[str]:
    lines = draw_counters(counter_table(answer, node))
    return [" ".join(line.plain.split()) for line in lines]


def test_every_kind_is_named_and_numbers_have_separators():
    title, _, *rows = drawn(answer(), "dk")
    assert title == "Counters: 7"
    assert rows == [
        "dk label x 1,200 120,000",
        "dk tunnel to x 1,200 120,000",
        "dk VRF x, from its sites 1,200 120,000",
        "dk VRF x, to its sites 1,200 120,000",
        "dk VSI x, from se 1,200 120,000",
        "dk VSI x, to se 1,200 120,000",
        "dk dropped: x 1,200 120,000",
    ]


def test_what_passed_nothing_is_only_counted():
    assert drawn(answer(packets=0)) == ["Counters: 0, 14 more at 0"]


def test_a_data_plane_that_does_not_count_says_so():
    said = "The data plane openflow does not count by LSP, VRF and pseudowire."
    assert drawn(answer(counted=False)) == [said]


def test_counters_are_in_the_order_of_lsrs_and_of_what_they_count():
    kinds = ["drop", "vrf-out", "tunnel", "lsp", "pseudowire-in"]
    rows = [
        {"node": node, "kind": kind, "name": name, "peer": None, "packets": 1, "octets": 1}
        for node in ("p10", "p2")
        for kind in kinds
        for name in ("17", "9")
    ]
    table = counter_table({"dataplane": "ebpf", "counted": True, "counters": rows})
    found = [(row.node, row.kind, row.name) for row in table.rows]
    assert found[:5] == [
        ("p2", "lsp", "9"),
        ("p2", "lsp", "17"),
        ("p2", "tunnel", "9"),
        ("p2", "tunnel", "17"),
        ("p2", "vrf-out", "9"),
    ]
    assert [node for node, _, _ in found] == ["p2"] * 10 + ["p10"] * 10
