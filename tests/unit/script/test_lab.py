"""A lab in a script without root: answers are of its program, and printed they are drawings."""

import subprocess
import sys

import pytest

from mplsemu import Lab
from mplsemu.cli.main import main
from mplsemu.errors import LabError, LabNotRunningError
from mplsemu.program.trace import trace
from mplsemu.report.trace import trace_object
from mplsemu.running.worker_pool import WorkerPool
from tests.places import LABS


@pytest.fixture
def lab():
    return Lab("nordic")


def test_a_trace_is_that_of_the_program_and_is_printed_as_its_drawing(lab, capsys):
    way = lab.trace("a-aarhus-h1", "a/oslo/h1")
    assert trace_object(way) == trace_object(trace(lab.program(), "a/aarhus/h1", "a/oslo/h1"))
    assert way.way == ("dk", "dk-p1", "p1", "no-p1", "no")
    print(way)
    printed = capsys.readouterr().out
    main(["trace", "nordic", "a/aarhus/h1", "a/oslo/h1"])
    drawn = capsys.readouterr().out
    assert [line.strip() for line in printed.splitlines()][:6] == [
        line.strip() for line in drawn.splitlines()
    ][:6]


def test_a_packet_may_say_that_it_is_from_somebody_else(capsys):
    urpf = str(LABS / "urpf.yaml")
    lab = Lab(urpf)
    pair = "a/both/h1", "a/routed/h1"
    assert lab.trace(*pair, source_address="10.0.1.99").delivered
    way = lab.trace(*pair, source_address="10.0.4.9")
    assert not way.delivered
    assert str(way.packet.ip.source) == "10.0.4.9"
    assert lab.trace("a/open/h1", "a/routed/h1", source_address="10.0.1.9").delivered
    for wrong in ("10.0.4", "2001:db8:4::9"):
        with pytest.raises(LabError):
            lab.trace(*pair, source_address=wrong)
    assert main(["trace", urpf, *pair, "--source", "10.0.4.9"]) == 1
    assert "10.0.4.9 is not on a/both" in capsys.readouterr().out
    assert main(["trace", urpf, *pair, "--source", "10.0.4"]) == 2
    assert "'10.0.4' is not an address" in capsys.readouterr().err


def test_a_ce_router_is_reached_at_all_its_addresses_and_by_its_name():
    lab = Lab(str(LABS / "addresses.yaml"))
    for target in ("a/y/ce", "192.168.2.254", "172.16.2.1", "15.1.1.2"):
        assert lab.reaches("a/y/one", target)
        assert lab.ping("a-y-two", target).received
    for target in ("a/u/ce", "192.168.4.1", "2001:db8:4::1"):
        assert lab.reaches("a/x/pbx", target)
    assert not lab.reaches("a/x/pbx", "15.1.1.2")  # such networks are not distributed


def test_a_flooded_frame_is_printed_with_all_its_copies(lab):
    printed = str(lab.trace("c/odense/h1", "ff:ff:ff:ff:ff:ff"))
    assert printed.startswith(" 2 copies\n")
    assert "● c/malmo" in printed
    assert "● c/bergen" in printed


def test_a_lab_is_printed_as_the_providers_picture_with_what_is_cut(lab):
    assert repr(lab) == "<lab nordic, program>"
    assert str(lab).startswith(" Provider of nordic\n")
    assert "dk-p1   1 Gbit/s   0 ms      10  DOWN" not in str(lab).upper()
    with lab.link("p1-dk").down():
        assert str(lab) != str(Lab("nordic"))
        assert lab.trace("a/aarhus/h1", "a/oslo/h1").way[1] == "dk-p2"
    assert str(lab) == str(Lab("nordic"))


