"""The stream of changes: a lab is polled only while there are readers.

Everything here runs in the event loop's thread. The watchers, which wait for the controller, run in
others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from mplsemu.web.access import Customer, Identity, Provider
from mplsemu.web.http_error import CONFLICT, UNAVAILABLE, HttpError
from mplsemu.web.provider_source import ProviderSource
from mplsemu.web.sent_views import SentViews
from mplsemu.web.server_sent_event import END, HEARTBEAT, ServerSentEvent
from mplsemu.web.source import LabSource
from mplsemu.web.watch import KEPT_EVENTS, Clock, LoadWatch, StatusWatch, ViewWatch

_LOG = logging.getLogger(__name__)

MAX_STREAMS: Final = 64
MAX_STREAMS_PER_TOKEN: Final = 16
"""With one token; as many are reserved for the provider."""
_MAX_WAITING: Final = 512
_LASTING: Final = ("state", "alarms", "load")
"""Of these events, a new reader gets the last one."""
Look = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often a lab is polled, in seconds."""

    status_s: float = 0.125
    load_s: float = 1.0
    review_s: float = 1.0
    heartbeat_s: float = 10.0


class Subscription:
    """One reader and his queue.

    Args:
        identity: who reads.
        vpns: the VPNs whose pictures he may see.
    """

    def __init__(self, identity: Identity, vpns: frozenset[str]) -> None:
        self.identity = identity
        self._vpns = vpns
        self._queue: asyncio.Queue[ServerSentEvent | None] = asyncio.Queue()
        self._is_cut = False

    def offer(self, message: ServerSentEvent) -> None:
        """Queue an event if it is for this reader."""
        ours = self._ours(message)
        if ours is None or self._is_cut:
            return
        if self._queue.qsize() >= _MAX_WAITING:  # he does not read; his page will reconnect
            self.cut()
        else:
            self._queue.put_nowait(ours)

    def cut(self) -> None:
        """End the stream after what is queued."""
        if not self._is_cut:
            self._is_cut = True
            self._queue.put_nowait(None)

    async def take(self) -> ServerSentEvent | None:
        """Return the next event, None at the end."""
        return await self._queue.get()

    def _ours(self, message: ServerSentEvent) -> ServerSentEvent | None:
        if message.event == "pictures":
            ours = [vpn for vpn in message.data["vpns"] if vpn in self._vpns]
            return ServerSentEvent("pictures", {"vpns": ours}) if ours else None
        if isinstance(self.identity, Provider) or message.event == END.event:
            return message
        return None


