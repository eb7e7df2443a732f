"""Tokens: made once, kept in a file for root alone, told to nobody by accident."""

import os
import stat
import threading

import pytest

from mplsemu.errors import EmulationError
from mplsemu.report.web_links import web_links_object
from mplsemu.web.access import FILE, Access, Customer, Provider

CUSTOMERS = ("Customer A", "Customer B")


def test_every_token_is_somebodys_and_no_other_is_anybodys():
    access = Access.new(CUSTOMERS)
    assert access.identify(access.provider) == Provider()
    for name in CUSTOMERS:
        assert access.identify(access.customers[name]) == Customer(name)
    for nobody in ("", " ", "x", access.provider[:-1], access.provider + "A", "\udcff", "é"):
        assert access.identify(nobody) is None


def test_tokens_are_long_and_differ():
    made = [Access.new(CUSTOMERS) for _ in range(50)]
    tokens = [token for each in made for token in (each.provider, *each.customers.values())]
    assert len(set(tokens)) == len(tokens)
    assert min(map(len, tokens)) >= 43  # 256 bits in base 64


def test_tokens_stay_the_same_for_as_long_as_the_lab_runs(tmp_path):
    first = Access.of_lab(tmp_path, CUSTOMERS)
    assert Access.of_lab(tmp_path, CUSTOMERS) == first
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_only_the_owner_may_read_the_file_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        Access.of_lab(tmp_path, CUSTOMERS)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_those_who_come_at_the_same_time_get_the_same_tokens(tmp_path):
    together, found = threading.Barrier(8), []

    def come():
        together.wait()
        found.append(Access.of_lab(tmp_path, CUSTOMERS))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.provider for each in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_no_token_is_in_what_python_prints_of_it():
    access = Access.new(CUSTOMERS)
    printed = repr(access) + str(access)
    for token in (access.provider, *access.customers.values()):
        assert token not in printed


@pytest.mark.parametrize("text", ["", "{", "[]", '{"provider": "x"}', '{"customers": 3}'])
def test_a_damaged_file_is_named_with_a_remedy_and_without_its_content(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(EmulationError, match=r"web\.json is damaged; remove it"):
        Access.of_lab(tmp_path, CUSTOMERS)


def test_a_token_stands_behind_the_hash_of_a_link():
    access = Access.new(CUSTOMERS)
    links = access.links("http://127.0.0.1:8080")
    assert links.provider == f"http://127.0.0.1:8080/#token={access.provider}"
    assert web_links_object(links.provider, links.customers) == {
        "provider": links.provider,
        "customers": {
            name: f"http://127.0.0.1:8080/#token={access.customers[name]}" for name in CUSTOMERS
        },
    }
