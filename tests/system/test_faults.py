"""What can go wrong, through the command line: one clear line, exit 2, and nothing left behind."""

import json
import re
import subprocess
import sys

import pytest

from mplsemu.cli.main import main
from tests.places import ROOT, TOPOLOGIES
from tests.system.running import SMALL, Ground, detached, mplsemu, refusal, without

pytestmark = pytest.mark.system

OPENFLOW = pytest.mark.dataplane("openflow")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """A small lab that runs in the background, for commands that get it wrong."""
    directory = tmp_path_factory.mktemp("up")
    (directory / "small.yaml").write_text(SMALL)
    made = Ground(directory / "r")
    with detached(made, directory / "small.yaml"):
        yield made


@pytest.fixture
def typed(capfd, monkeypatch):
    """Return ``typed(words, ground)``: the command line in this process, which starts sooner."""

    def run(words, ground):
        monkeypatch.setenv("MPLSEMU_RUN_DIR", str(ground.directory))
        code = main(words)
        out, error = capfd.readouterr()
        return subprocess.CompletedProcess(words, code, out, error)

    return run


# --- the machine ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [("up", "LAB"), ("up", "--detach", "LAB"), ("test", "LAB"), ("test", "--running", "small")],
    ids=" ".join,
)
def test_who_is_not_root_is_told(words, up):
    import_it = [*NOBODY, sys.executable, "-c", "import mplsemu"]
    if subprocess.run(import_it, check=False, capture_output=True, cwd=ROOT).returncode:
        pytest.skip("this checkout is not for everybody to read")
    words = [str(TOPOLOGIES / "nordic.yaml") if word == "LAB" else word for word in words]
    assert "type sudo before the command" in refusal(mplsemu(*words, env=up.env, prefix=NOBODY))


@pytest.mark.parametrize(
    "words",
    [
        ("exec", "a/x/h1", "--", "true"),
        ("ping", "a/x/h1", "a/y/h1"),
        ("capture", "dk-se"),
        ("link", "dk", "se", "down"),
        ("status",),
        ("down",),
    ],
    ids=" ".join,
)
def test_who_is_not_root_cannot_touch_a_running_lab(words, up):
    done = mplsemu(*words, env={"MPLSEMU_RUN_DIR": str(up.directory)}, prefix=NOBODY)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert mplsemu("ping", "-c1", "a/x/h1", "a/y/h1", env=up.env).returncode == 0


@pytest.mark.parametrize(
    ("command", "tool", "package"),
    [
        pytest.param("up", "ovs-vswitchd", "openvswitch-switch", marks=OPENFLOW),
        pytest.param("test", "ovsdb-server", "openvswitch-switch", marks=OPENFLOW),
        pytest.param("up", "ovs-vsctl", "openvswitch-switch", marks=OPENFLOW),
        ("up", "tc", "iproute2"),
        ("test", "ip", "iproute2"),
    ],
)
def test_what_is_not_installed_is_named_with_what_to_type(command, tool, package, small, ground):
    line = refusal(mplsemu(command, small, env=ground.env, prefix=without(tool)))
    assert f"{tool} is not installed; type: sudo apt-get install {package}" in line


def test_without_tcpdump_a_capture_with_a_filter_says_what_to_type(up):
    words = ("capture", "dk-se", "--filter", "icmp")
    line = refusal(mplsemu(*words, env=up.env, prefix=without("tcpdump")))
    assert "tcpdump is not installed; type: sudo apt-get install tcpdump" in line


@pytest.mark.parametrize("limit", [24, 64, 120])
def test_a_shell_that_allows_too_few_open_files_is_told(limit, small, ground):
    prefix = ("sh", "-c", f'ulimit -n {limit} && exec "$@"', "sh")
    done = mplsemu("test", small, env=ground.env, prefix=prefix)
    if done.returncode == 0:
        return  # here root may raise even a hard limit
    line = refusal(done)
    assert f"a process may open {limit} files here" in line
    assert "type: ulimit -n 16384" in line


@pytest.mark.parametrize("size", ["4k", "24k"])
def test_a_full_disk_is_told(size, small, ground):
    ground.directory.mkdir()
    script = f'mount -t tmpfs -o size={size} none {ground.directory} && exec "$@"'
    prefix = ("unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh")
    done = mplsemu("up", small, env=ground.env, prefix=prefix)
    ground.directory.rmdir()
    if size != "4k" and done.returncode == 0:
        return  # a lab needs no more than that
    assert done.returncode == 2
    assert done.stderr.startswith("mplsemu: ")
    assert re.search("No space left on device|has 0 MB free", done.stderr)
    assert "Traceback" not in done.stderr


def test_a_run_directory_of_which_the_path_is_too_long_is_told(small, tmp_path):
    ground = Ground(tmp_path / ("long" * 30))
    line = refusal(mplsemu("up", small, env=ground.env))
    assert "MPLSEMU_RUN_DIR" in line
    ground.assert_clean()


def test_a_run_directory_that_is_a_file_is_told(small, tmp_path):
    (tmp_path / "file").write_text("")
    line = refusal(mplsemu("up", small, env={"MPLSEMU_RUN_DIR": str(tmp_path / "file")}))
    assert "cannot make" in line
    assert "Not a directory" in line


