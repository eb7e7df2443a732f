"""The plugin's answers about a lab, and its mode."""

import pytest

from tests.unit.testing.plugin_suite import MARK, said

pytest_plugins = ["pytester"]


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
