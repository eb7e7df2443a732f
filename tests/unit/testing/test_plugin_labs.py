"""Which lab a test gets, and how long it lives."""

import os
import re

import pytest

from tests.unit.testing.plugin_suite import LAB, said

pytest_plugins = ["pytester"]

# --- which lab -----------------------------------------------------------------------------


def test_the_closest_mark_counts(suite):
    result = suite(
        """
class TestIt:
    pytestmark = pytest.mark.lab("shared.yaml")

    def test_class(self, lab):
        assert lab.file.name == "shared.yaml"

    @pytest.mark.lab(file="small.yaml", scope="function")
    def test_function(self, lab):
        assert lab.file.name == "small.yaml"

def test_module(lab):
    assert lab.file.name == "small.yaml"

@pytest.mark.parametrize("lab", ["small.yaml", "shared.yaml"], indirect=True)
def test_parameter(lab, request):
    assert lab.file.name in request.node.name
""",
    )
    result.assert_outcomes(passed=5)


def test_a_file_is_looked_for_beside_the_test_and_in_the_root(suite, pytester):
    inner = pytester.mkdir("inner")
    (inner / "own.yaml").write_text(LAB)
    (inner / "test_inner.py").write_text(
        "import pytest\n"
        '@pytest.mark.lab("own.yaml")\ndef test_own(lab): pass\n'
        '@pytest.mark.lab("small.yaml")\ndef test_root(lab): pass\n'
        '@pytest.mark.lab("none.yaml")\ndef test_none(lab): pass\n'
    )
    result = pytester.runpytest_inprocess("--mplsemu=program", "inner")
    result.assert_outcomes(passed=2, errors=1)
    assert f"no lab file 'none.yaml' in {inner} or {pytester.path}" in said(result)


def test_without_a_mark_option_or_setting_decide(suite, pytester):
    test = "def test_it(lab): assert lab.file.name == {!r}\n"
    assert "no lab for this test; write @pytest.mark.lab(FILE)" in said(
        suite(test.format("small.yaml"), mark="")
    )
    suite(test.format("small.yaml"), "--mplsemu-lab=small.yaml", mark="").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nmplsemu_lab = shared.yaml\nmplsemu_mode = program\n")
    suite(test.format("shared.yaml"), mark="", mode=None).assert_outcomes(passed=1)
    suite(test.format("small.yaml"), "--mplsemu-lab=small.yaml", mark="").assert_outcomes(passed=1)
    suite(test.format("small.yaml"), mark="import pytest\npytestmark = pytest.mark.lab()\n",
          mode=None).assert_outcomes(failed=1)  # fmt: skip
    pytester.makeini("[pytest]\nmplsemu_mode = emulator\n")
    result = suite("", mode=None)
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ('"small.yaml", scope="package"', "scope is function, module, session"),
        ('"small.yaml", "shared.yaml"', 'write @pytest.mark.lab("FILE"'),
        ('"small.yaml", mode="x"', 'write @pytest.mark.lab("FILE"'),
        ("7", 'write @pytest.mark.lab("FILE"'),
        ('"broken.yaml"', "broken.yaml:1: the lab: unknown key 'nme'; did you mean 'name'?"),
    ],
)
def test_a_mark_that_makes_no_sense_is_one_line(suite, pytester, arguments, complaint):
    pytester.makefile(".yaml", broken=LAB.replace("name:", "nme:", 1))
    result = suite(
        "def test_it(lab): pass", mark=f"import pytest\npytestmark = pytest.mark.lab({arguments})\n"
    )
    result.assert_outcomes(errors=1)
    assert complaint in said(result)
    assert "Traceback" not in said(result)
    assert not [line for line in said(result).splitlines() if line.startswith("E ")]


COUNTS_LABS = """
import pytest

seen = {}

def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.lab("small.yaml"), append=True)

@pytest.fixture
def record():
    def note(name, lab):
        seen.setdefault(name, []).append(lab)
    return note

def pytest_sessionfinish():
    print("labs:", {name: len(set(map(id, labs))) for name, labs in seen.items()})
"""
"""A conftest.py that says how many labs the tests had of each scope."""


