"""The response to a request that is refused: a status (RFC 9110) and one line of text."""

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
    """A request is refused.

    Args:
        status: the HTTP status code.
        text: the reason, for a person.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


NOT_FOUND_TEXT: Final = "there is nothing here"
"""For all that is not a customer's, whether it exists or not, so that he cannot find out."""


def not_found() -> HttpError:
    """Return the error that a customer gets for everything that is not his."""
    return HttpError(NOT_FOUND, NOT_FOUND_TEXT)
