from hypothesis import given
from hypothesis import strategies as st

from mplsemu.emulation.naming import (
    MAX_INTERFACE_NAME,
    InterfaceNames,
    NodeNames,
    host_node_name,
    is_interface_name,
)


def test_a_short_name_is_taken_as_it_is():
    assert InterfaceNames().claim("dk-eth1", "n1-eth1") == "dk-eth1"


def test_a_name_of_sixteen_bytes_gives_way_to_the_short_one():
    names = InterfaceNames()
    assert names.claim("a" * 10 + "-eth1", "n1-eth1") == "aaaaaaaaaa-eth1"
    assert names.claim("a" * 11 + "-eth1", "n2-eth1") == "n2-eth1"


def test_names_that_linux_uses_itself_are_never_handed_out():
    for reserved in ("lo", "all", "default", "ovs-netdev", "tunl0"):
        assert InterfaceNames().claim(reserved, "n1") == "n1"


def test_names_that_a_shell_or_tool_would_misread_are_not_interface_names():
    for name in ("", "-x", "1", "a b", "a/b", "a:b", "å", "a%d", "$x", "a;b"):
        assert not is_interface_name(name), name


def test_a_router_with_the_short_name_of_another_does_not_clash_with_it():
    names = InterfaceNames()
    assert names.claim("n2", "n1") == "n2"
    second = names.claim("a-very-long-router-name", "n2")
    assert second != "n2"
    assert is_interface_name(second)


@given(st.lists(st.text(min_size=1, max_size=20), max_size=40))
def test_interface_names_are_valid_and_unique_for_any_names(wanted):
    names = InterfaceNames()
    given_out = [names.claim(name, f"n{i % 3}-eth1") for i, name in enumerate(wanted)]
    assert len(set(given_out)) == len(given_out)
    assert all(is_interface_name(name) for name in given_out)
    assert all(len(name.encode()) <= MAX_INTERFACE_NAME for name in given_out)


def test_hosts_whose_names_run_together_get_different_node_names():
    names = NodeNames(taken=["x-y-h1"])
    assert names.claim(host_node_name("a-b", "c", "h1")) == "a-b-c-h1"
    assert names.claim(host_node_name("a", "b-c", "h1")) == "a-b-c-h1.2"
    assert names.claim(host_node_name("x", "y", "h1")) == "x-y-h1.2"
