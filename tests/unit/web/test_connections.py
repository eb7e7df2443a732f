"""Connections to the live page: strangers lock nobody out, and nobody is waited for without end."""

import contextlib
import http.client
import json
import logging
import socket
import threading
import time

import pytest

from mplsemu.web import middleware
from mplsemu.web.access import Customer, Provider
from mplsemu.web.connections import (
    MAX_OF_OTHERS,
    MAX_PER_TOKEN,
    MAX_UNAUTHENTICATED,
    Connections,
)
from mplsemu.web.http_protocol import Timeouts
from mplsemu.web.tally import Tally

from .pageserver import PageServer
from .weblab import fake_lab

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SOON_S = 10
"""For what is to come much earlier."""


@contextlib.contextmanager
def served(**options):
    server = PageServer(fake_lab(), **options)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def server():
    with served() as made:
        yield made


@pytest.fixture
def impatient():
    with served(timeouts=Timeouts(head_s=0.5, stalled_s=0.5)) as made:
        yield made


@contextlib.contextmanager
def connected(server, source="127.0.0.1"):
    made = socket.create_connection(("127.0.0.1", server.port), SOON_S, (source, 0))
    with made:
        yield made


def asked(server, path="/api/session", token=None):
    """The status of an answer, on a connection of its own."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SOON_S)
    with contextlib.closing(client):
        headers = {"Authorization": f"Bearer {token or server.access.provider}"}
        client.request("GET", path, headers=headers)
        return client.getresponse().status


def request(path, token, method="GET", more=""):
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}{more}\r\n".encode()


def rest(connection):
    """All that comes until the other end closes it."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            found += part
    return found


def answered(connection):
    """What an answer says; the connection goes on."""
    with connection.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        length = 0
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return status, json.loads(stream.read(length))


# --- strangers ------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [b"", HALF, b"GET /app.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
def test_hundreds_of_strangers_lock_nobody_out_who_has_a_token(server, begun):
    with contextlib.ExitStack() as stack:
        mine = stack.enter_context(connected(server))
        mine.sendall(request("/api/stream", server.access.provider))
        assert b"200 OK" in mine.recv(65536)
        for _ in range(400):
            stack.enter_context(connected(server)).sendall(begun)
        for token in (server.access.provider, *server.access.customers.values()):
            assert asked(server, token=token) == 200
        assert asked(server, "/", token="none") == 200, "and strangers get the page"
        server.lab.set_link("dk-p1", up=False)
        seen = b""
        while b"dk-p1 is down" not in seen:
            part = mine.recv(65536)
            assert part, "my stream was ended"
            seen += part


def test_strangers_who_come_without_end_lock_nobody_out(server):
    flooding = threading.Event()
    flooding.set()

    def flood():
        kept = []
        while flooding.is_set():
            made = socket.socket()
            made.settimeout(1)
            kept.append(made)
            with contextlib.suppress(OSError):
                made.connect(("127.0.0.1", server.port))
                made.sendall(HALF)
            if len(kept) > 150:
                kept.pop(0).close()
        for each in kept:
            each.close()

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        found = [asked(server) for _ in range(50)]
    finally:
        flooding.clear()
        thread.join()
    assert found == [200] * 50


def test_a_stranger_of_another_address_is_not_ended_for_those_of_one(server):
    with contextlib.ExitStack() as stack:
        lone = stack.enter_context(connected(server, "127.0.0.9"))
        lone.sendall(HALF)
        for _ in range(3 * MAX_UNAUTHENTICATED):
            stack.enter_context(connected(server))
        assert asked(server) == 200
        lone.sendall(b"\r\n")
        assert b"200 OK" in lone.recv(65536)


def test_who_once_had_a_token_is_no_stranger_between_requests(server):
    with contextlib.ExitStack() as stack:
        mine = stack.enter_context(connected(server))
        mine.sendall(request("/api/session", server.access.provider))
        assert answered(mine)[0] == 200
        for _ in range(2 * MAX_UNAUTHENTICATED):
            stack.enter_context(connected(server))
        mine.sendall(request("/api/session", server.access.provider))
        assert answered(mine)[0] == 200


