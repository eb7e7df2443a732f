"""What commands print of running labs has the fields that docs/json.md shows, and no others."""

from mplsemu.analysis.alarms import Alarm, Severity
from mplsemu.control.compile import compile_program
from mplsemu.emulation.throughput import Throughput, Transfer
from mplsemu.lab.loader import load
from mplsemu.program.observation import AT_HOST, LiveTrace, Observation, Step
from mplsemu.program.trace import trace
from mplsemu.report.iperf import iperf_object
from mplsemu.report.lab_test import lab_test_object
from mplsemu.report.links import link_change_object, links_object
from mplsemu.report.status import lab_status_object, labs_object
from mplsemu.report.trace import live_trace_object
from mplsemu.report.web_links import web_links_object
from mplsemu.running.checks import CheckResult, LabTest
from mplsemu.running.record import LabRecord
from mplsemu.running.session import LinkState
from tests.json_document import DOCUMENT, example, keys
from tests.places import TOPOLOGIES


def test_a_labs_status():
    record = LabRecord("nordic", 4711, "openflow", "userspace", "/lab.yaml", 2.1, web="http://x")
    links = web_links_object("http://x/#token=1", {"Customer A": "http://x/#token=2"})
    alarms = [Alarm(Severity.MAJOR, "link dk-p1", "is down: it carries no packets")]
    found = labs_object([lab_status_object(record, links, {}, alarms)])
    assert set(keys(found)) == set(keys(example("status")))


def test_a_lab_whose_controller_does_not_answer_says_why():
    record = LabRecord("nordic", 4711, "openflow", "userspace", "/lab.yaml", 2.1)
    found = lab_status_object(record, None, None, [], controller_error="it does not answer")
    assert (found["web"], found["controller"]) == (None, None)
    assert found["controller_error"] == "it does not answer"
    assert "events" not in found


def test_events_have_their_time_in_words_too():
    record = LabRecord("nordic", 4711, "openflow", "userspace", "/lab.yaml", 2.1)
    event = {"number": 1, "time_s": 0.5, "kind": "port", "text": "dk-p1 is down", "took_ms": None}
    [told] = lab_status_object(record, None, {}, [], events=[event])["events"]
    assert told.items() >= event.items()
    assert ":00.500" in told["time"]


def test_the_checks_of_a_lab():
    good = CheckResult("x", "a", "a/x/h1", "a/y/h1", "reach", True, 0.4246, "", 0.00042449)
    bad = CheckResult("y", "a", "a/x/h1", "b/y/h1", "isolate", False, None, "it arrived")
    found = lab_test_object(LabTest("nordic", "openflow", "kernel", 2.1, 1.23456, (good, bad)))
    assert set(keys(found)) == set(keys(example("test")))
    assert (found["passed"], found["failed"], found["checks_s"]) == (1, 1, 1.235)
    assert [check["rtt_ms"] for check in found["checks"]] == [0.425, None]
    assert found["checks"][0]["took_s"] == 0.000424


def test_links_and_what_becomes_of_one():
    links = [
        LinkState("dk-p1", ("dk", "p1"), True),
        LinkState("a/aarhus", ("dk", "a/aarhus"), True),
    ]
    assert links_object(links) == example("link")
    assert link_change_object("dk-p1", up=False) == example("link", 1)


def test_a_packet_that_was_followed():
    way = trace(
        compile_program(load(TOPOLOGIES / "nordic.yaml").network), "a/aarhus/h1", "a/stockholm/h1"
    )
    stack = way.hops[0].out_stack
    there = Step("dk-p1", "dk", "p1", Observation(stack, 63), Observation(stack, 63), 0.31049)
    arrival = Step(AT_HOST, "", "a/stockholm/h1", Observation((), 62), None, None)
    found = live_trace_object(LiveTrace(way, (there, arrival), sent=True))
    assert {"live": found["live"]} == example("trace", 1)


def test_a_measured_rate():
    found = iperf_object("a/aarhus/h1", "a/oslo/h1", Transfer(), Throughput(941e6, 938e6))
    assert str(found).replace("'", '"').replace("None", "null") in DOCUMENT.read_text("utf-8")
