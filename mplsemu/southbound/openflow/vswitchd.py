"""Commands to ovs-vswitchd over its control socket, as ovs-appctl(8) gives them."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Final

_DAEMON: Final = "ovs-vswitchd"
_TIMEOUT_S: Final = 1.0
_CHUNK: Final = 4096


class Vswitchd:
    """The daemon that keeps its files in a directory.

    Args:
        run_dir: of its process id and its control socket.
    """

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir

    def purge(self) -> bool:
        """Delete all flows of the datapath: packets are handled by the OpenFlow flows of now.

        Returns:
            Whether it was done.
        """
        try:
            answer = self._call("revalidator/purge")
        except (OSError, ValueError):
            return False
        return answer.get("error") is None

    def _call(self, method: str) -> dict[str, Any]:
        """Call a method by JSON-RPC (RFC 7047 section 4); return the reply."""
        pid = int((self._run_dir / f"{_DAEMON}.pid").read_text(encoding="ascii"))
        request = {"id": 0, "method": method, "params": []}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(self._run_dir / f"{_DAEMON}.{pid}.ctl"))
            connection.sendall(json.dumps(request).encode())
            return _read(connection)


def _read(connection: socket.socket) -> dict[str, Any]:
    """Return the JSON object that a daemon sends; it says nothing of its length."""
    text = b""
    while chunk := connection.recv(_CHUNK):
        text += chunk
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
        break
    raise ValueError("no JSON object")
