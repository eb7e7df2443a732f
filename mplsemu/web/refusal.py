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


class RefusalError(MplsEmuError):
    """A request that is not done.

    Args:
        status: of HTTP.
        text: why, for a person.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


NOTHING_THERE: Final = "there is nothing here"
"""For everything that is not a customer's, whether it exists or not: so nobody can find out."""


def nothing_there() -> RefusalError:
    """Return what a customer gets for everything that is not his."""
    return RefusalError(NOT_FOUND, NOTHING_THERE)
