"""A boot that needs no root, with all that exceptions are lost in: callbacks, destructors, classes.

It is put in the place of the real one as modules are imported (`Found`, `CHANGES`).
"""

# ruff: noqa: PLC0415  # nothing of ours may be imported before it is struck

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import time
from pathlib import Path


class Found:
    """Changes modules as they are imported."""

    def __init__(self, changes):
        self._changes = changes

    def find_spec(self, name, path, target=None):
        change = self._changes.get(name)
        if change is None:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            change(module)

        spec.loader.exec_module = exec_module
        return spec


def _nothing(*_args, **_options):
    return None


def _change_boot(module):
    from types import SimpleNamespace

    module.require_root = module.require_tools = module.require_open_files = _nothing
    module.choose = lambda *_: SimpleNamespace(name="ebpf", notes=tuple)
    module.enter_private_namespace = lambda: SimpleNamespace(leave=_nothing)
    module.lab_data_plane = lambda *_: FakeDataPlane()
    module.LabNet = FakeNet
    module.host_records = lambda _net: {}


def _change_session(module):
    module.require_root = _nothing


def _change_checks(module):
    from mplsemu.emulation.interrupts import sleep

    def run_checks(_network, _hosts, progress):
        for number in range(5):
            progress(number, 5)
            sleep(0.001)
        return tuple(
            module.CheckResult(f"check {n}", "a", "a/x/h1", "a/y/h1", "reach", True, 1.0, "")
            for n in range(3)
        )

    module.run_checks = run_checks


def _change_prompt(module):
    from types import SimpleNamespace

    def prompt(_lab):
        print("up and well", file=sys.stderr)
        from mplsemu.emulation.interrupts import resume, sleep

        for _ in range(5):
            with contextlib.suppress(KeyboardInterrupt):
                resume()
                sleep(0.001)
        resume()
        return SimpleNamespace(code=0)

    module.Prompt = prompt


def _change_progress(module):
    module.Bar.__init__.__kwdefaults__["shown"] = True  # the library that draws it has threads


class FakeDataPlane:
    """A data plane of one daemon that does nothing."""

    datapath = "none"

    def __init__(self):
        from types import SimpleNamespace

        self.environment = {}
        self.fabric = SimpleNamespace(lsr_namespaces=False)
        self.controller = self
        self.client = self
        self._process = None

    def begin(self):
        from mplsemu.emulation.namespace import start_daemon

        self._process = start_daemon(["sleep", "1000"])
        note_child(self._process.pid)

    def pid(self):
        return None if self._process is None or self._process.poll() is not None else 1

    def before_connecting(self):
        from mplsemu.emulation.interrupts import sleep

        sleep(0.002)

    def after_connecting(self):
        from mplsemu.emulation.interrupts import run

        run(["true"])

    def is_healthy(self):
        return True

    def wait_until(self, condition, *_args, **_options):
        from mplsemu.emulation.interrupts import sleep

        for done in (False, True):
            status = {"switches": {"dk": {"in_sync": done, "errors": 0}}, "in_sync": done}
            if condition(status):
                return status
            sleep(0.001)
        return status

    def daemons(self):
        from mplsemu.running.supervisor import Daemon

        return (Daemon("sleep", lambda: self._process.pid, self.begin),)

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class FakeNet:
    """Does what Mininet's import and a boot do, where exceptions are lost."""

    notes = ()

    def __init__(self, *args):
        from types import SimpleNamespace

        self._options = args[-1]
        self.plan = SimpleNamespace(lsrs=(), cables=lambda: (), veth_pairs=(), lines={})

    def pids(self):
        return frozenset()

    def build(self):
        import ctypes
        import weakref

        from mplsemu.emulation.interrupts import run

        libc = ctypes.CDLL(None)
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.c_void_p)

        def compare(one, _other):
            return one[0] % 3 - 1

        def gone(_reference):
            return len(str(_reference))

        class Named:
            def __set_name__(self, owner, name):
                self.name = name

        class Dying:
            def __del__(self):
                self.said = str(self)

        for number in range(10):
            self._options.progress("nodes", number, 10)
            libc.qsort((ctypes.c_int * 6)(*range(6)), 6, 4, kind(compare))
            type("Made", (), {"one": Named(), "two": Named()})
            dying = Dying()
            reference = weakref.ref(dying, gone)
            del dying
            assert reference() is None
            if number % 3 == 0:
                run(["true"])

    def start(self):
        self._options.progress("switches", 1, 1)

    def stop(self):
        time.sleep(0.001)


def note_child(pid):
    with Path(os.environ["STRIKES_CHILDREN"]).open("a") as file:
        file.write(f"{pid}\n")


CHANGES = {
    "mplsemu.running.boot": _change_boot,
    "mplsemu.running.session": _change_session,
    "mplsemu.running.checks": _change_checks,
    "mplsemu.cli.prompt": _change_prompt,
    "mplsemu.cli.progress": _change_progress,
}
