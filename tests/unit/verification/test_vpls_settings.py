"""What a lab says of reserved and of unknown addresses is proved, or refuted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.l2cp import L2cp
from mplsemu.model.network import Network
from mplsemu.program.packet import Packet
from mplsemu.program.path import Delivered
from mplsemu.program.walk import walk
from mplsemu.verification.matrix import verify
from tests.builders import MacAddresses, network, provider, vpls, vpws
from tests.programs import with_node

STRANGER = "02:99:99:99:99:99"


def lab(**settings: object) -> Network:
    macs = MacAddresses()
    lan = vpls("lan", {"a": "x", "b": "x", "c": "y"}, macs=macs)
    wire = vpws("wire", {"a": "x", "b": "y"}, macs=macs)
    of_wire = {"l2cp": settings["l2cp"]} if "l2cp" in settings else {}
    return network(provider(("x-y",)), replace(lan, **settings), replace(wire, **of_wire))


@pytest.mark.parametrize(
    "settings", [{"l2cp": L2cp.TUNNEL}, {"l2cp": L2cp.DROP}, {"floods_unknown": False}]
)
def test_a_vsi_that_does_not_what_its_vpn_says_is_refuted_by_its_setting_and_by_a_frame(settings):
    wanted = lab(**settings)
    assert verify(compile_program(wanted), wanted).holds
    plain = compile_program(lab())
    found = verify(plain, wanted).violations
    assert {each.packet is None for each in found} == {True, False}
    assert {each.circuit for each in found if each.packet} >= {"lan/a", "lan/b", "lan/c"}


@pytest.mark.parametrize(("field", "value"), [("l2cp", L2cp.DROP), ("floods_unknown", False)])
def test_one_vsi_that_differs_from_the_others_is_found(field, value):
    wanted = lab(l2cp=L2cp.TUNNEL)
    program = compile_program(wanted)
    y = program.node("y")
    vsis = tuple(replace(vsi, **{field: value}) if vsi.name == "lan" else vsi for vsi in y.vsis)
    found = verify(with_node(program, replace(y, vsis=vsis)), wanted).violations
    assert {each.circuit for each in found if each.packet is not None} >= {"lan/c"}


@pytest.mark.parametrize(
    ("l2cp", "circuit", "reaching"),
    [
        (L2cp.STANDARD, "lan/a", {0, 11, 12, 13, 15}),
        (L2cp.STANDARD, "wire/a", {0, *range(2, 16)}),
        *((L2cp.TUNNEL, each, {0, *range(2, 16)}) for each in ("lan/a", "wire/a")),
        *((L2cp.DROP, each, set()) for each in ("lan/a", "wire/a")),
    ],
)
def test_reserved_addresses_pass_as_the_vpn_says(l2cp, circuit, reaching):
    program = compile_program(lab(l2cp=l2cp))
    ends = {
        last: walk(program, circuit, Packet(STRANGER, f"01:80:c2:00:00:{last:02x}")).ends
        for last in range(17)
    }
    found = {last for last, each in ends.items() if isinstance(each[0], Delivered)}
    assert found == {*reaching, 16}


def test_unknown_addresses_are_flooded_unless_the_vpls_drops_them():
    reached = {}
    for floods in (True, False):
        program = compile_program(lab(floods_unknown=floods))
        for learned in (True, False):
            ends = walk(program, "lan/a", Packet(STRANGER, STRANGER), learned=learned).ends
            reached[floods, learned] = len([end for end in ends if isinstance(end, Delivered)])
        host = lab().vpns[0].sites[2].hosts[0].mac
        assert walk(program, "lan/a", Packet(STRANGER, host)).ends[0].circuit == "lan/c"
    assert reached == {(True, True): 2, (True, False): 2, (False, True): 0, (False, False): 0}
