"""The test file of docs/testing.md passes, and its tables have what there is."""

import inspect
import re

import pytest

import mplsemu.script.network_lab
import mplsemu.script.program_lab
from mplsemu.testing import LabUnderTest
from tests.places import DOCS, TOPOLOGIES

pytest_plugins = ["pytester"]

TEXT = (DOCS / "testing.md").read_text()
EXAMPLE = re.search(r"```python\n# test_nordic.py\n(.*?)```", TEXT, re.DOTALL)[1]


def test_the_example_passes_on_the_program(pytester):
    (pytester.path / "topologies").symlink_to(TOPOLOGIES)
    pytester.makepyfile(test_nordic=EXAMPLE)
    result = pytester.runpytest_inprocess("--mplsemu=program", "--strict-markers")
    result.assert_outcomes(passed=7, skipped=4)


def test_every_call_is_documented():
    for_the_plugin = {"close", "mend", "is_usable"}
    calls = {name for name, _ in inspect.getmembers(LabUnderTest) if not name.startswith("_")}
    assert [name for name in calls - for_the_plugin if f"`lab.{name}(" not in TEXT] == []


@pytest.mark.parametrize("option", ["--mplsemu=", "--mplsemu-lab", "mplsemu_lab"])
def test_every_option_is_documented(option):
    assert option in TEXT


def test_a_lab_can_be_annotated():
    with pytest.raises(AttributeError, match="no attribute 'Lab'"):
        mplsemu.testing.Lab  # noqa: B018