class Feed:
    """Polls a lab as long as there is a reader, and publishes what changes to all of them.

    Args:
        source: the lab.
        intervals: how often it is polled.
        clock: seconds, forward only.

    Attributes:
        source: the lab.
        sent_views: the views that pages were sent; whoever sends pictures updates it.
        of_providers: where there are several providers, a feed of each one's own network.
    """

    def __init__(
        self, source: LabSource, intervals: Intervals | None = None, clock: Clock | None = None
    ) -> None:
        self.source = source
        self._intervals = intervals or Intervals()
        self._clock = clock or time.monotonic
        self.sent_views = SentViews()
        self._readers: set[Subscription] = set()
        self._watching: asyncio.Task[None] | None = None
        self._last: dict[str, ServerSentEvent] = {}
        self._history: deque[ServerSentEvent] = deque(maxlen=KEPT_EVENTS)
        self._has_ended = False
        names = source.facts.parts if source.facts.provider is None else ()
        self.of_providers: dict[str, Feed] = {
            name: Feed(ProviderSource(source, name), intervals, clock) for name in names
        }

    @property
    def is_watching(self) -> bool:
        """Whether the lab is being polled."""
        return self._watching is not None

    # --- readers ----------------------------------------------------------------------------

    def of(self, identity: Identity) -> Feed:
        """Return the feed for a reader: this one, or that of his own network."""
        match identity:
            case Provider(str(name)):
                return self.of_providers[name]
            case _:
                return self

    def join(self, identity: Identity) -> Subscription:
        """Add a reader; the caller must call `leave` in the end.

        Raises:
            HttpError: there are too many, or the lab has ended.
        """
        if self._has_ended:
            raise HttpError(UNAVAILABLE, "the lab has ended")
        mine = sum(reader.identity == identity for reader in self._readers)
        most = MAX_STREAMS - (MAX_STREAMS_PER_TOKEN if isinstance(identity, Customer) else 0)
        if mine >= MAX_STREAMS_PER_TOKEN or len(self._readers) >= most:
            raise HttpError(CONFLICT, "too many pages are open already; close one")
        facts = self.source.facts
        vpns = facts.vpns_of(identity.name) if isinstance(identity, Customer) else facts.vpns
        reader = Subscription(identity, frozenset(vpn.name for vpn in vpns))
        if self._watching is None:
            self._last, self._history = {}, deque(maxlen=KEPT_EVENTS)
            self._watching = asyncio.create_task(self._watch())
            self._watching.add_done_callback(self._stopped_watching)
        for message in (*self._last.values(), *self._history):
            reader.offer(message)
        self._readers.add(reader)
        return reader

    async def read(self, reader: Subscription) -> AsyncIterator[bytes]:
        """Yield what a reader gets, with heartbeats while nothing happens."""
        while True:
            try:
                message = await asyncio.wait_for(reader.take(), self._intervals.heartbeat_s)
            except TimeoutError:
                yield HEARTBEAT
                continue
            if message is None:
                return
            yield message.encode()

    def leave(self, reader: Subscription) -> None:
        """Remove a reader; without readers the lab is not polled."""
        self._readers.discard(reader)
        if not self._readers and self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _tell(self, messages: list[ServerSentEvent]) -> None:
        for message in messages:
            if message.event in _LASTING:
                self._last[message.event] = message
            elif message.event == "pictures":
                # the first one has all VPNs: what changed before is not known
                self._last.setdefault("pictures", message)
            elif message.event == "event":
                self._history.append(message)
            for reader in tuple(self._readers):
                reader.offer(message)

    def end(self) -> None:
        """Tell every reader that the lab has ended, and end the streams."""
        self._has_ended = True
        self._tell([END])
        for feed in self.of_providers.values():
            feed.end()
        self.close()

    def close(self) -> None:
        """End the streams; the lab goes on."""
        for feed in self.of_providers.values():
            feed.close()
        for reader in self._readers:
            reader.cut()

    # --- the lab ----------------------------------------------------------------------------

    async def _watch(self) -> None:
        status = StatusWatch(self.source, self._clock)
        review = ViewWatch(self.source, self._clock, self.sent_views)
        load = LoadWatch(self.source)
        changed = asyncio.Event()

        async def look_at_status() -> None:
            messages = await asyncio.to_thread(status.look)
            self._tell(messages)
            if any(message.event == "state" for message in messages):
                changed.set()

        async def look_at_load() -> None:
            if any(isinstance(reader.identity, Provider) for reader in self._readers):
                self._tell(await asyncio.to_thread(load.look))

        async def look_at_pictures() -> None:
            if status.known.status is not None or not status.known.answers:
                self._tell(await asyncio.to_thread(review.look, status.known))

        async with asyncio.TaskGroup() as group:
            group.create_task(_every(self._intervals.status_s, look_at_status))
            group.create_task(_every(self._intervals.load_s, look_at_load))
            group.create_task(_every(self._intervals.review_s, look_at_pictures, changed))

    def _stopped_watching(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        _LOG.error("the lab is no longer polled; pages will reconnect", exc_info=task.exception())
        if task is self._watching:
            self._watching = None
            self.close()


async def _every(pause_s: float, look: Look, changed: asyncio.Event | None = None) -> None:
    """Poll after each pause, or as soon as something has changed."""
    while True:
        await look()
        if changed is None:
            await asyncio.sleep(pause_s)
            continue
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), pause_s)
        changed.clear()
