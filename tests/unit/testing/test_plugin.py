"""The pytest plugin: which lab a test gets, for how long, what it answers, and how it fails."""

import os
import re

import pytest

# pytester forgets what its runs import, and C extensions do not take a second import well
import mplsemu.script.network_lab
import mplsemu.script.program_lab  # noqa: F401

pytest_plugins = ["pytester"]

LAB = """\
name: small
provider:
  nodes: {dk: {role: pe}, se: {role: pe}, no: {role: pe}, p1: , p2: }
  links: [dk-p1, se-p1, dk-p2, se-p2, no-p2]
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: ["192.168.1.0/24", "2001:db8:1::/64"], hosts: 2}
      y: {pe: se, subnet: ["192.168.2.0/24", "2001:db8:2::/64"]}
      z: {pe: no, subnet: 192.168.3.0/24, ce: router}
  b:
    type: l3vpn
    sites: {x: {pe: dk, subnet: 192.168.1.0/24}, y: {pe: se, subnet: 192.168.2.0/24}}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {x: {pe: dk, hosts: 2}, y: {pe: se}, z: {pe: no}}
"""
IMPORTS_A = """
  b:
    type: l3vpn
    import: [64512:1, 64512:2]
    sites: {x: {pe: dk, subnet: 172.16.1.0/24}, y: {pe: se, subnet: 172.16.2.0/24}}
  c:
"""
SHARED = re.sub(r"\n  b:.*\n  c:\n", IMPORTS_A, LAB, flags=re.DOTALL)
MARK = 'import pytest\n\npytestmark = pytest.mark.lab("small.yaml")\n'


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


def said(result):
    return result.stdout.str()


# --- answers -------------------------------------------------------------------------------


def test_answers_about_reachability_isolation_labels_and_ways(suite):
    result = suite("""
assert lab.mode == "program"
assert lab.reaches("a/x/h1", "a/y/h1")
assert lab.reaches("a/x/h1", "a/x/h2")
assert lab.reaches("a/x/h1", "a/z/h1")
assert lab.reaches("a/x/h1", "192.168.2.2")
assert lab.reaches("a/x/h1", "2001:db8:2::2")
assert lab.reaches("a/x/h1", "192.168.2.1"), "a gateway"
assert lab.reaches("a-x-h1", "a-y-h1")
assert not lab.reaches("a/x/h1", "b/y/h1")
assert not lab.reaches("a/x/h1", "192.168.2.99")
assert not lab.reaches("a/x/h1", "c/y/h1")
assert lab.isolated("a", "b")
assert lab.isolated("c", "a")
assert lab.isolated("a/x/h1", "b/y/h1")
assert not lab.isolated("a/x/h1", "a/y/h1")
assert not lab.isolated("c/x/h1", "c/y/h1")
way = lab.trace("a/x/h1", "a/y/h1")
assert way.delivered
assert way.way == ("dk", "dk-p1", "p1", "se-p1", "se")
assert [len(stack) for stack in way.labels] == [2, 1]
assert not lab.trace("a/x/h1", "a/y/h1", ttl=1).delivered
assert lab.trace("a/x/h1", "a/y/h1", dscp=46).hops[0].out_stack[0].tc == 5
assert not lab.trace("a/x/h1", "a/y/h1", vlan=7).delivered
assert lab.trace("c/x/h1", "c/y/h1", vlan=7).delivered
assert len(lab.trace("c/x/h1", "ff:ff:ff:ff:ff:ff").branches) == 3
assert lab.ping("a/x/h1", "a/y/h1", count=2).received == 2
assert lab.ping("a/x/h1", "b/y/h1").received == 0
host = lab.host("a/x/h1")
assert (host.name, host.pe, str(host.addresses[0])) == ("a/x/h1", "dk", "192.168.1.2")
assert host.mac.startswith("02:")
assert repr(lab) == "<lab small, program>"
assert lab.program().lab == lab.network.name == "small"
""")
    result.assert_outcomes(passed=1)


