"""Every kind of VPN has what it needs: a kind that is forgotten somewhere shows here at once."""

from __future__ import annotations

import typing

import pytest

from mplsemu.control import services
from mplsemu.control.labels import PseudowireKey, VrfKey, allocation_order
from mplsemu.control.services import SERVICE_COMPILERS, Services
from mplsemu.lab.schema import AnyVpn
from mplsemu.model.network import Vpn
from mplsemu.model.vpn import VpnKind
from tests.builders import nordic


def test_every_kind_of_vpn_has_a_class_of_the_model():
    assert [vpn.kind for vpn in typing.get_args(Vpn)] == list(VpnKind)


def test_every_kind_of_vpn_has_one_service_compiler():
    assert [compiler.kind for compiler in SERVICE_COMPILERS] == list(VpnKind)


def test_every_kind_of_vpn_can_be_written_in_a_lab_file():
    (union, _) = typing.get_args(AnyVpn)
    types = [raw.model_fields["type"].annotation for raw in typing.get_args(union)]
    assert [typing.get_args(literal) for literal in types] == [(kind.value,) for kind in VpnKind]


def test_a_kind_without_a_compiler_is_not_left_out_in_silence(monkeypatch):
    monkeypatch.setattr(services, "SERVICE_COMPILERS", SERVICE_COMPILERS[:1])
    with pytest.raises(KeyError, match="vpls"):
        Services(nordic())


def test_services_come_in_the_lab_files_order_those_of_one_vpn_by_pe():
    network = nordic()
    found = list(Services(network))
    assert list(dict.fromkeys(service.vpn for service in found)) == [
        vpn.name for vpn in network.vpns
    ]
    assert [service.pe for service in found if service.vpn == "a"] == ["dk", "no", "se"]


def test_vrfs_take_labels_before_pseudowires_and_each_by_name():
    keys = [PseudowireKey("a", "p"), VrfKey("z", 4), VrfKey("b", 6), VrfKey("b", 4)]
    assert sorted(keys, key=allocation_order) == [
        VrfKey("b", 4),
        VrfKey("b", 6),
        VrfKey("z", 4),
        PseudowireKey("a", "p"),
    ]