@OPENFLOW
def test_a_framework_that_is_not_there_is_told(small, ground):
    done = mplsemu("up", small, env={**ground.env, "MPLSEMU_OPENFLOW_FRAMEWORK": "frenetic"})
    assert "frenetic" in refusal(done)


# --- lab files -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "content"),
    [
        ("up", None),
        ("test", ""),
        ("up", "name: ["),
        ("test", "name: x\nprovidr: {}\n"),
        ("up", b"\xff"),
    ],
)
def test_a_lab_file_that_is_none_starts_nothing(command, content, tmp_path, ground):
    file = tmp_path / "bad.yaml"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "bad.yaml" in refusal(mplsemu(command, file, env=ground.env))


def test_a_directory_is_no_lab_file(tmp_path, ground):
    assert "is a directory" in refusal(mplsemu("up", tmp_path, env=ground.env)).lower()


def test_a_lab_file_that_may_not_be_read_is_told(tmp_path):
    tmp_path.chmod(0o755)
    file = tmp_path / "secret.yaml"
    file.write_text(SMALL)
    file.chmod(0o600)
    done = mplsemu("check", file, prefix=NOBODY)
    if "No module" in done.stderr:
        pytest.skip("this checkout is not for everybody to read")
    assert "ermission" in refusal(done)


# --- a lab that runs already, or none ------------------------------------------------------


@pytest.mark.parametrize("words", [("up",), ("up", "--detach"), ("test",)], ids=" ".join)
def test_a_lab_already_running_under_that_name_is_told_and_left_alone(words, small, up):
    line = refusal(mplsemu(*words, small, env=up.env))
    assert "a lab named 'small' is already running; type: sudo mplsemu down --lab small" in line
    assert mplsemu("ping", "-c1", "a/x/h1", "a/y/h1", env=up.env).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("down",),
        ("down", "--lab", "small"),
        ("ping", "a/x/h1", "a/y/h1"),
        ("exec", "dk", "--", "true"),
        ("link", "dk", "se", "down"),
        ("link",),
        ("capture", "dk-se"),
        ("status", "--lab", "small"),
        ("test", "--running", "small"),
    ],
    ids=" ".join,
)
def test_where_nothing_runs_that_is_told(words, ground, typed):
    line = refusal(typed(words, ground))
    assert "is running" in line


def test_status_of_nothing_is_no_error(ground):
    done = mplsemu("status", env=ground.env)
    assert (done.returncode, done.stdout) == (0, "no lab is running\n")
    assert json.loads(mplsemu("status", "--json", env=ground.env).stdout) == {"labs": []}
    assert mplsemu("down", "--all", env=ground.env).returncode == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("exec", "a/x/h2", "--", "true"), "did you mean 'a/x/h1'?"),
        (("exec", "a/x/h2"), "did you mean 'a/x/h1'?"),
        (("exec", "a/x/h1", "--", "no-such-command"), "cannot run 'no-such-command'"),
        (("ping", "a/x/h1", "a/z/h1"), "no host 'a/z/h1'"),
        (("ping", "a/x/h1", "dk"), "dk is an LSR"),
        (("ping", "q", "a/x/h1"), "no host 'q'"),
        (("ping", "-c", "0", "a/x/h1", "a/y/h1"), "write a count from 1 on"),
        (("ping", "a/x/h1", "2001:db8::1"), "IP version"),
        (("capture", "dk-no"), "did you mean 'dk-se'?"),
        (("capture", "dk-se", "a/x/h3"), "did you mean 'a/x/h1'?"),
        (("capture", "dk-se", "-c", "0"), "write a count from 1 on"),
        (("capture", "dk-se", "-w", "/no/such/directory/x.pcap"), "its directory does not exist"),
        (("capture", "dk-se", "--filter", "and and"), "syntax error"),
        (("capture", "dk-se", "--seconds", "-1"), "write more than 0"),
        (("link", "dk", "no", "down"), "no link between 'dk' and 'no'"),
        (("link", "dk-ee", "down"), "did you mean 'dk-se'?"),
        (("link", "dk", "se"), "write: mplsemu link dk p1 down"),
        (("link", "dk", "se", "sideways"), "write: mplsemu link dk p1 down"),
        (("status", "--lab", "smal"), "no lab named 'smal' is running (running: small)"),
        (("test", "--running", "smal"), "no lab named 'smal' is running"),
        (("test",), "name a lab file"),
        (("test", "--running", "small", "--junit", "/no/such/x.xml"), "its directory does not"),
        (("test", "--running", "small", "--junit", "/"), "cannot write /"),
        (("up", "x.yaml", "--dataplane", "p4"), "no data plane 'p4'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_names_and_arguments_are_told(words, hint, up, typed):
    assert hint in refusal(typed(words, up))


def test_a_report_that_cannot_be_written_is_told_before_anything_boots(small, ground, tmp_path):
    line = refusal(mplsemu("test", small, "--junit", tmp_path, env=ground.env))
    assert f"cannot write {tmp_path}" in line
    assert not ground.directory.exists()
