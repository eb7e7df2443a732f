"""The eBPF data plane on Linux 6.1, in User-mode Linux: it loads, packets pass, a lab runs.

That kernel has no BTF, which no kernel of a distribution is without: so it gets the program as
scripts/build-ebpf compiles it for such, from the same source.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mplsemu.southbound.ebpf.loader import OBJECT_VARIABLE
from tests.system import oldkernel

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not oldkernel.is_here(), reason="no linux.uml: Debian's package user-mode-linux has it"
    ),
]

TIMEOUT_S = 150.0


def inside(directory, *command):
    """Run a command inside; return what it printed."""
    compiled = directory / "lsr.bpf.o"
    subprocess.run(["scripts/build-ebpf", "--without-btf", str(compiled)], check=True)
    environment = ["env", f"{OBJECT_VARIABLE}={compiled}"]
    status, said = oldkernel.run([*environment, *command], directory, TIMEOUT_S)
    assert status == 0, said
    return said


def test_the_program_does_packet_by_packet_what_it_does_on_any_kernel(short_path):
    tests = ["tests/ebpf/test_vrf.py", "tests/ebpf/test_vsi.py", "tests/ebpf/test_transit.py"]
    pytest_inside = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    said = inside(short_path, *pytest_inside, *tests)
    assert " passed" in said


def test_a_lab_boots_and_everyone_reaches_whom_he_should_and_nobody_else(short_path):
    answer = short_path / "answer.json"
    mplsemu = [sys.executable, "-m", "mplsemu"]
    test = [*mplsemu, "test", "topologies/nordic.yaml", "--dataplane", "ebpf", "--json"]
    said = inside(short_path, "sh", "-c", f"uname -r; {' '.join(test)} > {answer}")
    assert "\n6.1." in said
    found = json.loads(answer.read_text())
    assert (found["dataplane"], found["failed"]) == ("ebpf", 0)
    assert found["passed"] > 100
