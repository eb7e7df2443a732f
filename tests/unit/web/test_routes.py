"""Every route, as the provider and as a customer: what comes back, and what is refused."""

import json
import re

import pytest

from mplsemu.cli.main import main
from mplsemu.views.customer import customer_view
from mplsemu.web.feed import Feed
from mplsemu.web.http_error import NOT_FOUND_TEXT
from tests.places import TOPOLOGIES

from .weblab import Web, fake_lab

NORDIC = str(TOPOLOGIES / "nordic.yaml")


@pytest.fixture(scope="module")
def shared():
    """A server whose lab nobody changes."""
    return Web(fake_lab())


@pytest.fixture
def web():
    return Web(fake_lab())


def good(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer, status, words=""):
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    assert words in answer.json()["error"]
    return answer.json()["error"]


def printed(capsys, *words):
    main([*words, "--json"])
    return json.loads(capsys.readouterr().out)


# --- session -------------------------------------------------------------------------------


def test_the_providers_session_has_everything_there_is(shared):
    found = good(shared.get("/api/session", shared.provider))
    assert found["role"] == "provider"
    assert (found["lab"], found["dataplane"], found["datapath"]) == (
        "nordic",
        "openflow",
        "userspace",
    )
    assert found["vpns"][0] == {
        "name": "a",
        "kind": "l3vpn",
        "customer": "Customer A",
        "sites": ["aarhus", "oslo", "stockholm"],
        "has_picture": True,
    }
    assert sorted(found["hosts"])[:2] == ["a/aarhus/h1", "a/aarhus/h2"]
    assert len(found["hosts"]) == 10
    assert {"name": "dk", "role": "pe", "provider": None} in found["nodes"]
    assert {
        "name": "dk-p2",
        "ends": ["dk", "p2"],
        "bandwidth_bps": 1_000_000_000,
        "delay_ms": 0.0,
        "metric": 20,
        "loss_percent": 0.0,
        "jitter_ms": 0.0,
    } in found["links"]


def test_a_customers_session_has_his_vpns_and_no_more(shared):
    found = good(shared.get("/api/session", shared.customer("Customer A")))
    assert found == {
        "role": "customer",
        "customer": "Customer A",
        "vpns": [{"name": "a", "kind": "l3vpn"}],
    }


# --- pictures ------------------------------------------------------------------------------


def test_the_providers_picture_is_of_what_is_installed(web):
    before = good(web.get("/api/pictures/provider", web.provider))
    assert before["generation"] == 1
    assert 'data-line="dk-p1"' in before["svg"]
    assert re.search(r'class="line link down[^"]*" data-line="dk-p1"', before["svg"]) is None
    web.post("/api/links", web.provider, {"link": "dk-p1", "up": False})
    after = good(web.get("/api/pictures/provider", web.provider))
    assert after["generation"] == 2
    assert re.search(r'class="line link down[^"]*" data-line="dk-p1"', after["svg"])


def test_a_vpn_over_the_providers_picture_shows_its_lsps(shared):
    plain = good(shared.get("/api/pictures/provider", shared.provider))["svg"]
    overlaid = good(shared.get("/api/pictures/provider?vpn=a", shared.provider))["svg"]
    assert "data-way" not in plain
    assert 'data-way="0"' in overlaid


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_a_picture_comes_in_every_theme(shared, theme):
    pictures = {
        good(shared.get(f"/api/pictures/vpns/c?theme={each}", shared.provider))["svg"]
        for each in {theme, "light", "dark", "auto"}
    }
    assert len(pictures) == 3


def test_a_customer_and_the_provider_see_the_same_picture_of_a_vpn(shared):
    path = "/api/pictures/vpns/a"
    his = good(shared.get(path, shared.customer("Customer A")))
    assert his == good(shared.get(path, shared.provider))
    assert his.keys() == {"svg"}


def test_a_vpls_shows_the_addresses_it_has_learned(web):
    mac = "02:00:00:00:00:08"
    web.lab.learned = [
        {"node": "dk", "vsi": "c", "mac": mac, "circuit": "c/odense", "peer": None},
        {"node": "se", "vsi": "c", "mac": mac, "circuit": None, "peer": "dk"},
    ]
    assert good(web.get("/api/pictures/vpns/c", web.customer("Customer C")))["svg"]
    assert web.lab.asked["macs"] == 1
    web.get("/api/pictures/vpns/c", web.customer("Customer C"))
    assert web.lab.asked["macs"] == 1  # a page that asks often does not burden the switches


def test_what_pages_were_sent_of_a_vpn_is_kept_until_they_are_told_of_another():
    lab = fake_lab()
    feed = Feed(lab)
    web = Web(lab, feed=feed)
    before = customer_view(lab.installed().program, "a")
    lab.set_link("a/oslo", up=False)
    good(web.get("/api/pictures/vpns/a", web.customer("Customer A")))
    lab.set_link("a/oslo", up=True)
    assert feed.sent_views.take_outdated({"a": before}) == {"a"}
    good(web.get("/api/pictures/vpns/a", web.customer("Customer A")))
    assert feed.sent_views.take_outdated({"a": before}) == set()


