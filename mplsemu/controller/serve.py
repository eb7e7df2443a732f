"""Run a controller: the listener for switches, the worker and the northbound socket."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mplsemu.controller.controller import Controller
from mplsemu.controller.flush import flush_vpn
from mplsemu.controller.macs import learned_macs
from mplsemu.controller.northbound import Northbound
from mplsemu.errors import EmulationError, LabError
from mplsemu.model.network import Network
from mplsemu.program.codec import dump_program
from mplsemu.southbound.openflow import app, encode, framework

_LOG = logging.getLogger(__name__)
DEFAULT_PORT: Final = 6653
"""OpenFlow's own (IANA)."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a controller listens for switches and for those who ask it.

    Attributes:
        host: address for switches.
        port: TCP port for switches.
        socket: path of the northbound socket, None for no northbound.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    socket: Path | None = None


def serve(network: Network, listen: Listen, state_file: Path | None) -> None:
    """Control the switches of a lab until the process is ended.

    Args:
        network: the lab.
        listen: where to.
        state_file: remembers labels and neighbours over a restart.

    Raises:
        EmulationError: it cannot listen, or cannot write the state file.
    """
    _check_address(listen.host, listen.port)
    if state_file is not None and not os.access(state_file.parent, os.W_OK):
        raise EmulationError(f"cannot write {state_file}; name a file where you may write")
    controller = Controller(network, state_file)
    if listen.socket is not None:  # first, as it may fail; it answers when the worker is there
        Northbound(listen.socket, calls_of(controller)).start()
    line, threads = app.start(controller.deliver, listen.host, listen.port)
    controller.attach(line)
    framework.hub.spawn(_work, controller)
    framework.hub.joinall(threads)
    _LOG.error("the listener for switches ended")
    os._exit(1)  # the framework's other threads would keep the process


def _check_address(host: str, port: int) -> None:
    """Find out whether one can listen there: the framework would only print a stack trace."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise EmulationError(
            f"cannot listen on {host}:{port}: {error.strerror}; write --listen [HOST:]PORT"
        ) from None


def _work(controller: Controller) -> None:
    """Run the worker; without it the process is of no use, and whoever watches restarts it."""
    try:
        controller.run()
    except BaseException:  # noqa: BLE001  # whatever it was: say it, and end
        _LOG.exception("the controller's worker ended")
        os._exit(1)


def calls_of(controller: Controller) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """Return what the northbound offers (docs/northbound.md)."""

    def flush(request: dict[str, Any]) -> Any:
        vpn = request.get("vpn")
        if not isinstance(vpn, str):
            raise LabError("flush needs to know which VPLS", remedy='write "vpn": NAME')
        return controller.ask(lambda: _flush(controller, vpn))

    return {
        "status": lambda _: controller.ask(lambda: _status(controller)),
        "program": lambda _: controller.ask(lambda: dump_program(controller.program)),
        "events": lambda request: list(controller.events.since(int(request.get("since", 0)))),
        "macs": lambda _: controller.ask(lambda: learned_macs(controller), timeout_s=30.0),
        "flush": flush,
    }


def _status(controller: Controller) -> dict[str, Any]:
    switches = {
        switch.name: {
            "connected": switch.connected,
            "in_sync": switch.connected and switch.node is controller.program.node(switch.name),
            "flows": len(switch.installed),
            "errors": switch.errors,
        }
        for switch in controller.switches
    }
    return {
        "lab": controller.network.name,
        "framework": framework.version(),
        "pid": os.getpid(),
        "generation": controller.generation,
        "in_sync": all(switch["in_sync"] for switch in switches.values()),
        "down": sorted(controller.switches.down()),
        "neighbours": controller.neighbours(),
        "switches": switches,
    }


def _flush(controller: Controller, vpn: str) -> dict[str, int]:
    orders = flush_vpn(controller.program, vpn)
    if not orders:
        raise LabError(f"no VPLS named {vpn!r} in this lab")
    for name, cookies in orders.items():
        data = b"".join(encode.delete_by_cookie(cookie, mask) for cookie, mask in cookies)
        controller.send(controller.switches[name], data)
    controller.events.add("mac", f"{vpn}: all learned addresses flushed")
    return {"switches": len(orders)}
