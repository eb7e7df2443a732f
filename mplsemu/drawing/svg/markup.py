"""XML elements as text, well-formed whatever the names contain."""

from __future__ import annotations

import re
from typing import Final

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, not even as a reference (XML 1.0 section 2.2)."""

_SIGNS: Final = str.maketrans({
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
    "\t": "&#9;",  # or attribute-value normalisation would make blanks of them
    "\n": "&#10;",
    "\r": "&#13;",
})  # fmt: skip


def escaped(text: str) -> str:
    """Return `text` escaped for an element or an attribute."""
    return _FORBIDDEN.sub("\ufffd", text).translate(_SIGNS)


def number(value: float) -> str:
    """Return a length to a tenth of a pixel, as short as possible."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, /, *content: str, **attributes: str | float | None) -> str:
    """Return an element.

    Args:
        name: of the element.
        content: markup; texts must be `escaped`.
        attributes: ``_`` stands for ``-``, ``class_`` for ``class``; those that are None are left
            out.
    """
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            text = escaped(value) if isinstance(value, str) else number(value)
            words.append(f'{key.rstrip("_").replace("_", "-")}="{text}"')
    inside = "".join(content)
    return f"<{' '.join(words)}>{inside}</{name}>" if inside else f"<{' '.join(words)}/>"
