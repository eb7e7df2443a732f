"""The stream: who gets what, and that nobody watches a lab that nobody looks at."""

import asyncio
import json
import socket
import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from mplsemu.web.access import Customer, Provider
from mplsemu.web.feed import MAX_STREAMS, MAX_STREAMS_PER_TOKEN, Feed, Intervals
from mplsemu.web.http_error import HttpError
from mplsemu.web.server_sent_event import HEARTBEAT

from .weblab import Web, fake_lab

FAST = Intervals(status_s=0.005, load_s=0.01, review_s=0.01, heartbeat_s=5.0)
A, B, C = (Customer(f"Customer {letter}") for letter in "ABC")


def run(work, lab=None, pace=FAST):
    """Run ``work(lab, feed)`` within a deadline."""

    async def go():
        made = lab or fake_lab()
        feed = Feed(made, pace)
        await asyncio.wait_for(work(made, feed), 10)

    asyncio.run(go())


class Reader:
    """Reads a stream."""

    def __init__(self, feed, identity):
        self._feed = feed
        self.reader = feed.join(identity)
        self._messages = feed.read(self.reader)

    async def next(self, event=None, where=lambda _data: True):
        """Return the next message of a kind as (event, data)."""
        async for data in self._messages:
            if data == HEARTBEAT:
                found = ("heartbeat", None)
            else:
                head, body, *rest = data.decode().split("\n")
                assert rest == ["", ""]
                found = (head.removeprefix("event: "), json.loads(body.removeprefix("data: ")))
            if event is None or (found[0] == event and where(found[1])):
                return found
        return None

    def leave(self):
        self._feed.leave(self.reader)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.002)


async def stays(condition, for_s=0.2):
    end = asyncio.get_running_loop().time() + for_s
    while asyncio.get_running_loop().time() < end:
        assert condition()
        await asyncio.sleep(0.002)


# --- who gets what -------------------------------------------------------------------------


def test_the_provider_gets_everything():
    async def work(lab, feed):
        reader = Reader(feed, Provider())
        assert await reader.next("pictures") == ("pictures", {"vpns": ["a", "b", "c"]})
        for event in ("event", "state", "alarms", "load"):
            again = Reader(feed, Provider())
            assert (await again.next(event))[0] == event
        lab.set_link("a/oslo", up=False)
        await reader.next("state", lambda data: data["down"] == ["a/oslo"])
        await reader.next("alarms", lambda data: data["alarms"])
        assert await Reader(feed, Provider()).next("state") is not None

    run(work)


def test_a_customer_gets_his_pictures_and_the_end_and_nothing_else():
    async def work(lab, feed):
        his, provider, other = (Reader(feed, each) for each in (A, Provider(), Provider()))
        assert await his.next() == ("pictures", {"vpns": ["a"]})
        await other.next("pictures")
        for line in ("dk-p1", "b/oslo", "c/malmo", "a/oslo"):
            lab.set_link(line, up=False)
            await provider.next("state", lambda data, line=line: line in data["down"])
        await other.next("pictures", lambda data: "a" in data["vpns"])
        feed.end()
        rest = []
        while (message := await his.next()) is not None:
            rest.append(message)
        assert rest == [("pictures", {"vpns": ["a"]}), ("end", {})]

    run(work)


def test_who_comes_later_gets_what_the_first_one_got():
    async def work(lab, feed):
        first = Reader(feed, Provider())
        lab.set_link("dk-p1", up=False)
        await first.next("alarms", lambda data: data["alarms"])
        asked = dict(lab.asked)
        second = Reader(feed, Provider())
        found = [await second.next() for _ in range(1 + 2 + 7)]
        assert {event for event, _ in found} >= {"pictures", "state", "alarms", "event"}
        assert lab.asked["installed"] == asked["installed"]

    run(work)


def test_a_change_right_after_the_first_word_about_pictures_is_told():
    """A page that fetches its picture then would show the old one for ever."""

    async def work(lab, feed):
        reader = Reader(feed, A)
        await reader.next("pictures")
        lab.set_link("a/oslo", up=False)
        assert await reader.next("pictures") == ("pictures", {"vpns": ["a"]})

    for _ in range(20):
        run(work)


# --- watched only while somebody looks -----------------------------------------------------


def test_a_lab_is_watched_from_the_first_reader_to_the_last():
    async def work(lab, feed):
        assert lab.asked == {}
        one, two = Reader(feed, Provider()), Reader(feed, A)
        await one.next("state")
        one.leave()
        assert feed.is_watching
        two.leave()
        assert not feed.is_watching
        await asyncio.sleep(0.05)  # what was under way
        asked = dict(lab.asked)
        await stays(lambda: lab.asked == asked)
        assert (await Reader(feed, Provider()).next("state"))[1]["controller"] is True

    run(work)


