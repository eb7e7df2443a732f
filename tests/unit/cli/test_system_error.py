"""What a machine lacks, files that are none, and words that nobody reads to the end."""

import errno
import os
import signal
import subprocess
import sys
import threading

import pytest

from mplsemu.cli.main import main
from mplsemu.cli.system_error import describe_system_error
from mplsemu.emulation import requirements
from mplsemu.emulation.requirements import machine_problem
from mplsemu.errors import DataPlaneError, EmulationError, LabError, clip
from mplsemu.lab import bounded_read
from mplsemu.lab.bounded_read import read_bounded, read_file
from mplsemu.lab.loader import load
from mplsemu.southbound.ebpf import libbpf, maps
from tests.places import TOPOLOGIES
from tests.waiting import eventually

NORDIC = TOPOLOGIES / "nordic.yaml"


# --- what a machine lacks ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "not enough memory; see: ulimit -v"),
        (RuntimeError("can't start new thread"), "no more threads can be started"),
        (OSError(errno.EFBIG, "Too large", "x"), "cannot write x: Too large; see: ulimit -f"),
        (OSError(errno.ENOSPC, "No space left on device"), "cannot write what there is to say"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files; see: ulimit -n"),
        (BlockingIOError(errno.EAGAIN, "Resource"), "see: ulimit -u"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/dev/null"), "/dev/null cannot be used"),
    ],
)  # fmt: skip
def test_what_a_machine_lacks_is_a_line(error, said, monkeypatch, capsys):
    assert said in describe_system_error(error)

    def fail(_words):
        raise error

    monkeypatch.setattr("mplsemu.cli.main._run", fail)
    assert main(["check"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("error", [RuntimeError("a fault of ours"), OSError(errno.EBADF, "bad")])
def test_what_is_our_fault_is_told_in_full(error, monkeypatch):
    assert describe_system_error(error) is None

    def fail(_words):
        raise error

    monkeypatch.setattr("mplsemu.cli.main._run", fail)
    with pytest.raises(type(error)):
        main(["check"])


@pytest.mark.parametrize("number", [-errno.ENOENT, -errno.ENOMEM, 0])
def test_an_error_of_libbpf_is_taken_for_no_number(number, monkeypatch):
    class Library:
        def libbpf_num_possible_cpus(self):
            return number

    monkeypatch.setattr(maps, "library", Library)
    maps._possible_cpus.cache_clear()
    with pytest.raises(DataPlaneError, match=r"how many CPUs there may be: .*mount -t sysfs"):
        maps._possible_cpus()
    maps._possible_cpus.cache_clear()
    assert libbpf.library() is not None


def test_rights_that_root_lacks_are_named(monkeypatch, tmp_path):
    status = tmp_path / "status"
    real = requirements.Path
    monkeypatch.setattr(
        requirements, "Path", lambda path: status if path == "/proc/self/status" else real(path)
    )
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    status.write_text("Name:\tx\nCapEff:\t000001ffffffffff\n")
    assert machine_problem() is None
    status.write_text("Name:\tx\nCapEff:\t000001ffffffdfff\n")
    assert machine_problem().startswith("root lacks CAP_NET_RAW here")
    with pytest.raises(EmulationError, match="CAP_NET_RAW"):
        requirements.require_tools()


def test_a_machine_without_the_null_device_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "devnull", str(tmp_path / "null"))
    assert "mknod -m 666" in machine_problem()


def test_a_file_size_limit_is_a_line(tmp_path):
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", sys.executable, "-m", "mplsemu",
         "view", str(NORDIC), "--format", "html", "-o", "x"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr


# --- files that are none -------------------------------------------------------------------


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def test_a_fifo_that_nobody_writes_to_is_not_waited_for_for_ever(fifo, monkeypatch):
    monkeypatch.setattr(bounded_read.read_file, "__defaults__", (0.05,))
    with pytest.raises(LabError, match=r"fifo: cannot be read: nothing has come from it for 0.05"):
        load(fifo)


def test_a_lab_file_may_come_from_a_pipe_in_pieces(fifo):
    def write():
        with fifo.open("w") as file:
            text = NORDIC.read_text()
            for at in range(0, len(text), 200):
                file.write(text[at : at + 200])
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    assert load(fifo).network == load(NORDIC).network
    writer.join()


def test_a_shells_process_substitution_is_a_lab_file():
    command = f"{sys.executable} -m mplsemu check <(cat {NORDIC})"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_without_end_is_read_to_a_bound():
    assert len(read_file("/dev/zero", 1000)) == 1001
    with pytest.raises(OSError, match="more than 1,000 octets"):
        read_bounded("/dev/zero", 1000)
    with pytest.raises(LabError, match="a lab file may have"):
        load("/dev/zero")


@pytest.mark.parametrize("words", [["--program"], ["--demands"], ["--checks"]])
def test_other_files_are_not_waited_for_for_ever_either(words, fifo, monkeypatch, capsys):
    monkeypatch.setattr(bounded_read.read_file, "__defaults__", (0.05,))
    assert main(["check", str(NORDIC), *words, str(fifo)]) == 2
    assert "nothing has come from it" in capsys.readouterr().err


def test_ctrl_c_ends_the_wait_for_a_fifo(fifo):
    process = subprocess.Popen(
        [sys.executable, "-m", "mplsemu", "check", str(fifo)], stderr=subprocess.PIPE, text=True
    )
    writer = eventually(lambda: _writer(fifo), "somebody reads it", pause_s=0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    os.close(writer)
    assert (process.returncode, said) == (130, "mplsemu: interrupted\n")


def _writer(fifo):
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


# --- words that nobody reads to the end ----------------------------------------------------


def test_a_long_word_is_cut_and_a_path_is_not():
    assert clip("a/" * 150) == "a/" * 150
    assert clip(f"label {'x' * 100_000} is wrong") == f"label {'x' * 64}... is wrong"
    assert len(clip("word " * 100_000)) < 10_000
    assert len(str(LabError("x" * 100_000, remedy="y" * 100_000))) < 200


BIG = "x" * 100_000
TYPED = [
    [BIG],
    ["check", BIG],
    ["show", str(NORDIC), BIG],
    ["trace", str(NORDIC), BIG, "a/aarhus/h1"],
    ["trace", str(NORDIC), "a/aarhus/h1", BIG],
    ["view", str(NORDIC), "--vpn", BIG],
    ["check", str(NORDIC), "--down", BIG],
    ["check", str(NORDIC), "--failures", BIG],
    ["check", str(NORDIC), f"--{BIG}"],
    ["down", BIG],
    ["status", "--lab", BIG],
    ["new", BIG],
    ["up", BIG],
]


@pytest.mark.parametrize("words", TYPED, ids=lambda words: " ".join(words)[:30])
def test_what_is_typed_is_not_said_back_at_any_length(words, capsys):
    assert main(words) == 2
    assert 0 < len(capsys.readouterr().err) < 1000


TEXT = """name: small
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 192.168.1.0/24}
      y: {pe: se, subnet: 192.168.2.0/24}
"""


@pytest.mark.parametrize("big", [BIG, "word " * 20_000], ids=["a word", "many words"])
@pytest.mark.parametrize(
    "value",
    ["small", "role: pe", "[dk-se]", "l3vpn", "pe: dk", "192.168.1.0/24", "a:", "x:", "provider"],
)
def test_a_value_of_a_lab_file_is_not_said_back_at_any_length(value, big, tmp_path, capsys):
    at = value.rpartition(" ")[2].strip("[]:")
    file = tmp_path / "lab.yaml"
    file.write_text(TEXT.replace(value, value.replace(at, f'"{big}"'), 1))
    code = main(["check", str(file)])
    said = capsys.readouterr()
    assert code in {0, 2}
    if code == 2:
        assert 0 < len(said.err) < 1000 + len(str(tmp_path))
