"""What every request must have: our host, our origin, JSON, a size; and what every answer has."""

import asyncio
import threading

import pytest

from mplsemu.web import page_files
from mplsemu.web.middleware import LARGEST_BODY, MAX_OF_OTHERS, MAX_PER_TOKEN, host_of

from .weblab import Web, fake_lab

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def shared():
    return Web(fake_lab())


def order(link="dk-p1", up=True):
    return {"link": link, "up": up}


# --- Host ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8080", "127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080", "127.1.2.3:1"],
)
def test_every_name_of_loopback_is_ours_on_any_port_for_tunnels(shared, host):
    answer = shared.get("/api/session", shared.provider, headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1:8080",
        "[2001:db8::1]:8080",
        "",
        "[::1",
        "127.0.0.1@evil.example",
        "127.0.0.1 evil",
    ],
)
def test_somebody_elses_name_that_leads_here_is_refused_even_with_a_token(shared, host):
    for path in ("/api/session", "/", "/app.js"):
        answer = shared.get(path, shared.provider, headers={"Host": host})
        assert answer.status_code == 400
        assert answer.json() == {
            "error": "this server has another name; use the link as it was printed"
        }


def test_the_address_it_listens_on_is_ours_too():
    web = Web(fake_lab(), hosts=("192.0.2.7",))
    assert web.get("/api/session", web.provider, base="http://192.0.2.7:80").status_code == 200
    assert web.get("/api/session", web.provider, base="http://192.0.2.8:80").status_code == 400


def test_who_listens_everywhere_is_reached_by_any_address_but_by_no_name_that_is_not_his():
    web = Web(fake_lab(), hosts=("labserver",), any_address=True)
    for base in ("http://192.0.2.8:80", "http://[2001:db8::1]:80", "http://labserver"):
        assert web.get("/api/session", web.provider, base=base).status_code == 200
    assert web.get("/api/session", web.provider, base="http://evil.example").status_code == 400


def test_a_host_is_read_with_and_without_port_and_brackets():
    assert host_of("[2001:DB8::1]:80") == "2001:db8::1"
    assert host_of("[::1]") == "::1"
    assert host_of("Example:80") == "example"
    assert host_of("example") == "example"


# --- changes -------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", None])
def test_our_own_page_may_change_something(shared, origin):
    headers = {} if origin is None else {"Origin": origin}
    assert shared.post("/api/links", shared.provider, order(), headers=headers).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "https://127.0.0.1:8080",
        "http://127.0.0.1:8081",
        "http://localhost:8080",
        "http://127.0.0.1:8080.evil.example",
        "",
    ],
)
def test_another_sites_page_may_not(shared, origin):
    answer = shared.post("/api/links", shared.provider, order(), headers={"Origin": origin})
    assert answer.status_code == 400
    assert answer.json() == {"error": "this comes from another site's page"}


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""],
)
def test_what_a_form_can_send_is_refused(shared, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    answer = shared.ask(
        "POST",
        "/api/links",
        shared.provider,
        content=b'{"link": "dk-p1", "up": true}',
        headers=headers,
    )
    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]


def test_json_with_a_character_set_is_json(shared):
    kind = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert shared.post("/api/links", shared.provider, order(), headers=kind).status_code == 200


def body_of(size):
    """JSON of exactly so many bytes."""
    head, tail = b'{"link": "dk-p1", "up": true', b"}"
    return head + b" " * (size - len(head) - len(tail)) + tail


def test_a_body_may_have_64_kilobytes_and_no_more_however_it_is_sent(shared):
    def send(content):
        return shared.ask("POST", "/api/links", shared.provider, content=content, headers=JSON)

    async def in_pieces(whole):
        for start in range(0, len(whole), 1000):
            yield whole[start : start + 1000]

    assert send(body_of(LARGEST_BODY)).status_code == 200
    assert send(in_pieces(body_of(LARGEST_BODY))).status_code == 200
    for content in (body_of(LARGEST_BODY + 1), in_pieces(body_of(LARGEST_BODY + 1))):
        answer = send(content)
        assert answer.status_code == 400
        assert answer.json() == {"error": "the body is larger than 65536 bytes"}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 60_000, b"NaN", b"null"])
