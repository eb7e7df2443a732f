"""Ryu where it is installed, else os-ken: the same classes under one name.

Ryu 4.34 asks eventlet for a name that newer eventlets dropped, so that name is put back before Ryu
is imported: this is why the controller has its own launcher.
"""

from __future__ import annotations

import importlib.metadata
from typing import Any, Final

from mplsemu.southbound.openflow.threads import NAME, framework_module, hub

__all__ = [
    "OFP_HANDLER",
    "AppBase",
    "app_manager",
    "cfg",
    "handler",
    "hub",
    "ofp_event",
    "ofproto",
    "parser",
    "version",
]  # fmt: skip

app_manager: Any = framework_module("base.app_manager")
ofp_event: Any = framework_module("controller.ofp_event")
handler: Any = framework_module("controller.handler")
cfg: Any = framework_module("cfg")
ofproto: Any = framework_module("ofproto.ofproto_v1_3")
parser: Any = framework_module("ofproto.ofproto_v1_3_parser")
framework_module("controller.controller")  # registers the listener's options

AppBase: Any = getattr(app_manager, {"ryu": "RyuApp", "os_ken": "OSKenApp"}[NAME])
OFP_HANDLER: Final = f"{NAME}.controller.ofp_handler"


def version() -> str:
    """Return the framework's name and version, such as ``ryu 4.34``."""
    package = {"ryu": "ryu", "os_ken": "os-ken"}[NAME]
    return f"{package} {importlib.metadata.version(package)}"
