"""Python's own distutils for Mininet and Ryu, which compare versions with it.

Where setuptools is installed, its import hook replaces distutils by setuptools' copy: importing all
of setuptools costs each process a quarter of a second.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_HOOK: Final = "_distutils_hack"
_STDLIB_HAS_DISTUTILS: Final = sys.version_info < (3, 12)


@contextmanager
def stdlib_distutils() -> Iterator[None]:
    """Let imports in the block find Python's own distutils, and forget it afterwards.

    Does nothing on Python 3.12 and later, which have no distutils. Suppresses the
    DeprecationWarning: the importing package is not ours to change.
    """
    found = [finder for finder in sys.meta_path if type(finder).__module__ == _HOOK]
    hooks = found if _STDLIB_HAS_DISTUTILS and not _imported() else []
    for hook in hooks:
        sys.meta_path.remove(hook)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        sys.meta_path[:0] = hooks
        for name in _imported() if hooks else []:  # setuptools warns where it finds one
            del sys.modules[name]


def _imported() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "distutils"]
