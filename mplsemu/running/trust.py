"""Directories that no other user can write to: root acts on what it reads there.

A lab's record names processes to signal and namespaces to enter. A user who can write to the
directory, or owns it, could choose them.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from mplsemu.errors import EmulationError

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def is_trusted(directory: Path) -> bool:
    """Whether a directory is root's or this user's, and only its owner can write to it.

    Others may write to it if it has the sticky bit, like /tmp: they cannot rename what is not
    theirs, and what is in it is checked itself. A directory that does not exist is trusted.

    Raises:
        OSError: it cannot be examined.
    """
    try:
        found = directory.stat()
    except FileNotFoundError:
        return True
    if found.st_uid not in {0, os.geteuid()}:
        return False
    return not found.st_mode & _OTHERS_WRITE or bool(found.st_mode & stat.S_ISVTX)


def require_trusted(directory: Path, variable: str) -> None:
    """Refuse a directory that is not trusted.

    Args:
        directory: to be read from or written to.
        variable: environment variable that names another one, for the message.

    Raises:
        EmulationError: it is not trusted.
        OSError: it cannot be examined.
    """
    if not is_trusted(directory):
        raise EmulationError(
            f"{directory} is another user's, or others may write there; "
            f"set {variable} to a directory that is root's alone"
        )
