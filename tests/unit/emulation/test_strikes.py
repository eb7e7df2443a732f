"""Signals that come at chosen calls are never lost, never a traceback, and undo everything.

As many as one likes by hand: tests/strikes.py. Here a few of each function, in a process that has
imported nothing.
"""

import re
import subprocess
import sys

import pytest

from tests.places import ROOT


@pytest.mark.slow
def test_no_signal_is_lost_at_any_call():
    done = subprocess.run(
        [sys.executable, "-m", "tests.strikes", "60", "1"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=600,
    )
    told = re.search(
        r"^(\d+) struck of \d+, (\d+) functions, (\d+) lost or wrong$", done.stdout, re.M
    )
    assert told is not None, done.stderr
    struck, functions, problems = map(int, told.groups())
    assert problems == 0, done.stdout
    assert struck >= 50
    assert functions >= 40
