"""The stream of changes as an HTTP response: subscribed to the feed while it is read."""

from __future__ import annotations

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mplsemu.web.access import Identity
from mplsemu.web.feed import Feed


class EventStreamResponse(StreamingResponse):
    """The response to `GET /api/stream`.

    Args:
        feed: the source of changes.
        identity: who reads.
    """

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, identity: Identity) -> None:
        super().__init__(content=())
        self._feed = feed
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the reader disconnects or the lab ends.

        Raises:
            HttpError: there are too many streams; nothing has been sent yet.
        """
        reader = self._feed.join(self._identity)
        try:
            self.body_iterator = self._feed.read(reader)
            await super().__call__(scope, receive, send)
        finally:
            self._feed.leave(reader)
