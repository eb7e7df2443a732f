"""Several providers: what each one's stream tells him, and what it does not."""

import asyncio
import itertools
import json

from mplsemu.web.access import Provider
from mplsemu.web.feed import Feed, Intervals
from mplsemu.web.provider_source import ProviderSource
from mplsemu.web.watch import StatusWatch

from .providers import leaks, with_local

FAST = Intervals(status_s=0.005, load_s=0.01, review_s=0.01, heartbeat_s=5.0)


class Listener:
    """Collects what one reader is told."""

    def __init__(self, feed, identity):
        self.messages = []
        feed = feed.of(identity)
        self._reader = feed.join(identity)
        self._task = asyncio.create_task(self._listen(feed.read(self._reader)))

    async def _listen(self, chunks):
        async for chunk in chunks:
            head, body, *_ = chunk.decode().split("\n")
            self.messages.append(
                (head.removeprefix("event: "), json.loads(body.removeprefix("data: ")))
            )

    def of(self, event):
        return [data for kind, data in self.messages if kind == event]

    async def until(self, event, where):
        async with asyncio.timeout(10):
            while not any(where(data) for data in self.of(event)):
                await asyncio.sleep(0.002)


def told(work, lab):
    """Run ``work(feed, north, south)`` with two listeners."""

    async def go():
        feed = Feed(lab, FAST)
        listeners = [Listener(feed, Provider(name)) for name in ("north", "south")]
        for each in listeners:
            await each.until("state", lambda data: data["in_sync"])
            await each.until("load", bool)
        await work(*listeners)
        feed.end()
        for each in listeners:
            await each.until("end", lambda data: data == {})
        return [each.messages for each in listeners]

    return asyncio.run(go())


def test_each_stream_tells_of_the_readers_own_network():
    lab = with_local()

    async def work(north, south):
        for link in ("n-pe-n-core", "s-core-s-pe", "red/rome", "red/oslo", "green/left"):
            reader = north if link.startswith("n-") or link == "red/oslo" else south
            lab.set_link(link, up=False)
            await reader.until("state", lambda data, link=link: link in data["down"])
            await reader.until("alarms", lambda data, link=link: link in str(data))
            await reader.until("event", lambda data, link=link: data["text"] == f"{link} is down")
            lab.set_link(link, up=True)
            await reader.until("event", lambda data, link=link: "up again" in data["text"])

    north, south = told(work, lab)
    assert leaks(north, "north") == []
    assert leaks(south, "south") == []
    for messages, name in ((north, "north"), (south, "south")):
        numbers = [data["number"] for kind, data in messages if kind == "event"]
        assert numbers == list(range(1, len(numbers) + 1)), "no gap tells of another's events"
        vpns = {vpn for kind, data in messages if kind == "pictures" for vpn in data["vpns"]}
        assert ("green" in vpns) == (name == "south")


def test_what_happens_inside_another_network_is_not_told_at_all():
    lab = with_local()
    lab.learned = []

    async def work(north, south):
        await north.until("pictures", bool)
        before = [each for each in north.messages if each[0] != "load"]
        for up in (False, True):
            lab.set_link("green/left", up=up)
            await south.until("state", lambda data, up=up: ("green/left" in data["down"]) != up)
        lab.switch_faults["s-pe"] = {"in_sync": False, "errors": 2}
        lab.tell("error", "s-pe refused a flow")
        lab.tell("mac", "green: 02:00:00:00:00:01 moves between PE s-pe and green/right, 5 times")
        lab.tell("storm", "green/left floods more than storm control lets through")
        lab.tell("neighbour", "s-pe red/rome: 10.2.0.9 02:00:00:00:00:09")
        lab.tell("program", "12 flows changed on 5 of 5 switches", 3.0)
        lab.tell("surprise", "a kind that nobody knows, at n-pe")
        await south.until("event", lambda data: data["kind"] == "neighbour")
        await south.until("alarms", lambda data: "refused 2" in str(data))
        lab.tell("switch", "n-pe left")
        await north.until("event", lambda data: data["text"] == "n-pe left")
        after = [each for each in north.messages if each[0] not in {"load"}]
        assert [kind for kind, _ in after[len(before) :]] == ["event"]

    told(work, lab)


def test_numbers_of_events_go_on_without_gaps_when_the_controller_was_restarted():
    lab = with_local()
    now = itertools.count()
    watch = StatusWatch(ProviderSource(lab, "north"), lambda: 2.0 * next(now))

    def look():
        return [each.data for each in watch.look() if each.event == "event"]

    before = look()
    lab.tell("switch", "s-pe left")
    assert look() == []
    lab.restart_controller()
    lab.tell("switch", "n-pe left")
    after = look()
    assert after[-1]["text"] == "n-pe left"
    assert len(after) == len(before) + 1
    numbers = [each["number"] for each in (*before, *after)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_his_status_has_his_lines_switches_and_lans_alone():
    lab = with_local()
    status = lab.status

    def with_faults():
        return {
            **status(),
            "storms": {"green/left": 5},
            "blocked": {"green/left": "02:00:00:00:00:01"},
            "mac_moves": [{"vpn": "green", "mac": "02:00:00:00:00:01", "places": ["a", "b"]}],
        }

    lab.status = with_faults
    north, south = (ProviderSource(lab, name).status() for name in ("north", "south"))
    assert [north[key] for key in ("storms", "blocked", "mac_moves")] == [{}, {}, []]
    assert south["storms"] == {"green/left": 5}
    assert south["mac_moves"]
    assert north["switches"].keys() == {"n-asbr1", "n-asbr2", "n-core", "n-pe"}


def test_the_load_is_that_of_his_links_and_borders():
    sent = ProviderSource(with_local(), "north").counters().sent_bytes
    assert sent.keys() == {
        "n-asbr1-s-asbr1", "n-asbr2-s-asbr2", "n-core-n-asbr1", "n-core-n-asbr2", "n-pe-n-core",
    }  # fmt: skip


def test_his_generation_counts_his_own_programs():
    lab = with_local()
    north, south = ProviderSource(lab, "north"), ProviderSource(lab, "south")
    assert (north.installed().generation, south.installed().generation) == (1, 1)
    lab.set_link("green/left", up=False)
    assert (north.installed().generation, south.installed().generation) == (1, 2)
    assert north.status()["generation"] == 1
    lab.set_link("n-pe-n-core", up=False)
    assert north.installed().generation == 2
    assert north.installed().version != south.installed().version
