"""Static routes, a backup, anycast: the lab internet on the real network."""

import pytest

from tests.system.running import mplsemu
from tests.waiting import eventually

pytestmark = pytest.mark.system

OFFICE = "acme/office/h1"
FLOWS = 40
LEAST = 5
"""Of so many flows each of two PEs gets at least so many, but in one of 10^6 runs."""


@pytest.fixture
def internet(running):
    return running("internet")


def answers(lab, target, count=2):
    said = lab.cmd(OFFICE, ["ping", "-n", f"-c{count}", "-i", "0.2", "-W2", target])
    return " 0% packet loss" in said


def received(lab, host):
    """Return how many UDP datagrams a host took, whether anybody listens or not."""
    names, counts = (
        line.split()
        for line in lab.cmd(host, ["cat", "/proc/net/snmp"]).splitlines()
        if line.startswith("Udp:")
    )
    return sum(int(counts[names.index(name)]) for name in ("InDatagrams", "NoPorts"))


@pytest.mark.parametrize(
    "target", ["198.51.100.80", "2001:db8:ffff::80", "10.50.0.1", "192.0.2.2", "203.0.113.34"]
)
def test_what_is_behind_a_host_and_what_several_sites_have_answers(internet, target):
    assert answers(internet, target)


def test_flows_are_shared_by_the_pes_that_have_the_prefix(internet):
    hosts = ("acme/dns-n/h1", "acme/dns-w/h1")
    before = [received(internet, host) for host in hosts]
    send = f"for i in $(seq {FLOWS}); do echo x > /dev/udp/192.0.2.2/9; done"
    internet.cmd(OFFICE, ["bash", "-c", send])

    def counts():
        return [received(internet, host) - was for host, was in zip(hosts, before, strict=True)]

    eventually(lambda: sum(counts()) == FLOWS, "all datagrams have arrived")
    assert min(counts()) >= LEAST, counts()


def test_a_backup_takes_over_while_the_primarys_line_is_down(internet):
    assert answers(internet, "192.0.2.34")
    vault = received(internet, "acme/vault/h1")
    assert mplsemu("link", "--lab", "internet", "acme/archive", "down").returncode == 0
    try:
        eventually(lambda: answers(internet, "192.0.2.34", count=1), "the backup answers")
        internet.cmd(OFFICE, ["bash", "-c", "echo x > /dev/udp/192.0.2.34/9"])
        eventually(lambda: received(internet, "acme/vault/h1") == vault + 1, "it is the vault")
    finally:
        assert mplsemu("link", "--lab", "internet", "acme/archive", "up").returncode == 0
    eventually(lambda: answers(internet, "192.0.2.34", count=1), "the primary answers again")


def test_private_addresses_leave_by_nat_and_its_rules_say_so(internet):
    branch = "acme/branch/h1"
    for target in ("198.51.100.80", "203.0.113.2"):
        said = internet.cmd(branch, ["ping", "-n", "-c2", "-i", "0.2", "-W2", target])
        assert " 0% packet loss" in said
    known = internet.cmd("acme/exit-s/isp", ["ip", "neigh"])
    assert "203.0.113.73" in known
    assert internet.trace(branch, "198.51.100.80").hops[-1].node == "acme/exit-s/ce"
    assert internet.follow(branch, "198.51.100.80")
    assert " 100% packet loss" in internet.cmd(
        "acme/exit-s/isp", ["ping", "-n", "-c1", "-W1", "10.20.0.2"]
    )
    assert "masquerade" in internet.cmd("acme/exit-s/ce", ["nft", "list", "ruleset"])
