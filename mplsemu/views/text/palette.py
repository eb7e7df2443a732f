"""The styles of texts on a terminal; colour is never all that tells.

The hues (blue, yellow, cyan, magenta) are ones that colour-blind people tell apart, and every
state also has a sign or a word of its own.
"""

from __future__ import annotations

from typing import Final

TITLE: Final = "bold"
FAINT: Final = "dim"
SITE: Final = "cyan"
VIRTUAL: Final = "bold blue"
PE: Final = "bold blue"
P: Final = "blue"
TRANSPORT_LABEL: Final = "bold yellow"
SERVICE_LABEL: Final = "bold magenta"
PAYLOAD: Final = "cyan"
GOOD: Final = "blue"
BAD: Final = "bold yellow reverse"
DOWN: Final = "yellow"