def test_what_is_no_json_is_refused(shared, content):
    answer = shared.ask("POST", "/api/links", shared.provider, content=content, headers=JSON)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}


# --- every answer --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "token"),
    [("/api/session", "yes"), ("/api/session", None), ("/api/x", "yes"), ("/", None), ("/x", None)],
)
def test_every_answer_has_the_headers_that_protect_its_reader(shared, path, token):
    headers = shared.get(path, shared.provider if token else None).headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers
    if path.startswith("/api"):
        assert headers["cache-control"] == "no-store"


def test_no_preflight_is_ever_granted(shared):
    answer = shared.ask(
        "OPTIONS",
        "/api/links",
        headers={
            "Origin": "http://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert answer.status_code == 401
    assert not [name for name in answer.headers if name.startswith("access-control")]


# --- the page's files ----------------------------------------------------------------------


@pytest.fixture
def page(tmp_path, monkeypatch):
    for name, _ in page_files.FILES.values():
        (tmp_path / name).write_text(f"content of {name}")
    (tmp_path / "secret").write_text("secret")
    monkeypatch.setattr(page_files, "STATIC", tmp_path)


@pytest.mark.usefixtures("page")
def test_the_page_is_there_for_everybody_and_asked_for_again_each_time(shared):
    for path, (name, kind) in page_files.FILES.items():
        answer = shared.get(path)
        assert answer.status_code == 200
        assert answer.text == f"content of {name}"
        assert answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == "no-cache"
        again = shared.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("path", ["/secret", "/../secret", "/%2e%2e/secret", "/index.html", "/app"])
def test_nothing_else_is_served(shared, path):
    answer = shared.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"error": "there is nothing here"}


@pytest.mark.usefixtures("page")
def test_a_page_that_was_never_built_is_not_there(shared, tmp_path):
    (tmp_path / "app.js").unlink()
    assert shared.get("/app.js").status_code == 404


# --- bounds --------------------------------------------------------------------------------


class Slow:
    """A lab that answers when it is told to."""

    def __init__(self, web):
        self.gate = threading.Event()
        self.inside = threading.Semaphore(0)
        installed = web.lab.installed

        def slow():
            self.inside.release()
            assert self.gate.wait(10)
            return installed()

        web.lab.installed = slow


def test_one_customer_cannot_take_more_than_his_share_nor_all_customers_the_providers():
    web = Web(fake_lab())
    slow = Slow(web)
    tokens = {name: web.customer(f"Customer {name}") for name in "ABC"}

    async def status_of(token, path):
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [
                (b"host", b"localhost"),
                (b"authorization", f"Bearer {token}".encode()),
            ],
        }
        found = []

        async def receive():
            await asyncio.sleep(60)

        async def send(message):
            found.append(message)

        await web.app(scope, receive, send)
        return found[0]["status"]

    async def go():
        waiting = []
        for name in "ABC":
            path = f"/api/pictures/vpns/{name.lower()}"
            for _ in range(MAX_PER_TOKEN):
                waiting.append(asyncio.create_task(status_of(tokens[name], path)))
                await asyncio.to_thread(slow.inside.acquire)
            assert await status_of(tokens[name], path) == 409
        assert len(waiting) == MAX_OF_OTHERS
        providers = asyncio.create_task(status_of(web.provider, "/api/session"))
        await asyncio.to_thread(slow.inside.acquire)
        slow.gate.set()
        assert await providers == 200
        assert {await each for each in waiting} == {200}
        assert await status_of(tokens["A"], "/api/session") == 200

    asyncio.run(asyncio.wait_for(go(), 20))
