"""Run a controller: the data plane's listener, the worker and the northbound socket."""

from __future__ import annotations

import logging
import os
import reprlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mplsemu.controller.controller import Controller
from mplsemu.controller.flush import vpn_flushes
from mplsemu.controller.macs import learned_macs
from mplsemu.controller.northbound import Northbound
from mplsemu.controller.request import integer_of
from mplsemu.controller.state import SavedState, load_state
from mplsemu.controller.storms import watch_storms
from mplsemu.errors import EmulationError, LabError
from mplsemu.lab.loader import LoadedLab, load
from mplsemu.program.codec import dump_program
from mplsemu.program.spare_lines import active_lines
from mplsemu.southbound.plane.protocol import DataPlane

_LOG = logging.getLogger(__name__)


def lab_to_serve(path: Path, state_file: Path | None) -> LoadedLab:
    """Read a lab file; its automatic addresses are those that a controller before had.

    Raises:
        LabError: it cannot be read, or something in it is wrong.
    """
    lab = load(path)
    saved = load_state(state_file) if state_file is not None else SavedState()
    if saved.numbers is None or not saved.is_of(lab.network):
        return lab
    return load(path, saved.numbers)


def serve(lab: LoadedLab, plane: DataPlane, socket: Path | None, state_file: Path | None) -> None:
    """Control the LSRs of a lab until the process is ended.

    Args:
        lab: from `lab_to_serve`.
        plane: what its LSRs are made of.
        socket: path of the northbound socket, None for no northbound.
        state_file: remembers labels, numbers and neighbours over a restart.

    Raises:
        EmulationError: it cannot listen, or cannot write the state file.
    """
    if state_file is not None and not os.access(state_file.parent, os.W_OK):
        raise EmulationError(f"cannot write {state_file}; name a file where you may write")
    controller = Controller(lab.network, plane, state_file, lab.numbers)
    if socket is not None:  # first, as it may fail; it answers when the worker is there
        Northbound(socket, calls_of(controller), plane.threads).start()
    plane.start(controller.program, controller.deliver)
    plane.threads.spawn(_work, controller)
    plane.threads.spawn(watch_storms, controller)
    plane.wait()
    _LOG.error("the data plane %s ended", plane.name)
    os._exit(1)  # other threads would keep the process alive


def _work(controller: Controller) -> None:
    """Run the worker; if it fails, end the process, which the supervisor restarts."""
    try:
        controller.run()
    except BaseException:  # noqa: BLE001  # whatever it was: say it, and end
        _LOG.exception("the controller's worker ended")
        os._exit(1)


def calls_of(controller: Controller) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """Return the northbound calls (docs/northbound.md)."""

    def flush(request: dict[str, Any]) -> Any:
        vpn = request.get("vpn")
        if not isinstance(vpn, str):
            raise LabError("flush needs to know which VPLS", remedy='write "vpn": NAME')
        return controller.ask(lambda: _flush(controller, vpn))

    return {
        "status": lambda _: controller.ask(lambda: _status(controller)),
        "program": lambda _: controller.ask(lambda: dump_program(controller.program)),
        "events": lambda request: list(controller.events.since(integer_of(request, "since"))),
        "macs": lambda _: learned_macs(controller),
        "counters": lambda _: controller.ask(lambda: _counters(controller)),
        "flush": flush,
    }


def _status(controller: Controller) -> dict[str, Any]:
    lsrs = {
        lsr.name: {
            "connected": lsr.connected,
            "in_sync": lsr.connected and lsr.node is controller.program.node(lsr.name),
            "flows": controller.plane.entries(lsr.name) if lsr.connected else 0,
            "errors": lsr.errors,
        }
        for lsr in controller.lsrs
    }
    status = {
        "lab": controller.network.name,
        "dataplane": controller.plane.name,
        "framework": controller.plane.version,
        "pid": os.getpid(),
        "generation": controller.generation,
        "in_sync": all(lsr["in_sync"] for lsr in lsrs.values()),
        "down": sorted(controller.lsrs.down()),
        "neighbours": controller.neighbours(),
        "storms": controller.storms.circuits,
        "mac_moves": [
            {"vpn": each.vpn, "mac": each.mac, "places": list(each.places)}
            for each in controller.mac_moves.flapping()
        ],
        "blocked": {each.circuit: each.mac for each in controller.mac_moves.blocks()},
        "switches": lsrs,
    }
    if active := active_lines(controller.program):
        status["active_lines"] = active
    return status


def _counters(controller: Controller) -> dict[str, Any]:
    connected = [lsr.name for lsr in controller.lsrs.connected()]
    counters = controller.plane.counters(controller.program, connected)
    return {
        "dataplane": controller.plane.name,
        "counted": counters is not None,
        "counters": [asdict(counter) for counter in counters or ()],
    }


def _flush(controller: Controller, vpn: str) -> dict[str, int]:
    orders = vpn_flushes(controller.program, vpn)
    if not orders:
        raise LabError(f"no VPLS named {reprlib.repr(vpn)} in this lab")
    controller.plane.flush_macs(controller.program, orders)
    controller.events.add("mac", f"{vpn}: all learned addresses flushed")
    return {"switches": len(orders)}
