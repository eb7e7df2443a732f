"""Ryu where it is installed, else os-ken, its maintained fork: the same classes under one name.

Importing this module imports the framework; MissingToolError says what to install when there is
neither. Ryu 4.34 asks eventlet for a name that newer eventlets dropped, so that name is put back
before Ryu is imported: this is why the controller has a launcher of its own.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import os
import warnings
from types import ModuleType
from typing import Any, Final

from mplsemu.errors import MissingToolError

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
    with contextlib.suppress(ImportError):
        wsgi = importlib.import_module("eventlet.wsgi")
        if not hasattr(wsgi, "ALREADY_HANDLED"):
            wsgi.ALREADY_HANDLED = object()  # type: ignore[attr-defined]


NAME: Final = _choose()


def _module(path: str) -> ModuleType:
    return importlib.import_module(f"{NAME}.{path}")


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # both frameworks import names that newer libraries deprecate
    if NAME == "ryu":
        _restore_eventlet_name()
    hub: Any = _module("lib.hub")
    app_manager: Any = _module("base.app_manager")
    ofp_event: Any = _module("controller.ofp_event")
    handler: Any = _module("controller.handler")
    cfg: Any = _module("cfg")
    ofproto: Any = _module("ofproto.ofproto_v1_3")
    parser: Any = _module("ofproto.ofproto_v1_3_parser")
    importlib.import_module(f"{NAME}.controller.controller")  # registers the listener's options

AppBase: Any = getattr(app_manager, {"ryu": "RyuApp", "os_ken": "OSKenApp"}[NAME])
OFP_HANDLER: Final = f"{NAME}.controller.ofp_handler"


def version() -> str:
    """Return the framework's name and version, as people write it."""
    package = {"ryu": "ryu", "os_ken": "os-ken"}[NAME]
    return f"{package} {importlib.metadata.version(package)}"
