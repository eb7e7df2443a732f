"""The self-test that decides whether a machine gets the eBPF data plane."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mplsemu.emulation.namespace import current_namespace
from mplsemu.running import selftest
from mplsemu.running.selftest import why_not_ebpf
from tests.places import ROOT
from tests.system.running import mplsemu, root_interfaces

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def again():
    """Have it tried anew."""
    why_not_ebpf.cache_clear()
    yield
    why_not_ebpf.cache_clear()


def descriptors():
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


@pytest.mark.quiet
def test_here_it_holds_soon_and_leaves_nothing():
    namespace = current_namespace()
    before, interfaces = descriptors(), root_interfaces()
    began = time.monotonic()
    assert why_not_ebpf() is None
    assert time.monotonic() - began < 1.0
    assert current_namespace() == namespace
    assert descriptors() == before
    assert root_interfaces() == interfaces


def test_it_is_tried_once(monkeypatch):
    assert why_not_ebpf() is None
    monkeypatch.setattr(selftest, "_try", pytest.fail)
    assert why_not_ebpf() is None


def test_a_program_that_is_not_there_or_that_the_kernel_refuses_is_the_reason(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("MPLSEMU_EBPF_OBJECT", "/nowhere/lsr.o")
    assert "there is no /nowhere/lsr.o" in why_not_ebpf()
    why_not_ebpf.cache_clear()
    (tmp_path / "lsr.o").write_bytes(b"\x7fELF and no more")
    monkeypatch.setenv("MPLSEMU_EBPF_OBJECT", str(tmp_path / "lsr.o"))
    assert "cannot read the data plane's program" in why_not_ebpf()


def test_a_packet_that_is_lost_is_the_reason(monkeypatch):
    """As if the kernel did not do what the program counts on."""
    monkeypatch.setattr(selftest, "_install", lambda _fabric, _program: None)
    reason = why_not_ebpf()
    assert reason.startswith("in the self-test an IPv4 packet from routed/w/h1 to routed/e/h1 did")


def test_a_wrong_packet_is_the_reason(monkeypatch):
    monkeypatch.setattr(selftest, "_BEHIND_TWO_VRFS", 63)
    assert "did not arrive as it should" in why_not_ebpf()


def test_a_kernel_that_interprets_programs_is_the_reason(monkeypatch):
    monkeypatch.setattr(selftest.EbpfFabric, "is_interpreted", True)
    assert "type: sysctl -w net.core.bpf_jit_enable=1" in why_not_ebpf()


def test_without_libbpf_or_root_that_is_the_reason():
    hide = (
        "import ctypes; real = ctypes.CDLL\n"
        "def no(name, *a, **k):\n"
        "    if name and 'bpf' in str(name): raise OSError('not there')\n"
        "    return real(name, *a, **k)\n"
        "ctypes.CDLL = no\n"
        "from mplsemu.running.selftest import why_not_ebpf; print(why_not_ebpf())"
    )
    done = subprocess.run(
        [sys.executable, "-c", hide], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "libbpf is not installed; type: sudo apt-get install libbpf1" in done.stdout


def test_labs_fall_back_and_say_so_in_one_line(small, ground):
    env = {**ground.env, "MPLSEMU_EBPF_OBJECT": "/nowhere/lsr.o", "MPLSEMU_DATAPLANE": "auto"}
    done = mplsemu("test", small, env=env)
    assert done.returncode == 0
    [note] = [line for line in done.stdout.splitlines() if "ebpf" in line]
    assert "LSRs are those of openflow, as ebpf is not to be had here: there is no /now" in note
    assert "(openflow, " in done.stdout
    done = mplsemu("test", small, "--dataplane", "ebpf", env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "mplsemu: there is no /nowhere/lsr.o; type: scripts/build-ebpf\n"
    done = mplsemu("up", small, env=env)
    assert done.returncode == 0
    assert "note: LSRs are those of openflow" in done.stdout


def test_a_lab_file_that_asks_for_a_data_plane_gets_it(small, ground):
    small.write_text(small.read_text() + "dataplane: openflow\n")
    done = mplsemu("test", small, env=ground.env)
    assert (done.returncode, "(openflow, " in done.stdout) == (0, True)


def test_a_machine_that_loses_one_packet_is_no_unfit_one(monkeypatch):
    """Only who fails twice is."""
    tried, tries = [], selftest._try

    def losing_the_first():
        tried.append(1)
        if len(tried) == 1:
            raise selftest._LostError("lost")
        tries()

    monkeypatch.setattr(selftest, "_try", losing_the_first)
    assert why_not_ebpf() is None
    assert len(tried) == 2


def test_it_holds_many_times_in_a_row(monkeypatch):
    """Each at the first try."""
    tries, counted = selftest._try, []
    monkeypatch.setattr(selftest, "_try", lambda: counted.append(1) or tries())
    for _ in range(20):
        assert why_not_ebpf() is None
        why_not_ebpf.cache_clear()
    assert len(counted) == 20
