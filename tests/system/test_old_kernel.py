"""The eBPF data plane on Linux 6.1, in User-mode Linux: it loads, packets pass, a lab runs.

That kernel has no BTF of its own and no JIT compiler, so what loads there asks for neither.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.system import oldkernel

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not oldkernel.can_be_here(), reason="only Debian, on x86_64, has a package user-mode-linux"
    ),
]

TIMEOUT_S = 150.0


def inside(directory, *command):
    """Run a command inside; return what it printed."""
    status, said = oldkernel.run([*command], directory, TIMEOUT_S)
    assert status == 0, said
    return said


def test_the_program_does_packet_by_packet_what_it_does_on_any_kernel(short_path):
    pytest_inside = [sys.executable, "-m", "pytest", "-q", "-x", "-rs", "--tb=short"]
    pytest_inside += ["-p", "no:cacheprovider"]  # the checkout is read only
    chosen = [
        f"tests/ebpf/test_{name}.py" for name in ("vrf", "vsi", "fdb", "vpws", "transit", "ecmp")
    ]
    # what that kernel has, and many have not: netem
    said = inside(short_path, *pytest_inside, *chosen, "tests/system/test_netem.py")
    assert " passed" in said
    assert "no sch_netem" not in said


def test_a_lab_boots_and_everyone_reaches_whom_he_should_and_nobody_else(short_path):
    answer = short_path / "answer.json"
    mplsemu = [sys.executable, "-m", "mplsemu"]
    test = [*mplsemu, "test", "topologies/nordic.yaml", "--dataplane", "ebpf", "--json"]
    said = inside(short_path, "sh", "-c", f"uname -r; {' '.join(test)} > {answer}")
    assert "\n6.1." in said
    found = json.loads(answer.read_text())
    assert (found["dataplane"], found["failed"]) == ("ebpf", 0)
    assert found["passed"] > 100


def test_a_command_gives_its_status_and_leaves_nothing_outside(short_path):
    command = "touch /tmp/left /root/left /var/left scripts/left; echo kept > $0; exit 3"
    status, said = oldkernel.run(["sh", "-c", command, f"{short_path}/kept"], short_path, TIMEOUT_S)
    assert (status, said.count("Read-only file system")) == (3, 2), said
    assert (short_path / "kept").read_text() == "kept\n"
    here = Path("/tmp/left"), Path("/root/left"), Path("/var/left"), Path("scripts/left")
    assert not any(path.exists() for path in here)


def test_a_command_that_does_not_end_is_ended_with_all_it_started(short_path):
    begun = short_path / "begun"
    command = f"echo > {begun}; sleep 1000 & sleep 1000"
    status, _ = oldkernel.run(["sh", "-c", command], short_path, 15.0)
    assert status is None
    assert begun.exists()
    assert still_run(str(short_path)) == []


def still_run(named: str) -> list[int]:
    """Return the processes whose command line names it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if named.encode() in line:
            found.append(int(process.name))
    return found
