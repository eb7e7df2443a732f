"""What a request is answered with that cannot be done: a status and one line (RFC 9110)."""

from __future__ import annotations

from typing import Final

from mplsemu.errors import MplsEmuError

BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401
NOT_FOUND: Final = 404
TIMED_OUT: Final = 408
CONFLICT: Final = 409
UNAVAILABLE: Final = 503


class HttpError(MplsEmuError):
    """A request that is not done.

    Args:
        status: of HTTP.
        text: why, for a person.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


NOT_FOUND_TEXT: Final = "there is nothing here"
"""For everything that is not a customer's, whether it exists or not: so nobody can find out."""


def not_found() -> HttpError:
    """Return what a customer gets for everything that is not his."""
    return HttpError(NOT_FOUND, NOT_FOUND_TEXT)