def test_an_extranet_is_not_isolated_and_reaches_one_way_only(suite):
    result = suite(
        """
assert not lab.isolated("a", "b")
assert lab.trace("b/x/h1", "a/y/h1").delivered
assert not lab.reaches("b/x/h1", "a/y/h1")
assert not lab.reaches("b/x/h1", "192.168.2.1")
assert lab.ping("b/x/h1", "192.168.2.1").received == 0
assert "its answer does not come back" in repr(lab.reaches("b/x/h1", "192.168.2.1"))
assert lab.reaches("a/x/h1", "192.168.2.1")
assert lab.reaches("a/x/h1", "192.168.1.2")
assert lab.isolated("b", "c")
""",
        mark=MARK.replace("small", "shared"),
    )
    result.assert_outcomes(passed=1)


def test_cables_are_cut_and_mended_by_hand_by_block_and_after_the_test(suite):
    result = suite("""
import pytest

def test_cut(lab):
    before = lab.program()
    assert lab.link("dk", "p1").down().name == "dk-p1"
    assert lab.trace("a/x/h1", "a/y/h1").way[1] == "dk-p2"
    with lab.link("a/y").down() as cable:
        assert cable.name == "a/y"
        assert not lab.reaches("a/x/h1", "a/y/h1")
    assert lab.reaches("a/x/h1", "a/y/h1")
    with lab.link("y/nowhere" if False else "dk-p2") as cable:
        cable.down()
        assert not lab.reaches("a/x/h1", "a/y/h1")
    lab.link("p1", "dk").up()
    assert lab.trace("a/x/h1", "a/y/h1").way == ("dk", "dk-p1", "p1", "se-p1", "se")
    lab.link("se-p1").down()
    assert False, "on purpose"

def test_it_is_mended(lab):
    assert lab.trace("a/x/h1", "a/y/h1").way[3] == "se-p1"
    assert not [link for link in lab.program().links if not link.up]

@pytest.fixture
def cut(lab):
    return lab.link("se-p1").down()

def test_a_fixture_may_cut(lab, cut):
    assert lab.trace("a/x/h1", "a/y/h1").way[3] == "se-p2"
""")
    result.assert_outcomes(passed=2, failed=1)


def test_a_capture_has_what_ping_and_reaches_would_put_on_a_link(suite):
    result = suite("""
with lab.capture("dk-p1") as packets:
    assert lab.reaches("a/x/h1", "a/y/h1")
    lab.ping("c/x/h1", "c/y/h1", count=2)
    assert len(packets) == 6
    assert len(packets.wait(lambda each: each.names[-1] == "VRF a", count=9)) == 2
assert lab.reaches("a/x/h1", "a/y/h1")
assert len(packets) == 6
request, reply = packets[:2]
assert (request.sender, request.receiver, request.link) == ("dk", "p1", "dk-p1")
assert (reply.sender, reply.receiver) == ("p1", "dk")
assert request.labels == lab.trace("a/x/h1", "a/y/h1").labels[0]
assert request.names == ("LSP to se", "VRF a")
assert (reply.names, len(reply.labels)) == (("VRF a",), 1)
assert [entry.ttl for entry in request.stack] == [255, 255]
assert str(request.inner) == "192.168.1.2 > 192.168.2.2 ICMP echo request, ttl 63"
assert request.ethernet.ethertype == 0x8847
end = lab.program().node("dk").adjacency_by_link["dk-p1"]
assert (request.ethernet.source, request.ethernet.destination) == (end.mac, end.peer_mac)
frame = packets[2]
assert frame.names == ("LSP to se", "PW c from dk")
assert frame.inner.ethernet.source == lab.host("c/x/h1").mac
assert str(frame.ip.destination) == str(lab.host("c/y/h1").addresses[0])
with lab.capture("a/y", "a/x") as lines:
    lab.ping("a/x/h1", "a/y/h1", count=1)
assert [(each.sender, each.receiver) for each in lines] == [
    ("a/x", "dk"), ("se", "a/y"), ("a/y", "se"), ("dk", "a/x")]
assert [each.labels for each in lines] == [()] * 4
assert lines[1].ethernet.destination == lab.host("a/y/h1").mac
assert [each.ip.ttl for each in lines[:2]] == [64, 62]
with lab.capture() as core:
    lab.ping("a/x/h1", "a/z/h1", count=1)
assert {each.link for each in core} == {"dk-p2", "no-p2"}
with lab.capture("se") as at_se:
    lab.ping("a/x/h1", "a/y/h1", count=1)
assert [each.link for each in at_se] == ["se-p1", "a/y", "a/y", "se-p1"]
""")
    result.assert_outcomes(passed=1)


