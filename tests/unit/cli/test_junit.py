"""The JUnit report is XML, whatever a check has to say."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.cli.junit import junit, write_junit
from mplsemu.errors import LabError
from mplsemu.running.checks import CheckResult, LabTest

PASSED = {
    "name": "a/x/h1 reaches a/y/h1 at 192.168.2.2", "vpn": "a", "src": "a/x/h1", "dst": "a/y/h1",
    "expect": "reach", "ok": True, "rtt_ms": 0.42, "detail": "", "took_s": 0.00042,
}  # fmt: skip
FAILED = {
    **PASSED, "name": "validate: path a/x/h1 a/y/h1 is by way of p1", "ok": False,
    "rtt_ms": None, "detail": "it does not go by way of p1: dk, p2, se", "took_s": 0.3,
}  # fmt: skip


def answer(*checks):
    return LabTest(
        "small", "openflow", "userspace", 1.2, 3.4, tuple(CheckResult(**check) for check in checks)
    )


def test_every_check_is_a_case_with_its_time_and_why_it_failed():
    suite = ET.fromstring(junit(answer(PASSED, FAILED)))
    assert (suite.tag, suite.get("tests"), suite.get("failures")) == ("testsuite", "2", "1")
    assert suite.get("time") == "3.400000"
    passed, failed = suite.findall("testcase")
    assert (passed.get("classname"), passed.get("name")) == ("small.a", PASSED["name"])
    assert (passed.get("time"), len(passed)) == ("0.000420", 0)
    assert failed.get("name") == FAILED["name"]
    assert failed.get("time") == "0.300000"
    assert failed.find("failure").get("message") == FAILED["detail"]
    assert failed.find("failure").text == f"{FAILED['name']}: {FAILED['detail']}"


def test_what_xml_cannot_hold_is_replaced_and_the_rest_escaped():
    detail = "it said: \x1b[31m<b>&\x00\x85\ud800\ufffe]]>\n\t'\"\U0001f600"
    suite = ET.fromstring(junit(answer({**FAILED, "detail": detail})))
    text = suite.find("testcase/failure").text
    assert text.endswith("it said: �[31m<b>&�\x85��]]>\n\t'\"\U0001f600")


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_makes_a_report_that_can_be_read(text):
    suite = ET.fromstring(junit(answer({**FAILED, "detail": text, "name": text})))
    assert len(suite.findall("testcase/failure")) == 1


def test_a_report_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(LabError, match=r"cannot write .*: Is a directory"):
        write_junit(tmp_path, answer(PASSED))
