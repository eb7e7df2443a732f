"""Which traffic class (TC) a packet's labels get for its DSCP (RFC 3270, RFC 5462).

The ingress PE writes the TC into every label that it pushes; it does not change on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DSCP_BITS: Final = 6
"""Of the DS field; the two below it are ECN (RFC 2474 section 3, RFC 3168)."""
ECN_BITS: Final = 2
TC_BITS: Final = 3
NO_DSCP_TC: Final = 0
"""TC of a frame without an IP packet."""


@dataclass(frozen=True, slots=True)
class ClassMap:
    """A map from DSCP to TC (RFC 3270 section 4.2, the encapsulation of an E-LSP).

    Attributes:
        tcs: the TC for each DSCP.
    """

    tcs: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.tcs) != 1 << DSCP_BITS:
            raise ValueError(f"a class map has {1 << DSCP_BITS} entries, not {len(self.tcs)}")
        if not all(0 <= tc < 1 << TC_BITS for tc in self.tcs):
            raise ValueError(f"a TC does not fit in {TC_BITS} bits; write 0..{(1 << TC_BITS) - 1}")

    def tc(self, dscp: int) -> int:
        """Return the TC for a DSCP."""
        return self.tcs[dscp]


CLASS_SELECTOR_SHIFT: Final = DSCP_BITS - TC_BITS
"""Low bits of a DSCP below its class selector (RFC 2474 section 4.2.2)."""
CLASS_MAP: Final = ClassMap(tuple(dscp >> CLASS_SELECTOR_SHIFT for dscp in range(1 << DSCP_BITS)))
"""The map of every lab: the TC is the DSCP's class selector. Data planes shift instead."""
