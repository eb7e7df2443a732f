"""``validate`` on a running network: every kind of check, what holds and what does not."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from tests.system.running import mplsemu

pytestmark = pytest.mark.system

LAB = """
name: checked
provider:
  nodes: {dk: {role: pe}, se: {role: pe}, p1: , p2: }
  links: [dk-p1, p1-se, {ends: [dk, p2], metric: 20}, {ends: [p2, se], metric: 20}]
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 192.168.1.0/24, rate: 10 Mbit/s}
      y: {pe: se, subnet: 192.168.2.0/24}
      z: {pe: se, subnet: 192.168.3.0/24, ce: router}
  c: {type: vpls, subnet: 10.0.0.0/24, sites: {x: {pe: dk}, y: {pe: se}}}
validate:
  - {ping: [a/x/h1, a/y/h1], wait: 5 s}
  - {ping: [a/x/h1, c/y/h1], wait: 1 s}
  - {ping: [a/x/h1, c/y/h1], expect: fail}
  - {path: [a/x/h1, a/y/h1], via: [dk-p1, p1], avoid: p2, depth: 2}
  - {path: [c/x/h1, c/y/h1], via: [dk, p1, se]}
  - {path: [a/x/h1, a/y/h1], via: p2}
  - {path: [a/x/h1, a/y/h1], depth: 1}
  - {path: [a/x/h1, 192.168.2.1], via: p1}
  - {path: [a/x/h1, 192.168.9.9], via: p1}
  - {throughput: [a/x/h1, a/y/h1], least: 3 Mbit/s}
  - {throughput: [a/y/h1, a/x/h1], least: 20 Mbit/s}
  - {ping: [a/x/h1, 192.168.1.2]}
  - {ping: [a/x/h1, 127.0.0.1]}
  - {ping: [a/x/h1, 192.168.3.1]}
  - {ping: [a/z/h1, 100.64.0.2]}
  - {ping: [a/x/h1, 192.168.3.77], expect: fail}
"""


@pytest.fixture(scope="module")
def tested(tmp_path_factory, dataplane):
    directory = tmp_path_factory.mktemp("validate")
    file, report = directory / "lab.yaml", directory / "report.xml"
    file.write_text(LAB)
    done = mplsemu("test", file, "--json", "--junit", report)
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout), ET.parse(report).getroot()


def test_each_check_holds_or_says_why_it_does_not(tested):
    answer, _ = tested
    checks = [each for each in answer["checks"] if each["name"].startswith("validate: ")]
    found = [(each["ok"], each["detail"]) for each in checks]
    wanted = [
        (True, ""),
        (False, "no answer"),
        (True, ""),
        (True, "seen on the wire: dk, dk-p1, p1, p1-se, se"),
        (True, "seen on the wire: dk, dk-p1, p1, p1-se, se"),
        (False, "it does not go by way of p2: dk, dk-p1"),
        (False, "it carries 2 labels"),
        (True, "seen on the wire: dk, dk-p1, p1, p1-se, se"),
        (False, "it does not arrive: dropped at dk"),
        (True, ""),
        (False, ""),
        *[(True, "")] * 5,
    ]
    for (ok, detail), (expected, begins) in zip(found, wanted, strict=True):
        assert (ok, detail[: len(begins)]) == (expected, begins)
    assert checks[3]["name"] == (
        "validate: path a/x/h1 a/y/h1 is by way of dk-p1, p1 "
        "and avoids p2 and takes 2 labels at most"
    )
    for measured, wanted in ((checks[9], ""), (checks[10], " of at least 20 Mbit/s")):
        assert 3 < float(re.fullmatch(rf"([\d.]+) Mbit/s{wanted}", measured["detail"])[1]) < 11
    assert all(2 < each["took_s"] < 10 for each in checks[9:11])
    assert answer["failed"] == 5


def test_every_check_is_a_case_of_the_report(tested):
    answer, suite = tested
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == [each["name"] for each in answer["checks"]]
    assert suite.get("failures") == "5"
    failed = {case.get("name"): case.find("failure") for case in cases if len(case)}
    text = failed["validate: throughput a/y/h1 a/x/h1 is at least 20 Mbit/s"].get("message")
    assert text.endswith(" Mbit/s of at least 20 Mbit/s")
    slow = next(case for case in cases if "throughput" in case.get("name"))
    assert float(slow.get("time")) > 2
