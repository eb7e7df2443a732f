"""Which data plane a lab wants, as its file and the command line name it."""

from __future__ import annotations

import enum


class DataPlaneChoice(enum.StrEnum):
    """What the LSRs of a lab are to be made of."""

    AUTO = "auto"
    OPENFLOW = "openflow"
    EBPF = "ebpf"
