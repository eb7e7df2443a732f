"""What a lab file may hold, key by key.

This is the file's shape; what the names in it refer to is checked where the model is built.
"""

from __future__ import annotations

from mplsemu.lab.schema.borders import RawBorder
from mplsemu.lab.schema.ce import AnyCe, AnyStationCe, RawCe, RawStationCe
from mplsemu.lab.schema.checks import CHECKS, AnyCheck, RawPath, RawPing, RawThroughput
from mplsemu.lab.schema.hosts import AnyHost, AnyHosts, RawHost
from mplsemu.lab.schema.lab_file import SCHEMA_FILE, ChecksFile, LabFile, json_schema
from mplsemu.lab.schema.mapping import StrictMapping
from mplsemu.lab.schema.provider import AnyLink, RawDefaults, RawLink, RawNode, RawProvider
from mplsemu.lab.schema.sites import RawBridgedSite, RawRoutedSite, RawVplsSite, SourceValidation
from mplsemu.lab.schema.vpns import (
    AnyVpn,
    RawBridged,
    RawL3vpn,
    RawSixPe,
    RawVpls,
    RawVpn,
    RawVpws,
)

__all__ = [
    "CHECKS",
    "SCHEMA_FILE",
    "AnyCe",
    "AnyCheck",
    "AnyHost",
    "AnyHosts",
    "AnyLink",
    "AnyStationCe",
    "AnyVpn",
    "ChecksFile",
    "LabFile",
    "RawBorder",
    "RawBridged",
    "RawBridgedSite",
    "RawCe",
    "RawDefaults",
    "RawHost",
    "RawL3vpn",
    "RawLink",
    "RawNode",
    "RawPath",
    "RawPing",
    "RawProvider",
    "RawRoutedSite",
    "RawSixPe",
    "RawStationCe",
    "RawThroughput",
    "RawVpls",
    "RawVplsSite",
    "RawVpn",
    "RawVpws",
    "SourceValidation",
    "StrictMapping",
    "json_schema",
]
