"""Mininet's classes, imported in one place: Mininet 2.3.0 still imports distutils."""

from __future__ import annotations

from mplsemu.compat.distutils import stdlib_distutils
from mplsemu.errors import MissingToolError

try:
    with stdlib_distutils():
        from mininet.cli import CLI
        from mininet.link import Intf, Link
        from mininet.log import lg
        from mininet.net import Mininet
        from mininet.node import Host, Node, OVSSwitch, Switch
except ImportError as error:
    raise MissingToolError(
        f"Mininet cannot be imported ({error}); type: sudo apt-get install mininet, and use a"
        " virtual environment made with --system-site-packages"
    ) from error

__all__ = ["CLI", "Host", "Intf", "Link", "Mininet", "Node", "OVSSwitch", "Switch", "lg"]
