"""The lab, scope and mode of a test, from its mark, the options and the settings."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

import pytest

Mode = Literal["program", "network"]
Scope = Literal["function", "module", "session"]

MODES: Final[tuple[str, ...]] = get_args(Mode)
SCOPES: Final[tuple[str, ...]] = get_args(Scope)
_LIBBPF: Final = ("libbpf.so.1", "libbpf.so.0")
_SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin"
_NO_LAB: Final = (
    "no lab for this test; write @pytest.mark.lab(FILE) above it, or pytest --mplsemu-lab FILE"
)


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """How labs are tested in this run, and why."""

    mode: Mode
    reason: str

    def __str__(self) -> str:
        return f"{self.mode} ({self.reason})"


@dataclass(frozen=True, slots=True)
class LabRequest:
    """The lab that a test requests: its file, and what shares it."""

    file: Path
    scope: Scope


def choose_mode(config: pytest.Config) -> ModeChoice:
    """Return the mode of a run.

    Raises:
        pytest.UsageError: the network is asked for, but cannot be booted here.
    """
    asked = config.getoption("--mplsemu") or config.getini("mplsemu_mode")
    lack = _why_no_network()
    if asked == "network":
        if lack:
            raise pytest.UsageError(f"--mplsemu=network: {lack}")
        return ModeChoice("network", "asked for")
    if asked == "program":
        return ModeChoice("program", "asked for")
    if asked:
        raise pytest.UsageError(f"mplsemu_mode = {asked}: write {' or '.join(MODES)}")
    if lack:
        return ModeChoice("program", lack)
    return ModeChoice("network", "root, and a data plane is there")


def _why_no_network() -> str:
    """Return why no network can be booted here; empty if one can."""
    if os.geteuid() != 0:
        return "not root"
    path = f"{os.environ.get('PATH', os.defpath)}:{_SBIN}"
    if shutil.which("ovs-vswitchd", path=path) is None and not _has_libbpf():
        return "neither libbpf nor Open vSwitch is installed"
    if importlib.util.find_spec("mininet") is None:
        return "Mininet is not installed"
    return ""


def _has_libbpf() -> bool:
    """Whether eBPF can be tried here; booting will show whether it works."""
    for name in _LIBBPF:
        with suppress(OSError):
            ctypes.CDLL(name)
            return True
    return False


def requested_lab(request: pytest.FixtureRequest) -> LabRequest:
    """Return the lab that a test requests: by parameter, closest mark, option or setting."""
    mark = request.node.get_closest_marker("lab")
    file, scope = _from_mark(mark) if mark is not None else (None, "module")
    file = getattr(request, "param", file)
    if file is not None:
        return LabRequest(_found(request, file), scope)
    option = request.config.getoption("--mplsemu-lab")
    if option:
        return LabRequest(_absolute(Path(option), request.config.invocation_params.dir), scope)
    setting = request.config.getini("mplsemu_lab")
    if setting:
        beside = request.config.inipath.parent if request.config.inipath else Path.cwd()
        return LabRequest(_absolute(Path(setting), beside), scope)
    pytest.fail(_NO_LAB, pytrace=False)


def _from_mark(mark: pytest.Mark) -> tuple[str | Path | None, Scope]:
    unknown = sorted(set(mark.kwargs) - {"file", "scope"})
    given = [*mark.args, *([mark.kwargs["file"]] if "file" in mark.kwargs else [])]
    if unknown or len(given) > 1 or not all(isinstance(each, str | Path) for each in given):
        pytest.fail(
            f"cannot read {_shown(mark)}; "
            'write @pytest.mark.lab("FILE", scope="module"|"session"|"function")',
            pytrace=False,
        )
    scope = mark.kwargs.get("scope", "module")
    if scope not in SCOPES:
        pytest.fail(f"{_shown(mark)}: scope is {', '.join(SCOPES)}", pytrace=False)
    return (given[0] if given else None), cast("Scope", scope)


def _shown(mark: pytest.Mark) -> str:
    words = [repr(each) for each in mark.args]
    words += [f"{key}={value!r}" for key, value in mark.kwargs.items()]
    return f"@pytest.mark.lab({', '.join(words)})"


def _found(request: pytest.FixtureRequest, file: str | Path) -> Path:
    """Return a mark's file, looked up beside the test file, then in pytest's root directory."""
    places = (request.path.parent, request.config.rootpath)
    found = next((place / file for place in places if (place / file).exists()), None)
    found = found or _shipped(str(file))
    if found is None:
        where = " or ".join(dict.fromkeys(map(str, places)))
        pytest.fail(f"no lab file {str(file)!r} in {where}", pytrace=False)
    return found.resolve()


def _absolute(file: Path, directory: Path) -> Path:
    path = (directory / file).resolve()
    return path if path.exists() else _shipped(str(file)) or path


def _shipped(name: str) -> Path | None:
    """Return the lab of that name that comes with mplsemu, None if there is none."""
    from mplsemu.lab.shipped import shipped_labs  # noqa: PLC0415  # few tests ask for one

    return shipped_labs().get(name)