def test_routers_answer_and_a_capture_has_their_answers(suite):
    result = suite("""
with lab.capture("dk-p1", "dk-p2") as packets:
    assert lab.reaches("a/x/h1", "192.168.2.1")
    assert lab.reaches("a/x/h1", "192.168.3.1")
    assert lab.reaches("a/z/h1", "100.64.0.2")
    assert lab.reaches("a/x/h1", "fe80::1")
assert [(str(each.ip.source), str(each.ip.destination), each.ip.ttl) for each in packets] == [
    ("192.168.1.2", "192.168.2.1", 63), ("192.168.2.1", "192.168.1.2", 64),
    ("192.168.1.2", "192.168.3.1", 63), ("192.168.3.1", "192.168.1.2", 63)]
assert [each.names[-1] for each in packets] == ["VRF a"] * 4
assert not lab.reaches("a/x/h1", "100.64.0.2")
assert not lab.reaches("a/x/h1", "192.168.3.77")
""")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ('lab.host("a/x/h1").cmd("ip address")', "'ip address' at a/x/h1"),
        ('lab.cmd("dk", ["ovs-vsctl", "show"])', "'ovs-vsctl show' at dk"),
        ('lab.throughput("a/x/h1", "a/y/h1")', "throughput from a/x/h1 to a/y/h1"),
        ('lab.follow("a/x/h1", "a/y/h1")', "a packet really sent from a/x/h1 to a/y/h1"),
        ('lab.macs("c")', "what VPLS c has learned"),
        ('lab.capture("dk-p1", expression="icmp").__enter__()', "a capture of 'icmp'"),
        ('lab.capture("a/x/h1").__enter__()', "a capture at the interface of a/x/h1"),
    ],
)
def test_what_only_a_network_has_skips_the_test_and_says_why(suite, call, what):
    result = suite(call, "-rs")
    result.assert_outcomes(skipped=1)
    assert f"{what}: only a running network has it" in said(result).replace("\n", " ")


# --- how a test fails ----------------------------------------------------------------------


def test_a_failed_assertion_says_why_and_draws_the_packets_way(suite):
    result = suite('assert lab.reaches("a/x/h1", "b/y/h1")')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "E*assert a/x/h1 does not reach b/y/h1: it arrives at a/y/h1 instead",
        "*- lab small, program -*",
        "*● a/x/h1",
        "*◆ dk * push *",
        "*◆ se *deliver*",
        "*✗ it arrives at a/y/h1 instead",
    ])  # fmt: skip


def test_a_leak_is_shown_by_the_packet_that_leaks(suite):
    result = suite('assert lab.isolated("b", "a")', mark=MARK.replace("small", "shared"))
    result.stdout.fnmatch_lines([
        "E*assert b and a are not isolated: a packet of b/x/h1 to 192.168.1.2 arrives at a/x/h1",
        "*b/x/h1 → 192.168.1.2 *",
    ])  # fmt: skip


