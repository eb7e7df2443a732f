"""mplsemu whose controller takes another lab file while it runs; as a module, it is the command.

The product has no command for that yet: here the northbound has one call more.
"""

from __future__ import annotations

import sys
from typing import Any

from mplsemu.cli.main import main
from mplsemu.controller import serve
from mplsemu.controller.controller import Controller
from mplsemu.controller.network_change import NetworkChanged
from mplsemu.lab.loader import loads
from mplsemu.running import controller_process

_calls_of = serve.calls_of


def changeable_command(*words: str) -> list[str]:
    """Return the command line that runs such an mplsemu, in the directory of the tests."""
    return [sys.executable, "-m", "tests.system.changeable", *words]


def changeable_calls_of(controller: Controller) -> dict[str, Any]:
    """Return what the northbound offers, with ``change``, which takes a lab file's text."""

    def change(request: dict[str, Any]) -> None:
        lab = loads(request["lab"], "lab.yaml", controller.ask(lambda: controller.numbers))
        controller.deliver(NetworkChanged(lab.network, lab.numbers))
        controller.ask(lambda: None)  # the worker has come to it

    return _calls_of(controller) | {"change": change}


if __name__ == "__main__":
    serve.calls_of = changeable_calls_of
    controller_process.mplsemu_command = changeable_command
    sys.exit(main(sys.argv[1:]))
