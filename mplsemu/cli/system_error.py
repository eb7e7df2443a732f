"""Errors that say that this machine ran out of something, in one line."""

from __future__ import annotations

import errno
import os
from typing import Final

_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})
_REMEDIES: Final = {
    errno.EFBIG: "; see: ulimit -f",
    errno.EMFILE: "; see: ulimit -n",
    errno.ENOMEM: "; see: ulimit -v",
    errno.EAGAIN: "; see: ulimit -u",
}
_NO_THREAD: Final = "can't start new thread"  # the whole message of CPython's RuntimeError


def describe_system_error(error: BaseException) -> str | None:
    """Return one line about what this machine lacks; None if the error is a bug of ours."""
    match error:
        case MemoryError():
            return f"there is not enough memory{_REMEDIES[errno.ENOMEM]}"
        case RuntimeError() if str(error) == _NO_THREAD:
            return "no more threads can be started; see: ulimit -u, ulimit -v"
        case OSError(filename=os.devnull):
            return f"{os.devnull} cannot be used: {error.strerror}; mplsemu needs it"
        case OSError(errno=number) if number in _DISK:
            what = error.filename or "what there is to say"
            return f"cannot write {what}: {error.strerror}{_REMEDIES.get(number or 0, '')}"
        case OSError(errno=errno.EMFILE | errno.ENFILE | errno.ENOMEM | errno.EAGAIN as number):
            return f"this machine gives no more: {error.strerror}{_REMEDIES.get(number, '')}"
    return None
