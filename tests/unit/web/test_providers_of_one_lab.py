"""Several providers: each one's token shows his own network, and nothing of another's inside."""

import json
from types import SimpleNamespace

import pytest

from mplsemu.cli.booting import greet
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load, loads
from mplsemu.running.record import LabRecord
from mplsemu.web.access import WHOLE, Access, Customer, Provider
from mplsemu.web.feed import Feed
from mplsemu.web.http_error import NOT_FOUND_TEXT
from mplsemu.web.provider_source import ProviderSource
from mplsemu.web.schema import TableName
from tests.fakeweb import FakeLab
from tests.places import TOPOLOGIES

from .providers import SECRETS, leaks, text_of, with_local
from .weblab import Web, fake_lab

TABLES = TableName.__args__


@pytest.fixture(params=["inter-as-a", "inter-as-b"])
def web(request):
    return Web(with_local(request.param))


def good(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def all_answers(web, provider):
    """Everything that a provider can be told, by what he asked."""
    token = web.one_provider(provider)
    session = good(web.get("/api/session", token))
    paths = ["/api/session", "/api/pictures/provider?theme=light"]
    paths += [f"/api/pictures/provider?theme=light&vpn={vpn['name']}" for vpn in session["vpns"]]
    paths += [f"/api/pictures/vpns/{v['name']}" for v in session["vpns"] if v["has_picture"]]
    paths += [f"/api/tables/{table}" for table in TABLES]
    paths += [
        f"/api/tables/{table}?node={node['name']}"
        for table in TABLES
        for node in session["nodes"]
        if node["provider"] is None
    ]
    found = {path: good(web.get(path, token)) for path in paths}
    for source in session["hosts"]:
        for target in (*session["hosts"], "10.1.0.2", "10.2.0.2", "10.3.0.2", "192.0.2.1"):
            vpn = source.partition("/")[0]
            if "/" not in target or target.startswith(f"{vpn}/"):
                body = {"src": source, "dst": target}
                answer = web.post("/api/trace", token, body)
                found[f"trace {source} {target}"] = answer.json()
    return found


# --- who he is -------------------------------------------------------------------------------


def test_each_provider_has_a_token_of_his_own():
    access = Access.new(["red"], ["north", "south"])
    assert access.identify(access.provider) == WHOLE == Provider()
    for name in ("north", "south"):
        assert access.identify(access.providers[name]) == Provider(name)
    assert access.identify(access.customers["red"]) == Customer("red")
    assert len({access.provider, *access.providers.values(), *access.customers.values()}) == 4
    links = access.links("http://127.0.0.1:8080").by_reader()
    assert [who for who, _ in links] == ["provider", "provider north", "provider south", "red"]


def test_the_tokens_are_kept_with_the_lab(tmp_path):
    made = Access.of_lab(tmp_path, ["red"], ["north", "south"])
    assert Access.of_lab(tmp_path, ["red"], ["north", "south"]) == made
    assert made.providers.keys() == {"north", "south"}
    (tmp_path / "one").mkdir()
    assert Access.of_lab(tmp_path / "one", ["red"]).providers == {}
    assert "providers" not in (tmp_path / "one" / "web.json").read_text()


def test_up_prints_the_link_of_each(tmp_path):
    loaded = load(TOPOLOGIES / "inter-as-a.yaml")
    record = LabRecord("x", 4711, "ebpf", "kernel", "/x.yaml", 2.1, web="http://127.0.0.1:8080")
    lab = SimpleNamespace(
        record=record,
        loaded=loaded,
        program=compile_program(loaded.network),
        directory=SimpleNamespace(path=tmp_path),
    )
    _, *lines = greet(lab)
    heads = [line.partition("http")[0].strip() for line in lines]
    assert heads == ["live page:", "provider", "provider north", "provider south", "red", "blue"]
    tokens = json.loads((tmp_path / "web.json").read_text())["providers"]
    assert lines[2].endswith(f"#token={tokens['north']}")


def test_a_lab_with_one_provider_has_no_others():
    lab = fake_lab()
    assert lab.facts.parts == {}
    assert Web(lab).access.providers == {}
    assert Feed(lab).of_providers == {}


# --- what he sees ----------------------------------------------------------------------------


def test_his_session_has_his_network_and_the_far_ends_of_its_borders(web):
    found = good(web.get("/api/session", web.one_provider("north")))
    assert found["provider"] == "north"
    assert [(node["name"], node["provider"]) for node in found["nodes"]] == [
        ("n-asbr1", None), ("n-asbr2", None), ("n-core", None), ("n-pe", None),
        ("s-asbr1", "south"), ("s-asbr2", "south"),
    ]  # fmt: skip
    assert [link["name"] for link in found["links"]] == [
        "n-asbr1-s-asbr1", "n-asbr2-s-asbr2", "n-core-n-asbr1", "n-core-n-asbr2", "n-pe-n-core",
    ]  # fmt: skip
    assert [(vpn["name"], vpn["sites"], vpn["has_picture"]) for vpn in found["vpns"]] == [
        ("red", ["oslo"], False),
        ("blue", ["oslo"], False),
    ]
    assert found["hosts"] == ["red/oslo/h1", "blue/oslo/h1"]


def test_a_border_has_no_metric_and_every_other_link_has_one(web):
    for token in (web.provider, web.one_provider("north")):
        links = good(web.get("/api/session", token))["links"]
        without = {link["name"] for link in links if link["metric"] is None}
        assert without == {"n-asbr1-s-asbr1", "n-asbr2-s-asbr2"}


def test_the_whole_labs_token_shows_all_providers(web):
    found = good(web.get("/api/session", web.provider))
    assert found["provider"] is None
    assert {node["provider"] for node in found["nodes"]} == {"north", "south"}
    assert all(vpn["has_picture"] for vpn in found["vpns"])
    assert good(web.get("/api/pictures/vpns/red", web.provider))["svg"]


@pytest.mark.parametrize("provider", ["north", "south"])
def test_nothing_that_he_can_ask_tells_of_anothers_inside(web, provider):
    found = all_answers(web, provider)
    assert leaks(found, provider) == []
    other = {"north": "south", "south": "north"}[provider]
    assert leaks(found, other), "the words of his own network are there"
    assert all("error" not in each for each in found.values())


@pytest.mark.parametrize("lab", ["inter-as-a", "inter-as-b"])
def test_nothing_that_he_is_told_depends_on_anothers_names_and_delays(lab):
    text = text_of(lab)
    changed = text.replace("s-core", "s-corf").replace("s-pe", "s-pf").replace("rome", "roma")
    changed = changed.replace("  - s-corf-s-pf", "  - {ends: [s-corf, s-pf], delay: 3 ms}")
    assert "delay: 3 ms" in changed
    first, second = (Web(FakeLab(loads(each, lab).network)) for each in (text, changed))
    assert all_answers(first, "north") == all_answers(second, "north")
    assert all_answers(first, "south") != all_answers(second, "south")


def test_a_vpn_of_his_alone_has_its_customers_picture_and_another_provider_has_none(web):
    south, north = web.one_provider("south"), web.one_provider("north")
    his = good(web.get("/api/pictures/vpns/green", south))
    assert his == good(web.get("/api/pictures/vpns/green", web.provider))
    session = good(web.get("/api/session", south))
    assert [v["name"] for v in session["vpns"] if v["has_picture"]] == ["green"]
    for token, vpn in ((north, "green"), (north, "red"), (south, "red"), (south, "nowhere")):
        refused = web.get(f"/api/pictures/vpns/{vpn}", token)
        assert refused.status_code == 404
        assert "rome" not in refused.text
    one, none = (
        web.get(f"/api/pictures/vpns/{vpn}", north).json()["error"] for vpn in ("green", "grey")
    )
    assert one.replace("green", "grey") == none, "it is not told that there is such a VPN"
    assert web.get("/api/pictures/provider?vpn=green", north).status_code == 400


def test_a_trace_ends_where_the_next_providers_network_begins(web):
    body = {"src": "red/oslo/h1", "dst": "10.2.0.2"}
    found = good(web.post("/api/trace", web.one_provider("north"), body))
    assert [hop["node"] for hop in found["hops"]] == ["n-pe", "n-core", "n-asbr1", "s-asbr1"]
    assert found["end"] == "handed over to s-asbr1: what follows is in the network of south"
    assert (found["handed_over"], found["delivered"], found["answer"]) == (True, False, None)
    assert found["hops"][-1]["action"] == "is a router of south"
    whole = good(web.post("/api/trace", web.provider, body))
    assert whole["delivered"]
    assert "handed_over" not in whole
    assert whole["hops"][:3] == found["hops"][:3]


def test_a_trace_within_his_network_is_the_whole_labs(web):
    body = {"src": "green/left/h1", "dst": "green/right/h1"}
    found = good(web.post("/api/trace", web.one_provider("south"), body))
    assert found["delivered"]
    assert found == good(web.post("/api/trace", web.provider, body))


# --- what he may do --------------------------------------------------------------------------


def test_he_pings_from_his_hosts_alone_and_by_address_beyond_the_border(web):
    token = web.one_provider("north")
    ping = {"src": "red/oslo/h1", "dst": "10.2.0.2", "count": 1}
    assert good(web.post("/api/ping", token, ping))["received"] == 1
    for body in (
        {"src": "red/rome/h1", "dst": "red/oslo/h1"},
        {"src": "red/oslo/h1", "dst": "red/rome/h1"},
        {"src": "red/oslo/h1", "dst": "red/bari/h2"},
        {"src": "green/left/h1", "dst": "10.9.0.1"},
    ):
        for what in ("ping", "trace"):
            refused = web.post(f"/api/{what}", token, body)
            assert refused.status_code == 400, what
            told = refused.json()["error"]
            for word in SECRETS["north"]:  # but what he has written himself
                assert word not in told.replace(body["src"], "").replace(body["dst"], "")
    assert web.lab.asked["ping"] == 1


def test_he_cuts_his_links_and_borders_and_no_others(web):
    token = web.one_provider("north")
    for link in ("n-pe-n-core", "n-asbr1-s-asbr1", "red/oslo"):
        assert good(web.post("/api/links", token, {"link": link, "up": False}))["link"] == link
        good(web.post("/api/links", token, {"link": link, "up": True}))
    before = web.lab.asked["set_link"]
    for link in ("s-core-s-pe", "s-pe-eth1", "red/rome", "green/left"):
        refused = web.post("/api/links", token, {"link": link, "up": False})
        assert refused.status_code == 400
        assert "did you mean s-" not in refused.text
    assert web.lab.asked["set_link"] == before
    source = ProviderSource(web.lab, "north")
    with pytest.raises(ValueError, match="not the provider's"):
        source.set_link("red/rome", up=False)


def test_he_asks_his_own_routers_for_tables_alone(web):
    token = web.one_provider("north")
    for table in TABLES:
        assert web.get(f"/api/tables/{table}?node=n-pe", token).status_code == 200
        for node in ("s-pe", "s-asbr1"):
            assert web.get(f"/api/tables/{table}?node={node}", token).status_code == 400


def test_learned_addresses_and_counters_are_those_of_his_routers(web):
    mac = "02:00:00:00:00:08"
    web.lab.learned = [
        {"node": "s-pe", "vsi": "green", "mac": mac, "circuit": "green/left", "peer": None}
    ]
    web.lab.packets = [
        {"node": node, "kind": "lsp", "name": "17", "peer": None, "packets": 3, "octets": 300}
        for node in ("n-core", "s-core")
    ]
    north, south = web.one_provider("north"), web.one_provider("south")
    assert mac in web.get("/api/tables/macs", south).text
    assert mac not in web.get("/api/tables/macs", north).text
    assert "n-core" in web.get("/api/tables/counters", north).text
    assert "s-core" not in web.get("/api/tables/counters", north).text


def test_he_is_not_told_why_the_controller_refuses(web):
    web.lab.answers = False
    told = web.get("/api/pictures/provider", web.one_provider("north"))
    assert told.status_code == 409
    assert told.json()["error"] == "the network does not answer now; try again"
    assert "controller.sock" in web.get("/api/pictures/provider", web.provider).text


def test_a_customer_sees_his_whole_vpn_and_none_of_the_providers_answers(web):
    assert "rome" in good(web.get("/api/pictures/vpns/red", web.customer("red")))["svg"]
    for path in ("/api/pictures/provider", "/api/tables/lfib"):
        refused = web.get(path, web.customer("red"))
        assert (refused.status_code, refused.json()["error"]) == (404, NOT_FOUND_TEXT)
