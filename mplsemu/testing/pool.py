"""The labs of a pytest run: each is booted once for its scope, and taken down after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mplsemu.errors import MplsEmuError
from mplsemu.testing.choice import LabRequest, ModeChoice, Scope

if TYPE_CHECKING:
    from mplsemu.script.interface import LabInterface

_Key = tuple[Path, str]


class LabPool:
    """Labs, by file and scope.

    Args:
        choice: the mode of the run.
    """

    def __init__(self, choice: ModeChoice) -> None:
        self.choice = choice
        self._labs: dict[_Key, LabInterface] = {}
        self._failures: dict[_Key, str] = {}
        self._booted = 0

    def lab(self, item: pytest.Item, wanted: LabRequest) -> LabInterface:
        """Return the lab for a test; the first test of its scope boots it.

        A lab that a test has destroyed is booted again; one that did not boot is not tried again.
        """
        owner = _owner(item, wanted.scope)
        key = (wanted.file, owner.nodeid if owner is not item.session else "")
        found = self._labs.get(key)
        if found is not None and not found.is_usable:
            self._close(key)
            found = None
        if found is None:
            if key in self._failures:
                pytest.fail(f"{self._failures[key]} (as before)", pytrace=False)
            found = self._labs[key] = self._boot(key)
            owner.addfinalizer(lambda: self._close(key))
        return found

    def mend(self, lab: LabInterface) -> None:
        """Undo what a test did to a lab; if that fails, the next test gets a new lab."""
        try:
            if lab.is_usable:
                lab.mend()
        except BaseException:
            for key, each in list(self._labs.items()):
                if each is lab:
                    self._close(key)
            raise

    def close(self) -> None:
        """Take down all labs that are left."""
        for key in list(self._labs):
            self._close(key)

    def _boot(self, key: _Key) -> LabInterface:
        file, _ = key
        try:
            if self.choice.mode == "program":
                from mplsemu.testing.skipping import SkippingLab  # noqa: PLC0415

                return SkippingLab(file)
            from mplsemu.running.lab import LabProcess  # noqa: PLC0415
            from mplsemu.script.network_lab import NetworkLab  # noqa: PLC0415

            return NetworkLab(LabProcess(file, run_dir=self._run_dir()))
        except MplsEmuError as error:
            self._failures[key] = str(error)
        pytest.fail(self._failures[key], pytrace=False)

    def _run_dir(self) -> Path:
        """Return a run directory for one lab, so that labs of one name can run side by side."""
        from mplsemu.running.directory import run_directory  # noqa: PLC0415

        self._booted += 1
        usual = run_directory()
        return usual.with_name(f"{usual.name}-pytest-{os.getpid()}-{self._booted}")

    def _close(self, key: _Key) -> None:
        lab = self._labs.pop(key, None)
        if lab is not None:
            lab.close()


def _owner(item: pytest.Item, scope: Scope) -> pytest.Item | pytest.Collector:
    """Return the owner of a lab: when it is done, the lab is taken down."""
    match scope:
        case "function":
            return item
        case "module":
            return item.getparent(pytest.Module) or item.session
        case "session":
            return item.session
