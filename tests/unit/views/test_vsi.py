"""A VSI's table says what of it is not as usual."""

from __future__ import annotations

from dataclasses import replace

from mplsemu.control.compile import compile_program
from mplsemu.model.l2cp import L2cp
from mplsemu.model.mac_move import MacMove
from mplsemu.views.tables.vsi import vsi_tables
from mplsemu.views.text.show import draw_vsis
from tests.builders import MacAddresses, network, provider, vpls


def test_what_is_not_as_usual_is_told():
    lan = vpls("c", {"x": "a", "y": "b"}, macs=MacAddresses())
    for vpn, said in (
        (lan, "VSI c at a (vpls, MAC aging 300 s)"),
        (replace(lan, mac_limit=1), "VSI c at a (vpls, MAC aging 300 s, at most 1 MAC address)"),
        (
            replace(lan, mac_limit=9, control_word=True),
            "VSI c at a (vpls, MAC aging 300 s, at most 9 MAC addresses, control word)",
        ),
        (
            replace(lan, l2cp=L2cp.TUNNEL, floods_unknown=False),
            "VSI c at a (vpls, MAC aging 300 s, l2cp: tunnel, unknown_unicast: drop)",
        ),
        (
            replace(lan, igmp_snooping=True),
            "VSI c at a (vpls, MAC aging 300 s, igmp_snooping: true)",
        ),
        (
            replace(lan, storm_control_bps=1_500_000, mac_move=MacMove.ALARM),
            "VSI c at a (vpls, MAC aging 300 s, storm_control: 1.5 Mbit/s, mac_move: alarm)",
        ),
    ):
        program = compile_program(network(provider(("a-b",)), vpn))
        assert draw_vsis("a", vsi_tables(program.node("a")))[0].plain == said