# --- shares ---------------------------------------------------------------------------------


class Fake:
    def __init__(self, address="192.0.2.1", *, idle=True):
        self.address = address
        self.is_idle = idle
        self.is_dropped = False

    def drop(self):
        self.is_dropped = True


def fakes(connections, number, identity=None, **options):
    made = [Fake(**options) for _ in range(number)]
    for each in made:
        connections.opened(each)
        if identity is not None:
            connections.authenticated(each, identity)
    return made


def dropped(fakes):
    return [number for number, each in enumerate(fakes) if each.is_dropped]


def test_of_strangers_the_one_that_moved_the_longest_ago_goes():
    all_ = Connections(Tally())
    made = fakes(all_, MAX_UNAUTHENTICATED)
    all_.active(made[0])
    fakes(all_, 1)
    assert dropped(made) == [1]
    assert len(all_) == MAX_UNAUTHENTICATED


@pytest.mark.parametrize(
    "addresses", [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:0:1::1")]
)
def test_of_addresses_the_one_that_has_the_most_loses(addresses):
    all_ = Connections(Tally())
    few = fakes(all_, 10, address=addresses[0])
    fakes(all_, 3 * MAX_UNAUTHENTICATED, address=addresses[1])
    assert dropped(few) == []


def test_a_network_of_ipv6_is_one_address():
    all_ = Connections(Tally())
    few = fakes(all_, 10, address="2001:db8::1")
    for number in range(2 * MAX_UNAUTHENTICATED):
        fakes(all_, 1, address=f"2001:db8:0:5:{number:x}::7")
    assert dropped(few) == []


def test_with_one_token_one_takes_places_from_himself_alone():
    all_ = Connections(Tally())
    others = fakes(all_, 5, Provider()) + fakes(all_, 5, Customer("B")) + fakes(all_, 5)
    busy = fakes(all_, 3, Customer("A"), idle=False)
    mine = fakes(all_, MAX_PER_TOKEN + 7, Customer("A"))
    assert dropped(others) == []
    assert dropped(busy) == []
    assert dropped(mine) == list(range(10))


def test_all_customers_together_have_a_share_and_the_one_with_the_most_loses():
    all_ = Connections(Tally())
    provider = fakes(all_, 5, Provider())
    modest = fakes(all_, 5, Customer("modest"))
    greedy = [fakes(all_, MAX_PER_TOKEN, Customer(name)) for name in "abc"]
    assert dropped(provider + modest) == []
    assert sum(len(dropped(each)) for each in greedy) == 3 * MAX_PER_TOKEN + 5 - MAX_OF_OTHERS


# --- time -----------------------------------------------------------------------------------


def test_who_asks_nothing_is_ended_without_a_word(impatient):
    with connected(impatient) as silent:
        assert rest(silent) == b""


def test_half_a_head_is_waited_for_only_so_long_however_it_comes(impatient):
    with connected(impatient) as slow:
        slow.sendall(HALF)
        with contextlib.suppress(OSError):
            for _ in range(100):
                slow.sendall(b"X: y\r\n")
                time.sleep(0.02)
            pytest.fail("it is still waited for")
    with connected(impatient) as silent:
        silent.sendall(HALF)
        assert rest(silent).startswith(b"HTTP/1.1 408 ")


def test_after_an_answer_the_next_head_has_as_long(impatient):
    with connected(impatient) as mine:
        mine.sendall(request("/api/session", impatient.access.provider))
        assert answered(mine)[0] == 200
        mine.sendall(HALF)
        assert rest(mine).startswith(b"HTTP/1.1 408 ")


def test_the_body_of_what_was_answered_already_is_not_waited_for(impatient):
    with connected(impatient) as mine:
        more = "Content-Length: 1000\r\n"
        mine.sendall(request("/api/session", impatient.access.provider, more=more))
        assert answered(mine)[0] == 200
        with contextlib.suppress(OSError):
            for _ in range(100):
                mine.sendall(b" ")
                time.sleep(0.02)
            pytest.fail("it is still waited for")


def test_what_takes_long_to_answer_is_waited_for(impatient):
    impatient.lab.ping_s = 1.2
    body = b'{"src": "a/aarhus/h1", "dst": "a/oslo/h1"}'
    with connected(impatient) as mine:
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        mine.sendall(request("/api/ping", impatient.access.provider, "POST", more) + body)
        assert answered(mine)[0] == 200


def test_a_body_is_waited_for_only_so_long(server, monkeypatch):
    monkeypatch.setattr(middleware, "BODY_S", 0.2)
    more = "Content-Type: application/json\r\nContent-Length: 100\r\n"
    with connected(server) as mine:
        mine.sendall(request("/api/links", server.access.provider, "POST", more) + b"{")
        status, said = answered(mine)
    assert (status, said) == (408, {"error": "the body did not come in time"})


def test_what_was_cut_short_is_not_done_though_it_looks_whole(server):
    body = b'{"link": "dk-p1", "up": false}'
    more = f"Content-Type: application/json\r\nContent-Length: {len(body) + 1}\r\n"
    with connected(server) as mine:
        mine.sendall(request("/api/links", server.access.provider, "POST", more) + body)
    with connected(server) as mine:  # and then something that is
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        other = body.replace(b"dk-p1", b"dk-p2")
        mine.sendall(request("/api/links", server.access.provider, "POST", more) + other)
        assert answered(mine)[0] == 200
    assert server.lab.status()["down"] == ["dk-p2"]


def test_answers_that_nobody_takes_end_the_connection(impatient):
    with connected(impatient) as mine:
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with contextlib.suppress(OSError):
            mine.sendall(b"GET /app.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200)
        until = time.monotonic() + SOON_S
        with contextlib.suppress(OSError):
            while time.monotonic() < until:
                mine.sendall(b" ")
                time.sleep(0.02)
            pytest.fail("it is still open")


# --- the log --------------------------------------------------------------------------------


def test_what_is_refused_is_counted_in_the_log_and_not_told_each_time(caplog):
    with served() as server, contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(server)).sendall(b"no HTTP\r\n\r\n")
            assert asked(server, token="nobodys") == 401
    lines = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert 1 <= len(lines) <= 2
    assert all(line.startswith("refused: ") for line in lines)
    counted = [part.partition(" x ") for line in lines for part in line[9:].split("; ")]
    for why in ("Invalid HTTP request received", "this needs the token of a link"):
        assert sum(int(n) for n, _, what in counted if what.startswith(why)) == 200


def test_a_connection_that_a_browser_opened_and_did_not_use_is_no_refusal(impatient, caplog):
    with connected(impatient) as silent:
        assert rest(silent) == b""
    impatient.stop()
    assert caplog.records == []
    impatient.start()


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_a_tally_is_told_at_once_and_then_once_a_minute(caplog):
    clock = Clock()
    tally = Tally(clock)
    for _ in range(3 * 60):
        tally.count("this")
        tally.report()
        clock.now += 1
    tally.count("that")
    tally.report(is_last=True)
    assert [each.getMessage() for each in caplog.records] == [
        "refused: 1 x this",
        "refused: 60 x this",
        "refused: 60 x this",
        "refused: 59 x this; 1 x that",
    ]


def test_an_error_is_told_once_a_minute_and_counted_meanwhile(caplog):
    clock = Clock()
    tally = Tally(clock)
    log = logging.getLogger("test.tally")
    log.addFilter(tally)
    try:
        for _ in range(90):
            log.error("Exception\n")
            log.warning("odd.")
            clock.now += 1
        tally.report()
    finally:
        log.removeFilter(tally)
    lines = [each.getMessage().strip() for each in caplog.records]
    assert lines == ["Exception", "Exception", "refused: 90 x odd; 88 x Exception"]
