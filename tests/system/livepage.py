"""The live page of a running lab, as a script uses it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from tests.waiting import eventually


class Page:
    """One reader's requests.

    Args:
        link: as a command printed it.
    """

    def __init__(self, link: str) -> None:
        self.address, _, token = link.partition("/#token=")
        self._client = httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str) -> httpx.Response:
        return self._client.get(f"/api/{path}")

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self._client.post(f"/api/{path}", json=body)

    def good(self, path: str, **body: Any) -> Any:
        """Ask for something that must be done; return the answer."""
        answer = self.post(path, **body) if body else self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @contextmanager
    def stream(self) -> Iterator[Stream]:
        """Read the stream while the block runs."""
        with self._client.stream("GET", "/api/stream", timeout=60) as response:
            assert response.status_code == 200
            stream = Stream(response)
            try:
                yield stream
            finally:  # closing it would not wake the thread that reads
                line = response.extensions["network_stream"].get_extra_info("socket")
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
                stream.thread.join(10)


class Stream:
    """What has come down a stream so far, and when."""

    def __init__(self, response: httpx.Response) -> None:
        self.messages: list[tuple[float, str, Any]] = []
        self.has_ended = False
        self.thread = threading.Thread(target=self._read, args=[response], daemon=True)
        self.thread.start()

    def _read(self, response: httpx.Response) -> None:
        event = ""
        try:
            for line in response.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    self.messages.append((time.monotonic(), event, data))
        except (httpx.HTTPError, httpx.StreamError):
            pass
        self.has_ended = True

    def await_message(
        self,
        event: str,
        where: Callable[[Any], Any] = lambda _data: True,
        timeout_s: float = 10.0,
        after: int = 0,
    ) -> tuple[float, Any]:
        """Wait for a message; return when it came and what it said.

        `after` is how many messages there were before it may come.
        """

        def look() -> tuple[float, Any] | None:
            for at, name, data in self.messages[after:]:
                if name == event and where(data):
                    return at, data
            return None

        found = eventually(look, f"message {event}", timeout_s, pause_s=0.005)
        assert found is not None
        return found
