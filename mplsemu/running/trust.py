"""Directories that nobody else can have filled: what is read there makes root act.

A lab's record names processes to signal and namespaces to enter. Where another user may write, or
has made the directory, he would choose them.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from mplsemu.errors import EmulationError

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def is_trusted(directory: Path) -> bool:
    """Whether a directory is root's or this user's, and only its owner can put something there.

    Others may write where the sticky bit keeps them from renaming what is not theirs, as in /tmp;
    what lies there is looked at by itself. A directory that does not exist is trusted.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        found = directory.stat()
    except FileNotFoundError:
        return True
    if found.st_uid not in {0, os.geteuid()}:
        return False
    return not found.st_mode & _OTHERS_WRITE or bool(found.st_mode & stat.S_ISVTX)


def require_trusted(directory: Path, variable: str) -> None:
    """Refuse a directory that others may have filled.

    Args:
        directory: that something is to be read from or written to.
        variable: of the environment, which names another one.

    Raises:
        EmulationError: it is such a directory.
        OSError: it cannot be looked at.
    """
    if not is_trusted(directory):
        raise EmulationError(
            f"{directory} is another user's, or others may write there; "
            f"set {variable} to a directory that is root's alone"
        )
