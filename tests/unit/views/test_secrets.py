"""Not a byte of the provider's or another customer's is in any format of a customer's picture.

Every name, address and number of the lab is one that no picture would have in it by chance.
"""

from __future__ import annotations

import zlib
from functools import cache

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.drawing.palette import Theme
from mplsemu.export.formats import RENDERERS, RenderOptions
from mplsemu.lab.loader import loads
from mplsemu.program.program import Program
from mplsemu.views.customer import customer_view
from mplsemu.views.learned_macs import with_macs
from mplsemu.views.pictures import draw_svg
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.tables.macs import MacRow
from tests.unit.views.provider_names import providers
from tests.unit.views.token_labs import EVERY_LAB, token_lab


def token(name: str) -> str:
    """A word that stands for a name, and for nothing else."""
    return f"q{zlib.crc32(name.encode()):08x}"


T = {
    name: token(name)
    for name in (
        "lab", "pe1", "pe2", "pe3", "core1", "core2",
        *(f"{vpn}{part}" for vpn in "abcde" for part in ("", "-owner", "-1", "-2", "-3")),
    )
}  # fmt: skip

LAB = """\
name: {lab}
provider:
  labels: 870000-870999
  nodes:
    {pe1}: {{role: pe}}
    {pe2}: {{role: pe}}
    {pe3}: {{role: pe}}
    {core1}:
    {core2}:
  links: [{pe1}-{core1}, {pe2}-{core1}, {core1}-{core2}, {pe3}-{core2}, {pe1}-{core2}]
vpns:
  {a}:
    type: l3vpn
    customer: {a-owner}
    rd: "64871:871"
    import: ["64871:871", "64871:875"]
    export: ["64871:871"]
    sites:
      {a-1}: {{pe: {pe1}, subnet: [10.171.1.0/24, "2001:db8:a171::/64"], hosts: 2}}
      {a-2}: {{pe: {pe2}, subnet: 10.171.2.0/24}}
      {a-3}: {{pe: {pe3}, subnet: 10.171.3.0/24, ce: router}}
  {b}:
    type: l3vpn
    customer: {b-owner}
    rd: "64871:872"
    import: ["64871:872"]
    export: ["64871:872"]
    sites:
      {b-1}: {{pe: {pe1}, subnet: 10.172.1.0/24}}
      {b-2}: {{pe: {pe3}, subnet: 10.172.2.0/24}}
  {c}:
    type: vpls
    customer: {c-owner}
    subnet: 10.173.0.0/24
    sites: {{{c-1}: {{pe: {pe2}}}, {c-2}: {{pe: {pe3}}}, {c-3}: {{pe: {pe1}, hosts: 2}}}}
  {d}:
    type: vpws
    customer: {d-owner}
    subnet: 10.174.0.0/24
    sites: {{{d-1}: {{pe: {pe1}}}, {d-2}: {{pe: {pe3}}}}}
  {e}:
    type: l3vpn
    customer: {e-owner}
    rd: "64871:875"
    import: ["64871:875", "64871:871"]
    export: ["64871:875"]
    sites: {{{e-1}: {{pe: {pe2}, subnet: 10.175.1.0/24}}}}
"""

DOWN = {
    "all is well": (),
    "the core is split": (f"{T['core1']}-{T['core2']}", f"{T['pe1']}-{T['core2']}"),
    "lines are down": (f"{T['a']}/{T['a-3']}", f"{T['c']}/{T['c-3']}", f"{T['d']}/{T['d-1']}"),
}


@cache
def lab(*down: str) -> Program:
    return compile_program(loads(LAB.format(**T), "tokens.yaml").network, down=frozenset(down))


def customers(program: Program, vpn: str) -> set[str]:
    """Every name and address of one customer's."""
    (info,) = (info for info in program.vpns if info.name == vpn)
    found = {info.name, info.customer}
    for circuit in (c for node in program.nodes for c in node.circuits if c.vpn == vpn):
        found |= {circuit.site, *(host.mac for host in circuit.hosts)}
        interfaces = [i for host in circuit.hosts for i in host.addresses]
        found |= {str(part) for i in interfaces for part in (i.ip, i.network)}
    return found


def secrets(program: Program, vpn: str) -> set[str]:
    """What must not be in a customer's picture: all but his own, and what an import gives him."""
    others = {
        word for info in program.vpns if info.name != vpn for word in customers(program, info.name)
    }
    given = {
        str(route.prefix)
        for node in program.nodes
        for vrf in node.vrfs
        if vrf.name == vpn
        for route in vrf.routes
    }
    return (providers(program) | others) - given - customers(program, vpn)


def found_in(content: str | bytes, words: set[str]) -> set[str]:
    whole = content.encode() if isinstance(content, str) else content
    return {word for word in words if word.lower().encode() in whole.lower()}


def macs(program: Program) -> list[MacRow]:
    """As if every switch had learned every host on its lines."""
    return [
        MacRow(node.name, circuit.vpn, host.mac, circuit.name, None)
        for node in program.nodes
        for circuit in node.circuits
        for host in circuit.hosts
    ]


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("down", DOWN)
@pytest.mark.parametrize("vpn", "abcde")
def test_nothing_of_others_is_in_a_customers_file(vpn, down, form):
    program = lab(*DOWN[down])
    view = with_macs(customer_view(program, T[vpn]), macs(program))
    content = RENDERERS[form]([view], RenderOptions(Theme.DARK if vpn == "b" else Theme.AUTO))
    assert found_in(content, secrets(program, T[vpn])) == set()


@pytest.mark.parametrize("down", DOWN)
@pytest.mark.parametrize("vpn", "abcde")
def test_nothing_of_others_is_in_what_a_page_gets(vpn, down):
    program = lab(*DOWN[down])
    view = with_macs(customer_view(program, T[vpn]), macs(program))
    content = draw_svg(scene_of(view), interactive=True)
    assert found_in(content, secrets(program, T[vpn])) == set()


@pytest.mark.parametrize("form", [name for name in RENDERERS if name != "png"])
@pytest.mark.parametrize("down", [0, 2])
@pytest.mark.parametrize("name", EVERY_LAB)
def test_nothing_of_others_is_in_a_customers_file_of_any_lab(name, down, form):
    found = token_lab(name, down=down)
    for vpn in found.vpns:
        view = with_macs(found.view(vpn), macs(found.program))
        assert found_in(RENDERERS[form]([view]), found.secrets(vpn)) == set()


@pytest.mark.parametrize("form", [name for name in RENDERERS if RENDERERS[name].is_text])
@pytest.mark.parametrize("vpn", "abcde")
def test_the_search_finds_what_is_there(vpn, form):
    """A customer's own names are in his picture, so those of others would be found too."""
    own = customers(lab(), T[vpn])
    content = RENDERERS[form]([customer_view(lab(), T[vpn])])
    names = {word for word in own if word.startswith("q")}
    assert found_in(content, names) == names
    assert found_in(content, own) > names
    both = RENDERERS[form]([customer_view(lab(), T[vpn]), provider_view(lab())])
    assert found_in(both, secrets(lab(), T[vpn])) >= {T["pe1"], T["core1"], T["lab"]}


def test_the_words_that_are_looked_for_are_many_and_telling():
    words = secrets(lab(), T["a"])
    assert {T["pe1"], T["core2"], T["b-owner"], "870001", "64871:872", "10.172.1.2"} <= words
    assert all(len(word) >= 6 for word in words)