def test_loads_are_measured_for_the_provider_alone():
    async def work(lab, feed):
        customer = Reader(feed, A)
        await until(lambda: lab.asked.get("events", 0) > 5)
        assert "counters" not in lab.asked
        await Reader(feed, Provider()).next("load")
        customer.leave()

    run(work)


def test_a_reader_who_comes_back_learns_what_changed_meanwhile():
    async def work(lab, feed):
        first = Reader(feed, Provider())
        await first.next("state")
        first.leave()
        lab.set_link("dk-p1", up=False)
        found = await Reader(feed, Provider()).next("state")
        assert found[1]["down"] == ["dk-p1"]

    run(work)


# --- bounds and ends -----------------------------------------------------------------------


def test_streams_are_few_for_one_token_and_some_are_kept_for_the_provider():
    async def work(lab, feed):
        del lab
        for number in range(MAX_STREAMS - MAX_STREAMS_PER_TOKEN):
            feed.join(Customer(f"customer {number // MAX_STREAMS_PER_TOKEN}"))
        with pytest.raises(HttpError, match="too many pages"):
            feed.join(A)
        for _ in range(MAX_STREAMS_PER_TOKEN):
            feed.join(Provider())
        with pytest.raises(HttpError) as caught:
            feed.join(Provider())
        assert caught.value.status == 409

    run(work, lab=None)


def test_a_reader_who_reads_no_more_is_let_go():
    async def work(lab, feed):
        Reader(feed, Provider())
        reader = Reader(feed, Provider())
        for number in range(2000):
            lab.tell("mac", f"event {number}")
            if number % 50 == 0:
                await asyncio.sleep(0.005)
        taken = 0
        while await reader.next() is not None:
            taken += 1
        assert taken < 1000

    run(work)


def test_silence_is_broken_by_a_heartbeat():
    async def work(lab, feed):
        del lab
        reader = Reader(feed, A)
        await reader.next("pictures")
        assert (await reader.next())[0] == "heartbeat"

    run(work, pace=Intervals(0.005, 0.01, 0.01, heartbeat_s=0.05))


def test_when_the_lab_ends_every_reader_is_told_and_no_new_one_is_let_in():
    async def work(lab, feed):
        del lab
        readers = [Reader(feed, each) for each in (Provider(), A, B)]
        feed.end()
        for reader in readers:
            assert await reader.next("end") == ("end", {})
            assert await reader.next() is None
        with pytest.raises(HttpError) as caught:
            feed.join(A)
        assert caught.value.status == 503

    run(work)


def test_a_server_that_ends_while_the_lab_goes_on_does_not_say_that_the_lab_has_ended():
    async def work(lab, feed):
        del lab
        reader = Reader(feed, A)
        await reader.next("pictures")
        feed.close()
        assert await reader.next() is None

    run(work)


def test_a_watcher_that_fails_ends_the_streams_and_the_next_reader_starts_anew(caplog):
    async def work(lab, feed):
        good = lab.events
        lab.events = lambda _since: 1 / 0
        reader = Reader(feed, Provider())
        assert await reader.next("state") is None
        reader.leave()
        assert "ZeroDivisionError" in caplog.text
        lab.events = good
        assert (await Reader(feed, Provider()).next("state")) is not None

    run(work)


# --- over HTTP -----------------------------------------------------------------------------


@contextmanager
def served(web):
    """Serve on a real socket; yields the address."""
    config = uvicorn.Config(web.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()


def test_a_stream_comes_as_server_sent_events_and_ends_with_its_connection():
    web = Web(fake_lab())
    feed = web.app._app.state.feed
    bearer = {"Authorization": f"Bearer {web.provider}"}
    with served(web) as address:
        with httpx.stream("GET", f"{address}/api/stream", headers=bearer, timeout=10) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            lines = answer.iter_lines()
            assert next(line for line in lines if line.startswith("event: state"))
            assert json.loads(next(lines).removeprefix("data: "))["controller"] is True
            assert feed.is_watching
        for _ in range(500):
            if not feed.is_watching:
                break
            threading.Event().wait(0.01)
        assert not feed.is_watching


def test_one_stream_too_many_is_refused_in_words():
    web = Web(fake_lab())
    feed = web.app._app.state.feed

    def full(_identity):
        raise HttpError(409, "too many pages are open already; close one")

    feed.join = full
    answer = web.get("/api/stream", web.customer("Customer A"))
    assert answer.status_code == 409
    assert answer.json() == {"error": "too many pages are open already; close one"}
