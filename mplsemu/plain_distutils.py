"""Mininet and Ryu compare versions by distutils; where setuptools is installed it takes its place.

That costs each process that imports them a quarter of a second, for all of setuptools.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SHIM: Final = "_distutils_hack"
_HAS_ITS_OWN: Final = sys.version_info < (3, 12)


@contextmanager
def plain_distutils() -> Iterator[None]:
    """Have the block import Python's own distutils, where there is one, and forget it after.

    That it is deprecated is not said: whoever imports it here cannot be changed.
    """
    found = [each for each in sys.meta_path if type(each).__module__ == _SHIM]
    shims = found if _HAS_ITS_OWN and not _imported() else []
    for shim in shims:
        sys.meta_path.remove(shim)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        sys.meta_path[:0] = shims
        for name in _imported() if shims else []:  # setuptools complains where it finds one
            del sys.modules[name]


def _imported() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "distutils"]
