"""The report that CI servers read: one test case for each check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from mplsemu.errors import LabError

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write (section 2.2)."""


def write_junit(path: Path, answer: Mapping[str, Any]) -> None:
    """Write what ``test --json`` prints as a JUnit report.

    Raises:
        LabError: the file cannot be written.
    """
    try:
        path.write_bytes(junit(answer))
    except OSError as error:
        raise LabError(
            f"cannot write {path}: {error.strerror}", remedy="name a file that can be written"
        ) from None


def junit(answer: Mapping[str, Any]) -> bytes:
    """Return the report."""
    suite = ET.Element(
        "testsuite",
        name=_clean(f"mplsemu {answer['lab']}"),
        tests=str(len(answer["checks"])),
        failures=str(answer["failed"]),
        errors="0",
        skipped="0",
        time=_seconds(answer["checks_s"]),
        timestamp=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    properties = ET.SubElement(suite, "properties")
    for name in ("dataplane", "datapath", "boot_s"):
        ET.SubElement(properties, "property", name=name, value=_clean(str(answer[name])))
    for check in answer["checks"]:
        _add_case(suite, answer["lab"], check)
    return bytes(ET.tostring(suite, encoding="utf-8", xml_declaration=True))


def _add_case(suite: ET.Element, lab: str, check: Mapping[str, Any]) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(f"{lab}.{check['vpn']}"),
        name=_clean(check["name"]),
        time=_seconds(check["took_s"]),
    )
    detail = _clean(check["detail"])
    if not check["ok"]:
        said = detail or "it does not hold"
        failure = ET.SubElement(case, "failure", message=said, type=check["expect"])
        failure.text = f"{_clean(check['name'])}: {said}"
    elif detail:
        ET.SubElement(case, "system-out").text = detail


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.6f}"
