"""What a running lab's switches have learned is in the picture, and only what is the customer's."""

from __future__ import annotations

from mplsemu.views.customer import customer_view
from mplsemu.views.learned_macs import with_macs
from mplsemu.views.provider import provider_view
from mplsemu.views.tables.macs import MacRow
from mplsemu.views.text.view import draw_view
from tests.view_labs import north


def row(node, vsi, mac, circuit=None, peer=None):
    return MacRow(node, vsi, mac, circuit, peer)


MACS = [
    row("pe-kbh", "gamma", "02:00:00:00:00:09", circuit="gamma/ribe"),
    row("pe-kbh", "gamma", "02:00:00:00:00:03", circuit="gamma/ribe"),
    row("pe-sth", "gamma", "02:00:00:00:00:03", peer="pe-kbh"),
    row("pe-kbh", "delta", "02:00:00:00:00:aa", circuit="delta/west"),
]


def test_addresses_are_at_the_site_on_whose_line_they_were_learned():
    view = with_macs(customer_view(north(), "gamma"), MACS)
    learned = {site.name: site.macs for site in view.sites}
    assert learned == {
        "malmo": (),
        "bergen": (),
        "ribe": ("02:00:00:00:00:03", "02:00:00:00:00:09"),
    }
    assert "02:00:00:00:00:09" in "\n".join(line.plain for line in draw_view(view))


def test_what_learns_nothing_stays_as_it_is():
    for view in (customer_view(north(), "alfa"), provider_view(north())):
        assert with_macs(view, MACS) is view