def test_everything_that_a_program_can_answer_is_answered(lab):
    assert str(lab.reaches("a/aarhus/h1", "a/oslo/h1")) == "a/aarhus/h1 reaches a/oslo/h1"
    assert not lab.reaches("a/aarhus/h1", "b/oslo/h1")
    assert lab.reaches("a/aarhus/h1", "a/oslo/ce")
    assert lab.reaches("a/aarhus/h1", "a-oslo-ce")
    assert lab.isolated("a", "b")
    assert lab.ping("a/aarhus/h1", "a/oslo/h1").received == 3
    assert lab.host("a-aarhus-h1").pe == "dk"
    with lab.capture("dk-eth1") as packets:
        assert lab.reaches("a/aarhus/h1", "a/oslo/h1")
    assert {each.link for each in packets} == {"dk-p1"}
    assert (lab.mode, lab.is_up, lab.is_usable) == ("program", False, True)


@pytest.mark.parametrize(
    "ask",
    [
        lambda lab: lab.cmd("a/aarhus/h1", "true"),
        lambda lab: lab.macs("c"),
        lambda lab: lab.follow("a/aarhus/h1", "a/oslo/h1"),
        lambda lab: lab.throughput("a/aarhus/h1", "a/oslo/h1"),
        lambda lab: lab.capture("dk-p1", expression="icmp").__enter__(),
        lambda lab: lab.host("a/aarhus/h1").cmd("true"),
    ],
)
def test_what_only_a_network_has_is_an_error_that_says_so(lab, ask):
    with pytest.raises(
        LabNotRunningError, match=r"only a running network has it; call up\(\), as root"
    ):
        ask(lab)


def test_a_lab_that_is_not_up_has_no_session_and_goes_down_quietly(lab):
    with pytest.raises(LabNotRunningError, match="the lab is not up"):
        lab.session  # noqa: B018
    lab.down()


def test_a_lab_has_another_name_if_wished_and_must_be_there():
    assert Lab("nordic", name="other").network.name == "other"
    with pytest.raises(LabError, match="no such file"):
        Lab("nowhere.yaml")


def test_a_script_needs_neither_mininet_nor_pytest():
    code = (
        "import sys; sys.modules['mininet'] = sys.modules['pytest'] = None\n"
        "from mplsemu import Lab; print(repr(Lab('nordic')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "<lab nordic, program>\n"


# --- failures and alarms -------------------------------------------------------------------------


def test_a_lab_that_survives_every_failure_says_how_many_were_tried(lab):
    found = lab.survives(failures=1)
    assert found
    assert repr(found) == "nordic survives up to 1 link down: 7 cases tried"
    assert (found.broken, found.survey.tried) == ({}, 7)


def test_a_lab_that_does_not_survive_says_which_failures_break_which_pairs():
    lab = Lab("nordic")
    with lab.link("dk-p1").down():
        found = lab.survives()
    assert not found
    assert set(found.broken) == {("dk-p2",)}
    assert ("a/aarhus", "a/oslo") in found.broken[("dk-p2",)]
    assert repr(found).startswith(
        "nordic does not survive up to 1 link down: with dk-p2 down, cut off: a/aarhus and a/oslo, "
    )
    assert "more pairs" in lab.journal.explanation()


def test_lsrs_may_fail_and_several_together(lab):
    assert lab.survives(nodes=True)
    found = lab.survives(failures=2, nodes=True)
    assert not found
    assert set(found.broken) == {("p1", "p2")}
    assert repr(found).endswith("a/oslo and a/stockholm, and 6 more pairs")
    with WorkerPool(2) as pool:
        assert lab.survives(failures=2, nodes=True, executor=pool).survey == found.survey


@pytest.mark.parametrize("failures", [0, -1, 1.5, True, "1", None])
def test_what_is_no_number_of_failures_is_nothing_to_survive(lab, failures):
    with pytest.raises(LabError, match=f"{failures!r}; write a number from 1 on"):
        lab.survives(failures=failures)


def test_alarms_of_a_program_are_of_what_is_cut(lab):
    assert lab.alarms() == ()
    with lab.link("dk-p1").down(), lab.link("dk-p2").down():
        found = [(alarm.severity.value, alarm.object) for alarm in lab.alarms()]
    assert found == [
        ("critical", "VPN a"),
        ("critical", "VPN b"),
        ("critical", "VPN c"),
        ("major", "link dk-p1"),
        ("major", "link dk-p2"),
    ]
