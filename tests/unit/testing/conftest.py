"""A directory with a lab file, in which tests of the plugin write somebody's tests."""

import pytest

# pytester forgets what its runs import, and C extensions do not take a second import well
import mplsemu.script.network_lab
import mplsemu.script.program_lab  # noqa: F401
from tests.unit.testing.plugin_suite import LAB, MARK, SHARED


@pytest.fixture
def suite(pytester):
    """Return ``suite(tests, *options)``: runs tests on the program of `LAB`."""
    pytester.makefile(".yaml", small=LAB, shared=SHARED)
    pytester.makeini("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")

    def run(tests, *options, mark=MARK, mode="program"):
        lines = [f"    {line}\n" if line.strip() else "\n" for line in tests.splitlines()]
        text = tests if "def test" in tests else "def test_it(lab):\n" + "".join(lines)
        pytester.makepyfile(mark + text)
        chosen = [f"--mplsemu={mode}"] if mode else []
        return pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", *chosen, *options, no_reraise_ctrlc=True
        )

    return run