def test_what_does_not_exist_is_refused_with_the_nearest_name(shared):
    ask = shared.get
    refused(ask("/api/pictures/vpns/aa", shared.provider), 404, "did you mean a?")
    refused(ask("/api/pictures/provider?vpn=aa", shared.provider), 400, "did you mean a?")
    refused(ask("/api/pictures/provider?theme=pink", shared.provider), 400, "theme")


# --- links ---------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["dk-p1", "a/aarhus"])
def test_a_link_or_a_line_is_cut_and_mended(web, link):
    for up in (False, True):
        done = good(web.post("/api/links", web.provider, {"link": link, "up": up}))
        assert (done["link"], done["up"]) == (link, up)
        assert done["took_ms"] >= 0
        assert (link in web.lab.status()["down"]) is not up


def test_a_link_is_called_by_its_name_whichever_end_it_is_named_from(web):
    for name in ("p1-dk", "dk-eth1"):
        done = good(web.post("/api/links", web.provider, {"link": name, "up": False}))
        assert done["link"] == "dk-p1"
        assert web.lab.status()["down"] == ["dk-p1"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"link": "dk-p9", "up": False}, "did you mean dk-p"),
        ({"link": "dk-p1"}, "up"),
        ({"link": "dk-p1", "up": "no"}, "up"),
        ({"link": "dk-p1", "up": 0}, "up"),
        ({"link": "", "up": False}, "link"),
        ({"link": "dk-p1", "up": False, "force": True}, "force"),
        ({"link": "x" * 1000, "up": False}, "link"),
        ([], ""),
        ("dk-p1", ""),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(web, body, words):
    refused(web.post("/api/links", web.provider, body), 400, words)
    assert "set_link" not in web.lab.asked


def test_text_that_is_no_unicode_is_refused(web):
    answer = web.ask(
        "POST",
        "/api/links",
        web.provider,
        content=b'{"link": "\\ud800", "up": true}',
        headers={"Content-Type": "application/json"},
    )
    refused(answer, 400)


# --- ping and trace ------------------------------------------------------------------------


def test_a_ping_is_answered_where_there_is_a_way(web):
    ends = {"src": "a/aarhus/h1", "dst": "a/oslo/h1"}
    done = good(web.post("/api/ping", web.provider, {**ends, "count": 2}))
    assert (done["sent"], done["received"]) == (2, 2)
    assert len(done["rtt_ms"]) == 2
    assert "2 received" in done["output"]
    web.post("/api/links", web.provider, {"link": "a/oslo", "up": False})
    done = good(web.post("/api/ping", web.provider, ends))
    assert (done["sent"], done["received"], done["rtt_ms"]) == (3, 0, [])


@pytest.mark.parametrize("count", [0, -1, 11, 1.5, "3", None, True])
def test_a_count_of_pings_is_from_one_to_ten(web, count):
    body = {"src": "a/aarhus/h1", "dst": "a/oslo/h1", "count": count}
    refused(web.post("/api/ping", web.provider, body), 400, "count")


def test_the_nearest_host_is_named(shared):
    body = {"src": "a/aarhus/h1", "dst": "a/oslo/h9"}
    refused(shared.post("/api/trace", shared.provider, body), 400, "did you mean a/oslo/h1?")


def test_a_trace_is_what_the_command_prints(shared, capsys):
    body = {"src": "a/aarhus/h1", "dst": "a/oslo/h1"}
    found = good(shared.post("/api/trace", shared.provider, body))
    assert found == printed(capsys, "trace", NORDIC, *body.values())


def test_a_trace_follows_what_is_installed_now(web):
    body = {"src": "a/aarhus/h1", "dst": "a/stockholm/h1"}
    hops = good(web.post("/api/trace", web.provider, body))["hops"]
    assert hops[0]["link"] == "dk-p1"
    web.post("/api/links", web.provider, {"link": "dk-p1", "up": False})
    hops = good(web.post("/api/trace", web.provider, body))["hops"]
    assert hops[0]["link"] == "dk-p2"


# --- tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("node", [None, "dk", "p1"])
@pytest.mark.parametrize("table", ["lfib", "vrf", "vsi", "lsp", "labels"])
def test_a_table_is_what_the_command_prints(shared, capsys, table, node):
    query = "" if node is None else f"?node={node}"
    found = good(shared.get(f"/api/tables/{table}{query}", shared.provider))
    assert found == printed(capsys, "show", NORDIC, table, *([node] if node else []))


def test_learned_addresses_are_of_all_lsrs_or_of_one(web):
    rows = [
        {"node": pe, "vsi": "c", "mac": "02:00:00:00:00:08", "circuit": None, "peer": "dk"}
        for pe in ("se", "no")
    ]
    web.lab.learned = rows
    assert good(web.get("/api/tables/macs", web.provider)) == {
        "lab": "nordic",
        "table": "macs",
        "macs": rows,
    }
    assert good(web.get("/api/tables/macs?node=no", web.provider))["macs"] == rows[1:]


