"""Standard output whose reader is gone (EPIPE), or that cannot take any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def print_no_more() -> None:
    """Have what is printed from now on, and what is left in buffers, go nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
