"""A VSI's table says what of it is not as usual."""

from __future__ import annotations

from dataclasses import replace

from mplsemu.control.compile import compile_program
from mplsemu.views.tables.vsi import vsi_tables
from mplsemu.views.text.show import draw_vsis
from tests.builders import MacAddresses, network, provider, vpls


def test_a_control_word_and_a_mac_limit_are_told_where_there_are_any():
    lan = vpls("c", {"x": "a", "y": "b"}, macs=MacAddresses())
    for vpn, said in (
        (lan, "VSI c at a (vpls, MAC aging 300 s)"),
        (replace(lan, mac_limit=1), "VSI c at a (vpls, MAC aging 300 s, at most 1 MAC address)"),
        (
            replace(lan, mac_limit=9, control_word=True),
            "VSI c at a (vpls, MAC aging 300 s, at most 9 MAC addresses, control word)",
        ),
    ):
        program = compile_program(network(provider(("a-b",)), vpn))
        assert draw_vsis("a", vsi_tables(program.node("a")))[0].plain == said
