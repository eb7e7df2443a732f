"""The server's socket, opened before the lab boots."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final, Self

from mplsemu.errors import EmulationError, LabError

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8080
BACKLOG: Final = 1024


@dataclass(frozen=True, slots=True)
class ListeningSocket:
    """A listening socket; it stays in the network namespace it was opened in.

    Attributes:
        listener: the socket.
        host: the address it listens on.
        port: its port.
    """

    listener: socket.socket
    host: str
    port: int

    @classmethod
    def on(cls, host: str, port: int, option: str = "--port") -> Self:
        """Open a socket.

        Args:
            host: an address of this machine, or a name of one.
            port: 0 chooses a free one.
            option: the command's option for the port, for the error message.

        Raises:
            LabError: the port is out of range.
            EmulationError: the port is in use, or this machine has no such address.
        """
        if not 0 <= port < 65536:
            raise LabError(f"{port} is not a port", remedy="write 1 to 65535, or 0 for a free one")
        where = f"port {port}" if host == DEFAULT_HOST else f"port {port} of {host}"
        try:
            family, *_, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            opened = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        except OSError as error:
            reason = "in use" if error.errno == errno.EADDRINUSE else error.strerror
            raise EmulationError(
                f"cannot listen on {where}: {reason}; {option} 0 chooses a free one"
            ) from None
        return cls.of(opened)

    @classmethod
    def of(cls, opened: socket.socket) -> Self:
        """Return an open socket with its address."""
        host, port = opened.getsockname()[:2]
        return cls(opened, str(host), int(port))

    @property
    def is_everywhere(self) -> bool:
        """Whether it listens on every address of this machine."""
        return ipaddress.ip_address(self.host).is_unspecified

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def names(self) -> frozenset[str]:
        """Host names that links may use, in addition to those of loopback."""
        return frozenset({socket.gethostname() if self.is_everywhere else self.host})

    @property
    def address(self) -> str:
        """The base of links to it."""
        host = socket.gethostname() if self.is_everywhere else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
