"""Which OpenFlow framework there is, and its threads: Ryu, or os-ken, its maintained fork.

Ryu's threads are eventlet's, which monkey-patches the blocking parts of the standard library. That
must happen before modules that create locks are imported, so this module imports little.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from mplsemu.compat.distutils import stdlib_distutils
from mplsemu.errors import MissingToolError
from mplsemu.southbound.accepting import accept_for_ever

CHOICE_VARIABLE: Final = "MPLSEMU_OPENFLOW_FRAMEWORK"
"""Environment variable that names the framework to use; without it the first one found."""

CANDIDATES: Final = ("ryu", "os_ken")


def _choose() -> str:
    wanted = os.environ.get(CHOICE_VARIABLE)
    if wanted and wanted not in CANDIDATES:
        raise MissingToolError(f"{CHOICE_VARIABLE}={wanted}: write one of {', '.join(CANDIDATES)}")
    for name in (wanted,) if wanted else CANDIDATES:
        if importlib.util.find_spec(name) is not None:
            return name
    raise MissingToolError(
        f"no OpenFlow framework ({wanted or ' or '.join(CANDIDATES)}) is installed; "
        "type: pip install os-ken"
    )


def _restore_eventlet_name() -> None:
    """Give eventlet.wsgi the name that Ryu 4.34 imports and never uses."""
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # no names are looked up here
    with contextlib.suppress(ImportError):
        wsgi = importlib.import_module("eventlet.wsgi")
        if not hasattr(wsgi, "ALREADY_HANDLED"):
            wsgi.ALREADY_HANDLED = object()  # type: ignore[attr-defined]


NAME: Final = _choose()


def framework_module(path: str) -> ModuleType:
    """Import a module of the framework; both have the same ones."""
    with stdlib_distutils(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both import names that newer libraries deprecate
        if NAME == "ryu":
            _restore_eventlet_name()
        return importlib.import_module(f"{NAME}.{path}")


hub: Any = framework_module("lib.hub")


def patch_standard_library() -> None:
    """Let the framework replace sockets, locks and the like by those of its green threads."""
    hub.patch()


class GreenThreads:
    """The framework's threads, as a data plane offers them (southbound/plane/threads.py)."""

    def queue(self) -> Any:
        """Return a new queue; its Empty is the standard library's."""
        return hub.Queue()

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Run something in a new thread."""
        hub.spawn(work, *args)

    def sleep(self, seconds: float) -> None:
        """Wait, and let other threads work."""
        hub.sleep(seconds)

    def serve(self, path: Path, handle: Callable[[socket.socket], None]) -> None:
        """Listen on a Unix socket and handle each connection in a new thread.

        Raises:
            OSError: the address cannot be listened on.
        """
        server = hub.StreamServer((str(path),), handle).server  # its own loop ends with an error
        self.spawn(accept_for_ever, server, handle, self.spawn, hub.sleep)