def test_labs_are_shared_as_far_as_their_scope_says(suite, pytester):
    pytester.makepyfile(
        test_other="""
        import pytest

        def test_module(lab, record):
            record("module", lab)

        @pytest.mark.lab("small.yaml", scope="session")
        def test_session(lab, record):
            record("session", lab)
        """
    )
    pytester.makeconftest(COUNTS_LABS)
    result = suite(
        """
def test_one(lab, record):
    record("module", lab)

def test_two(lab, record):
    record("module", lab)

@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.lab("small.yaml", scope="function")
def test_function(lab, record, n):
    record("function", lab)

@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.lab("small.yaml", scope="session")
def test_session(lab, record, n):
    record("session", lab)
""",
        "-s",
        mark="import pytest\n",
    )
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["*labs: {*'module': 2*"])
    assert "'function': 2" in said(result)
    assert "'session': 1" in said(result)


def test_a_lab_that_comes_with_mplsemu_is_found_by_its_name(suite):
    result = suite(
        "import pytest\n"
        "@pytest.mark.lab('ecmp')\n"
        "def test_mark(lab): assert lab.network.name == 'ecmp'\n"
        "def test_option(lab): assert lab.network.name == 'vpls'\n",
        "--mplsemu-lab",
        "vpls",
        mark="",
    )
    result.assert_outcomes(passed=2)


# --- life and death, with a network that is only played -------------------------------------


BOOTS = r"""
import pytest
from mplsemu.errors import EmulationError
from mplsemu.script import network_lab
from mplsemu.script.program_lab import ProgramLab

class Played(ProgramLab):
    mode = "network"
    fails = False
    def __init__(self, process):
        print("\nboot", process.run_dir.name)
        if Played.fails:
            raise EmulationError("no room for it")
        super().__init__(process.file)
        self.usable = True
    @property
    def is_usable(self):
        return self.usable
    def close(self):
        print("\ndown")
    def _set_link(self, name, *, up):
        if up and name == "dk-p2":
            raise EmulationError("cannot mend dk-p2")
        super()._set_link(name, up=up)

network_lab.NetworkLab = Played
"""
needs_network = pytest.mark.skipif(
    os.geteuid() != 0, reason="the mode takes root, though it is played"
)


@pytest.fixture
def played(suite, pytester):
    pytester.makeconftest(BOOTS)

    def run(tests, *options):
        result = suite(tests, "-s", *options, mode="network")
        words = re.findall(r"\b(boot|down)\b", said(result))
        return result, words

    return run


@needs_network
def test_a_lab_is_booted_once_and_taken_down_when_all_went_well_or_a_test_failed(played):
    result, words = played("def test_one(lab): pass\ndef test_two(lab): assert False\n")
    assert words == ["boot", "down"]
    result.assert_outcomes(passed=1, failed=1)
    assert re.search(r"boot mplsemu\S*-pytest-\d+-1\b", said(result))


@needs_network
@pytest.mark.parametrize(
    "how", ["raise KeyboardInterrupt", "raise SystemExit(3)", "pytest.exit('x')"]
)
def test_a_lab_is_taken_down_when_the_run_is_interrupted(played, how):
    _, words = played(f"def test_one(lab): {how}\ndef test_two(lab): pass\n")
    assert words.count("boot") == words.count("down") >= 1


@needs_network
def test_a_lab_that_a_test_destroyed_is_booted_again(played):
    result, words = played("def test_one(lab): lab.usable = False\ndef test_two(lab): pass\n")
    result.assert_outcomes(passed=2)
    assert words == ["boot", "down", "boot", "down"]


@needs_network
def test_a_lab_that_does_not_boot_is_tried_once_and_each_test_says_why(played):
    result, words = played(
        "def test_one(lab): pass\ndef test_two(lab): pass\n"
        "@pytest.fixture(autouse=True, scope='module')\n"
        "def never():\n    import conftest\n    conftest.Played.fails = True\n"
    )
    result.assert_outcomes(errors=2)
    assert words == ["boot"]
    assert said(result).count("no room for it") >= 2


@needs_network
def test_a_lab_that_cannot_be_mended_is_replaced(played):
    result, words = played(
        "def test_one(lab): lab.link('dk-p2').down()\n"
        "def test_two(lab): assert lab.reaches('a/x/h1', 'a/z/h1')\n"
    )
    result.assert_outcomes(passed=2, errors=1)
    assert "cannot mend dk-p2" in said(result)
    assert words == ["boot", "down", "boot", "down"]
