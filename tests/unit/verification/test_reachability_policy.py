from dataclasses import replace

import pytest

from mplsemu.model.network import HostRef
from mplsemu.verification.reachability_policy import Expect, expectations
from tests.builders import MacAddresses, l3vpn, network, nordic, provider
from tests.networks import extranet


def between(lab, source, target):
    return [
        each
        for each in expectations(lab)
        if (str(each.source), str(each.target)) == (source, target)
    ]


def test_every_ordered_pair_is_there_once_for_each_common_ip_version():
    found = expectations(nordic())
    hosts = 16
    assert len({(each.source, each.target) for each in found}) == hosts * (hosts - 1)
    versions = [each.family for each in between(nordic(), "a/oslo/h1", "a/malmo/h1")]
    assert versions == [4, 6]
    assert [each.family for each in between(nordic(), "a/aarhus/h1", "a/malmo/h1")] == [4]


def test_within_a_vpn_all_reach_and_are_answered():
    (found,) = between(nordic(), "a/aarhus/h1", "a/stockholm/h2")
    assert (found.expect, found.two_way, found.answered) == (Expect.REACH, True, True)
    assert found.answered_by == HostRef("a", "stockholm", "h2")


def test_the_own_host_with_the_same_address_answers_instead_of_the_other_vpns():
    (found,) = between(nordic(), "b/aarhus/h1", "a/oslo/h1")
    assert found.expect is Expect.ISOLATE
    assert found.answered_by == HostRef("b", "oslo", "h1")
    assert found.answered
    (own,) = between(nordic(), "a/aarhus/h1", "b/aarhus/h1")
    assert own.answered_by == own.source


def test_where_nobody_has_the_address_nobody_answers():
    (found,) = between(nordic(), "b/aarhus/h1", "a/stockholm/h1")
    assert (found.answered_by, found.answered) == (None, False)


def test_a_gateway_with_the_address_answers_though_no_host_gets_it():
    macs = MacAddresses()
    own = l3vpn("v", {"s": ("x", "10.1.0.0/24")}, number=1, macs=macs)
    other = l3vpn("w", {"t": ("y", "10.1.0.0/24")}, number=2, macs=macs)
    lab = network(provider(("x-y",)), own, with_address(other, own.sites[0].gateways[0]))
    (found,) = between(lab, "v/s/h1", "w/t/h1")
    assert (found.expect, found.answered_by, found.answered) == (Expect.ISOLATE, None, True)


def with_address(vpn, address):
    (site,) = vpn.sites
    (host,) = site.hosts
    return replace(vpn, sites=(replace(site, hosts=(replace(host, addresses=(address,)),)),))


@pytest.mark.parametrize(
    ("shared_imports", "two_way", "back"),
    [((2,), False, Expect.ISOLATE), ((1, 2), True, Expect.REACH)],
)
def test_an_import_reaches_and_is_two_way_only_if_both_import(shared_imports, two_way, back):
    lab = extranet(shared_imports=shared_imports)
    (there,) = between(lab, "user/s/h1", "shared/t/h1")
    assert (there.expect, there.two_way, there.answered) == (Expect.REACH, two_way, two_way)
    (reverse,) = between(lab, "shared/t/h1", "user/s/h1")
    assert reverse.expect is back


def test_a_vpn_that_does_not_import_its_own_routes_reaches_only_at_the_same_pe():
    macs = MacAddresses()
    sites = {"s": ("x", "10.1.0.0/24"), "t": ("x", "10.2.0.0/24"), "u": ("y", "10.3.0.0/24")}
    lab = network(provider(("x-y",)), l3vpn("v", sites, number=1, imports=(9,), macs=macs))
    assert between(lab, "v/s/h1", "v/t/h1")[0].expect is Expect.REACH
    assert between(lab, "v/s/h1", "v/u/h1")[0].expect is Expect.ISOLATE
