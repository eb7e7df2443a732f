"""Mininet and Ryu do not bring setuptools along, and whoever imports it later gets no warning."""

import subprocess
import sys

import pytest

from mplsemu.compat.distutils import stdlib_distutils

HAS_ITS_OWN = sys.version_info < (3, 12)


def run(code, *options):
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not HAS_ITS_OWN, reason="this Python has no distutils")
@pytest.mark.parametrize(
    "module", ["mplsemu.emulation.mininet_classes", "mplsemu.southbound.openflow.framework"]
)
def test_setuptools_is_not_imported_by_the_way(module):
    done = run(
        f"import {module}, sys; print('setuptools' in sys.modules, 'distutils' in sys.modules)"
    )
    assert (done.stdout, done.stderr) == ("False False\n", "")


def test_setuptools_can_be_imported_after_and_has_its_distutils():
    pytest.importorskip("setuptools")
    code = """
import mplsemu.compat.distutils as compat
with compat.stdlib_distutils():
    import distutils.version
import setuptools, distutils
print(distutils.__name__)
"""
    done = run(code, "-W", "error::UserWarning")
    assert done.stdout in ("distutils\n", "setuptools._distutils\n")
    assert done.stderr == ""


def test_what_was_imported_before_stays():
    before = sys.modules.get("distutils"), list(sys.meta_path)
    with stdlib_distutils():
        pass
    assert (sys.modules.get("distutils"), list(sys.meta_path)) == before


def test_an_import_that_fails_leaves_everything_as_it_was():
    before = list(sys.meta_path)
    with pytest.raises(ImportError), stdlib_distutils():
        raise ImportError("no")
    assert sys.meta_path == before
