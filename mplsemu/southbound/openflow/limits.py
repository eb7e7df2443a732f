"""What the pipeline on Open vSwitch can carry out."""

from __future__ import annotations

from typing import Final

from mplsemu.model.tags import TagType
from mplsemu.southbound.plane.limits import Limits

MAX_LABELS: Final = 3
"""Open vSwitch drops a packet on the push of a fourth label (FLOW_MAX_MPLS_LABELS)."""

LIMITS: Final = Limits(
    pushed_labels=MAX_LABELS - 1,  # and the service's
    swapped_labels=MAX_LABELS - 1,
    members=None,
    port=0xFEFF,  # Open vSwitch keeps the numbers above for itself, as OpenFlow 1.0 (OFPP_MAX)
    index=0xFFFF,  # 16 bits of registers and cookies
    control_word=False,
    mac_limit=False,
    backups=False,
    tag_types=frozenset({TagType.CUSTOMER, TagType.SERVICE}),
)
