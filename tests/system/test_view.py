"""Pictures of a running lab: what is installed now, and what the switches have learned."""

from __future__ import annotations

import json

import pytest

from tests.system.running import mplsemu

pytestmark = pytest.mark.system


def sites(*words):
    """Return the learned addresses of a VPN's sites, as its picture is drawn from them."""
    done = mplsemu("view", *words, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    view = json.loads(done.stdout)
    return {site["name"]: site["macs"] for island in view["islands"] for site in island}


def test_a_customer_sees_the_addresses_that_his_own_sites_have_shown(nordic):
    assert nordic.reaches("c/odense/h1", "c/malmo/h1")
    mac = {name: nordic.session.host(f"c/{name}/h1").mac for name in ("odense", "malmo")}
    found = sites("nordic", "--vpn", "c")
    assert mac["odense"] in found["odense"]
    assert mac["malmo"] in found["malmo"]
    assert mac["odense"] not in found["malmo"]
    picture = mplsemu("view", "nordic", "--vpn", "c", "--format", "svg")
    assert mac["odense"] in picture.stdout


def test_a_lab_file_has_learned_nothing(nordic):
    assert set(map(tuple, sites("topologies/nordic.yaml", "--vpn", "c").values())) == {()}


def test_a_link_that_is_cut_is_down_in_the_picture_of_the_running_lab(nordic):
    nordic.link("dk", "p1").down()
    try:
        nordic.session.controller.wait_until(lambda status: status["in_sync"], 20.0, "sync")
        picture = mplsemu(
            "view", "nordic", "--trace", "a/aarhus/h1", "a/oslo/h1", "--format", "svg"
        )
        assert 'class="line link down" data-line="dk-p1"' in picture.stdout
        assert 'data-a="dk" data-b="p2" data-way="0"' in picture.stdout
    finally:
        nordic.link("dk", "p1").up()
        nordic.session.controller.wait_until(lambda status: status["in_sync"], 20.0, "sync")
