"""Not a word of the provider's or of another customer's is in anything that a customer gets."""

from __future__ import annotations

import json

import pytest

from mplsemu.export.dot import draw_dot
from mplsemu.export.mermaid import draw_mermaid
from mplsemu.report.value import json_value
from mplsemu.report.view import view_object
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.text.view import draw_view
from tests.unit.views.token_labs import EVERY_LAB, FIRST_LABEL, LABS, leaked, strings, token_lab

FORMS = {
    "scene": lambda view: "\n".join(strings(scene_of(view))),
    "scene as data": lambda view: json.dumps(json_value(scene_of(view)), ensure_ascii=False),
    "dot": lambda view: draw_dot([view]),
    "mermaid": lambda view: draw_mermaid([view]),
    "json": lambda view: json.dumps(view_object(view), ensure_ascii=False),
    "text": lambda view: "\n".join(line.plain for line in draw_view(view)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("down", [0, 4])
@pytest.mark.parametrize("name", EVERY_LAB)
def test_nothing_of_others_is_in_what_a_customer_gets(name, down, form):
    lab = token_lab(name, down=down)
    for vpn in lab.vpns:
        text = FORMS[form](lab.view(vpn))
        assert leaked(text, lab.secrets(vpn)) == set(), (vpn, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EVERY_LAB)
def test_his_own_names_are_in_it(name, form):
    lab = token_lab(name)
    for vpn in lab.vpns:
        view = lab.view(vpn)
        text = FORMS[form](view)
        assert vpn in text
        assert view.customer in text
        names = {site.name for site in view.sites}
        assert len(names) > 40 or all(site in text for site in names)


@pytest.mark.parametrize("name", EVERY_LAB)
def test_the_search_finds_what_the_provider_sees(name):
    lab = token_lab(name)
    view = provider_view(lab.program)
    text = draw_dot([view]) + json.dumps(view_object(view))
    found = leaked(text, lab.secrets(lab.vpns[0]))
    assert {node.name for node in lab.program.nodes} <= found
    assert {str(node.router_id) for node in lab.program.nodes} <= found
    assert {*lab.vpns[1:]} <= found


@pytest.mark.parametrize("name", EVERY_LAB)
def test_no_token_is_part_of_another(name):
    lab = token_lab(name)
    secrets = lab.secrets(lab.vpns[0])
    words = {word for word in secrets if word.startswith("ZZ") and word.isalpha()}
    assert len(words) > 5
    assert not any(a != b and a in b for a in words for b in words)
    assert any(word.isdecimal() and int(word) >= FIRST_LABEL for word in secrets)


def test_what_is_down_changes_pictures_of_every_lab():
    for name in LABS:
        whole, broken = token_lab(name), token_lab(name, down=4)
        assert any(
            list(strings(scene_of(whole.view(vpn)))) != list(strings(scene_of(broken.view(vpn))))
            for vpn in whole.vpns
        )