def test_counters_are_of_all_lsrs_or_of_one(web):
    rows = [
        {"node": pe, "kind": "tunnel", "name": "dk", "peer": None, "packets": 3, "octets": 318}
        for pe in ("no", "se")
    ]
    web.lab.packets = rows[::-1]
    assert good(web.get("/api/tables/counters", web.provider)) == {
        "lab": "nordic",
        "table": "counters",
        "dataplane": "ebpf",
        "counted": True,
        "counters": rows,
    }
    assert good(web.get("/api/tables/counters?node=no", web.provider))["counters"] == rows[:1]


def test_a_table_that_does_not_exist_or_of_no_lsr_is_refused(shared):
    refused(shared.get("/api/tables/arp", shared.provider), 400, "lfib")
    refused(shared.get("/api/tables/lfib?node=dkk", shared.provider), 400, "did you mean dk?")
    refused(shared.get("/api/tables/macs?node=dkk", shared.provider), 400, "did you mean dk?")


# --- who may -------------------------------------------------------------------------------

ROUTES = (
    ("GET", "/api/session", None),
    ("GET", "/api/pictures/provider", None),
    ("GET", "/api/pictures/vpns/a", None),
    ("GET", "/api/pictures/vpns/b", None),
    ("GET", "/api/pictures/vpns/nobodys", None),
    ("GET", "/api/stream", None),
    ("POST", "/api/links", {"link": "dk-p1", "up": False}),
    ("POST", "/api/ping", {"src": "a/aarhus/h1", "dst": "a/oslo/h1"}),
    ("POST", "/api/trace", {"src": "a/aarhus/h1", "dst": "a/oslo/h1"}),
    ("GET", "/api/tables/vrf", None),
    ("GET", "/api/tables/vrf?node=dk", None),
    ("GET", "/api/openapi.json", None),
    ("GET", "/api/", None),
    ("GET", "/api/nothing", None),
)
HIS = {"/api/session", "/api/pictures/vpns/a", "/api/stream"}


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize("token", [None, "", "wrong", "0" * 43])
def test_without_a_token_that_somebody_has_nothing_is_told(shared, method, path, body, token):
    answer = shared.ask(method, path, token, body=body)
    refused(answer, 401, "token")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROUTES} - HIS))
@pytest.mark.parametrize("body", [None, {}, {"link": "dk-p1", "up": False}])
def test_what_is_not_a_customers_looks_like_nothing_to_him(web, method, path, body):
    answer = web.ask(method, path, web.customer("Customer A"), body=body)
    nothing = web.get("/api/nothing", web.customer("Customer A"))
    assert answer.status_code == 404
    assert method == "HEAD" or answer.content == nothing.content
    volatile = {"content-length"} if method == "HEAD" else set()
    assert {k: v for k, v in answer.headers.items() if k not in volatile} == {
        k: v for k, v in nothing.headers.items() if k not in volatile
    }
    assert not {"set_link", "ping", "installed"} & web.lab.asked.keys()


@pytest.mark.parametrize("query", ["", "?theme=dark", "?theme=pink", "?vpn=b"])
def test_anothers_vpn_and_one_that_does_not_exist_look_the_same(shared, query):
    token = shared.customer("Customer A")
    paths = [f"/api/pictures/vpns/{name}{query}" for name in ("b", "c", "nobodys", "%00", "a%2Fx")]
    answers = [shared.get(path, token) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert NOT_FOUND_TEXT in answers[0].text


@pytest.mark.parametrize(
    "path",
    [
        "/api/session/",
        "/api/pictures/vpns/a/",
        "/api/pictures/vpns/a/../../provider",
        "/api/pictures/vpns/..%2fprovider",
        "/api//session",
        "/API/tables/vrf",
        "/api/pictures/vpns/a%0a",
    ],
)
def test_no_other_way_of_writing_a_path_gets_a_customer_further(shared, path):
    assert shared.get(path, shared.customer("Customer A")).status_code == 404


def test_a_token_in_the_address_is_none(shared):
    answer = shared.get(f"/api/session?token={shared.provider}")
    refused(answer, 401)


def test_a_cookie_or_another_scheme_is_no_token(shared):
    for headers in (
        {"Cookie": f"token={shared.provider}"},
        {"Authorization": f"Basic {shared.provider}"},
        {"Authorization": shared.provider},
    ):
        refused(shared.get("/api/session", headers=headers), 401)


def test_the_description_is_the_providers(shared):
    document = good(shared.get("/api/openapi.json", shared.provider))
    assert "/api/links" in document["paths"]


# --- the lab ------------------------------------------------------------------------------


def test_a_controller_that_does_not_answer_is_told_to_the_provider_with_its_words(web):
    web.lab.answers = False
    refused(web.get("/api/session", web.provider), 409, "controller.sock")


def test_a_customer_learns_no_more_than_that_it_does_not_answer(web):
    web.lab.answers = False
    text = refused(web.get("/api/pictures/vpns/a", web.customer("Customer A")), 409, "try again")
    assert "sock" not in text
    assert "controller" not in text


def test_a_lab_that_has_ended_is_told(web):
    web.lab.runs = False
    for token in (web.provider, web.customer("Customer A")):
        refused(web.get("/api/pictures/vpns/a", token), 503, "the lab has ended")
