"""setuptools' build backend (PEP 517, PEP 660), leaving nothing in the source tree.

By itself setuptools writes ``mplsemu.egg-info`` and ``build`` beside setup.cfg. Where root has set
up a clone, or owns it, another user's ``pip install PATH`` then fails.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from setuptools import build_meta

build_sdist = build_meta.build_sdist  # whoever makes one has a tree of his own
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist

_MORE = "DIST_EXTRA_CONFIG"  # names a file that setuptools reads beside setup.cfg


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Have setuptools write into a directory that is gone afterwards."""
    before = os.environ.get(_MORE)
    with tempfile.TemporaryDirectory(prefix="mplsemu-build-") as place:
        path = Path(place)
        more = Path(before).read_text(encoding="utf-8") if before else ""
        more += f"\n[egg_info]\negg_base = {place}\n[build]\nbuild_base = {path / 'build'}\n"
        (path / "more.cfg").write_text(more, encoding="utf-8")
        os.environ[_MORE] = str(path / "more.cfg")
        try:
            yield
        finally:
            os.environ.pop(_MORE)
            if before is not None:
                os.environ[_MORE] = before


def get_requires_for_build_wheel(settings: Any = None) -> list[str]:
    """Return what building a wheel needs beside setuptools."""
    with _elsewhere():
        return build_meta.get_requires_for_build_wheel(settings)


def get_requires_for_build_editable(settings: Any = None) -> list[str]:
    """Return what an editable installation needs beside setuptools."""
    with _elsewhere():
        return build_meta.get_requires_for_build_editable(settings)


def prepare_metadata_for_build_wheel(directory: str, settings: Any = None) -> str:
    """Write the metadata of the wheel to be."""
    with _elsewhere():
        return build_meta.prepare_metadata_for_build_wheel(directory, settings)


def prepare_metadata_for_build_editable(directory: str, settings: Any = None) -> str:
    """Write the metadata of the editable installation to be."""
    with _elsewhere():
        return build_meta.prepare_metadata_for_build_editable(directory, settings)


def build_wheel(directory: str, settings: Any = None, metadata: str | None = None) -> str:
    """Make a wheel."""
    with _elsewhere():
        return build_meta.build_wheel(directory, settings, metadata)


def build_editable(directory: str, settings: Any = None, metadata: str | None = None) -> str:
    """Make a wheel that points here."""
    with _elsewhere():
        return build_meta.build_editable(directory, settings, metadata)
