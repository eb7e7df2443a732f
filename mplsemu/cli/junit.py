"""``test --junit``: a JUnit report for CI servers, with one test case for each check."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from mplsemu.errors import LabError
from mplsemu.running.checks import CheckResult, LabTest

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot express (section 2.2)."""


def write_junit(path: Path, found: LabTest) -> None:
    """Write the checks of a lab as a JUnit report.

    Raises:
        LabError: the file cannot be written.
    """
    try:
        path.write_bytes(junit(found))
    except OSError as error:
        raise LabError(
            f"cannot write {path}: {error.strerror}", remedy="name a file that can be written"
        ) from None


def junit(found: LabTest) -> bytes:
    """Return the report."""
    suite = ET.Element(
        "testsuite",
        name=_clean(f"mplsemu {found.lab}"),
        tests=str(len(found.checks)),
        failures=str(found.failed),
        errors="0",
        skipped="0",
        time=_seconds(round(found.checks_s, 3)),
        timestamp=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    properties = ET.SubElement(suite, "properties")
    facts = {
        "dataplane": found.dataplane,
        "datapath": found.datapath,
        "boot_s": str(found.boot_s),
    }
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    for check in found.checks:
        _add_case(suite, found.lab, check)
    return bytes(ET.tostring(suite, encoding="utf-8", xml_declaration=True))


def _add_case(suite: ET.Element, lab: str, check: CheckResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(f"{lab}.{check.vpn}"),
        name=_clean(check.name),
        time=_seconds(round(check.took_s, 6)),
    )
    detail = _clean(check.detail)
    if not check.ok:
        message = detail or "it does not hold"
        failure = ET.SubElement(case, "failure", message=message, type=check.expect)
        failure.text = f"{_clean(check.name)}: {message}"
    elif detail:
        ET.SubElement(case, "system-out").text = detail


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.6f}"
