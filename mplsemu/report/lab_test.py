"""What ``test --json`` prints: the checks of a running lab."""

from __future__ import annotations

from typing import Any

from mplsemu.running.checks import CheckResult, LabTest


def lab_test_object(found: LabTest) -> dict[str, Any]:
    """Return all checks, and how many hold."""
    return {
        "lab": found.lab,
        "dataplane": found.dataplane,
        "datapath": found.datapath,
        "boot_s": found.boot_s,
        "checks_s": round(found.checks_s, 3),
        "passed": found.passed,
        "failed": found.failed,
        "checks": [_check(check) for check in found.checks],
    }


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "vpn": check.vpn,
        "src": check.src,
        "dst": check.dst,
        "expect": check.expect,
        "ok": check.ok,
        "rtt_ms": None if check.rtt_ms is None else round(check.rtt_ms, 3),
        "detail": check.detail,
        "took_s": round(check.took_s, 6),
        "address": check.address,
    }