def test_failures_that_a_lab_does_not_survive_are_shown_with_whom_they_cut_off(suite):
    result = suite("""
def test_survives(lab):
    assert lab.survives(failures=1)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "E*assert small does not survive up to 1 link down: with no-p2 down, cut off: a/x and *",
        "*- lab small, program -*",
        "*with * down, cut off: *",
    ])  # fmt: skip


def test_what_holds_though_it_should_not_is_shown_too_and_so_is_a_trace(suite):
    result = suite("""
def test_reaches(lab):
    assert not lab.reaches("a/x/h1", "a/y/h1")

def test_in_an_expression(lab):
    assert all(lab.reaches("a/x/h1", each) for each in ("a/y/h1", "c/y/h1"))

def test_labels(lab):
    assert lab.trace("a/x/h1", "a/y/h1").labels == ()
""")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines([
        "E*assert not a/x/h1 reaches a/y/h1",
        " a/x/h1 → a/y/h1 *delivered*",
        "*a/x/h1 does not reach c/y/h1: dropped at dk: no route to 10.0.0.3 in VRF a",
        "E*assert ((*), (*)) == ()",
        " a/x/h1 → a/y/h1 *delivered*",
    ])  # fmt: skip


def test_the_drawing_is_in_the_junit_report(suite, pytester):
    suite('assert lab.reaches("a/x/h1", "b/y/h1")', "--junit-xml=x.xml")
    assert "it arrives at a/y/h1 instead" in (pytester.path / "x.xml").read_text("utf-8")


def test_what_was_asked_in_one_test_is_not_shown_below_another(suite):
    result = suite("""
def test_one(lab):
    assert not lab.reaches("a/x/h1", "b/y/h1")

def test_two(lab):
    assert not lab
""")
    result.assert_outcomes(passed=1, failed=1)
    assert "b/y/h1" not in said(result).partition("test_two")[2]


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ('lab.reaches("a/x/h9", "a/y/h1")', "no host 'a/x/h9' in lab 'small'; did you"),
        ('lab.trace("a/x/h1", "a/y/h9")', "did you mean a/y/h1?"),
        ('lab.link("dk", "se")', "no link between 'dk' and 'se'; links: dk-p1"),
        ('lab.link("dk-p9")', "no link 'dk-p9' in lab 'small'; did you mean 'dk-p1' or 'dk-p2'?"),
        ('lab.isolated("a", "a")', "a and a have hosts in common"),
        ('lab.isolated("a", "bb")', "no VPN 'bb' here; did you mean 'b'?"),
        ('lab.host("q")', "no host 'q'"),
        ('lab.capture("dk-p9").__enter__()', "did you mean 'dk-p1' or 'dk-p2'?"),
    ],
)  # fmt: skip
def test_a_name_that_is_wrong_is_one_line_below_the_tests_own(suite, call, hint):
    result = suite(call)
    result.assert_outcomes(failed=1)
    errors = [line for line in said(result).splitlines() if line.startswith("E ")]
    assert len(errors) == 1
    assert hint in errors[0]
    assert "mplsemu/" not in said(result).partition("FAILURES")[2].replace("mplsemu.errors", "")


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
    pytester.makeconftest(
        """
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
    )
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


# --- the mode ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "tools", "mode"),
    [
        (True, True, "network (root, and a data plane is there)"),
        (True, False, "program (neither libbpf nor Open vSwitch is installed)"),
        (False, True, "program (not root)"),
    ],
)
def test_the_mode_is_the_best_that_there_is_and_the_header_says_it(
    suite, monkeypatch, root, tools, mode
):
    monkeypatch.setattr("os.geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr("shutil.which", lambda *_, **__: "/there" if tools else None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr("mplsemu.testing.choice._LIBBPF", ())
    result = suite("def test_it(): pass", mode=None)
    result.stdout.fnmatch_lines([f"mplsemu: {mode}"])


def test_a_network_that_cannot_be_had_is_a_usage_error(suite, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    result = suite("def test_it(lab): pass", mode="network")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --mplsemu=network: not root"])


def test_the_mark_and_the_fixture_are_documented(pytester):
    result = pytester.runpytest_inprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.lab(file, scope=*"])
    assert "A lab of mplsemu" in said(pytester.runpytest_inprocess("--fixtures"))


def test_a_run_that_uses_no_lab_imports_none_of_it(pytester):
    pytester.makepyfile(
        "import sys\n"
        "def test_it():\n"
        "    heavy = {'mplsemu.program.program', 'mplsemu.lab.loader', 'networkx', 'rich'}\n"
        "    assert not heavy & sys.modules.keys()\n"
    )
    options = ("-p", "no:hypothesispytest", "-p", "no:schemathesis")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)
