"""The interactive prompt, on a terminal: help, completion, history, Ctrl-C, Ctrl-D."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

import pytest

from tests.places import ROOT, TOPOLOGIES
from tests.system.running import MPLSEMU, Ground

pytestmark = pytest.mark.system

PROMPT = "mplsemu> "
CTRL_C, CTRL_D, TAB, DELETE_LINE = "\x03", "\x04", "\t", "\x15"
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x07")


class Terminal:
    """A terminal at which somebody runs a lab."""

    def __init__(self, words, env):
        self.keyboard, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*MPLSEMU, *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, **env, "TERM": "xterm", "COLUMNS": "100"},
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=_control_terminal,  # noqa: PLW1509  # the tests have no threads
        )
        os.close(theirs)
        self.seen = ""
        self.is_lost = False

    def type(self, text):
        """Type without looking; what is seen from now on is the answer."""
        self.seen = ""
        os.write(self.keyboard, text.encode())

    def expect(self, pattern, timeout_s=60.0):
        """Wait until the screen shows something; return what it shows."""
        deadline = time.monotonic() + timeout_s
        while not re.search(pattern, self.seen):
            left = deadline - time.monotonic()
            assert left > 0, f"{pattern!r} is not in {self.seen!r}"
            if select.select([self.keyboard], [], [], left)[0]:
                try:
                    more = os.read(self.keyboard, 65536).decode(errors="replace")
                except OSError:  # its last reader has gone
                    more = ""
                assert more, f"{pattern!r} is not in {self.seen!r}, and that was all"
                self.seen += _ESCAPE.sub("", more).replace("\r", "")
        return self.seen

    def interrupt(self):
        """Press Ctrl-C until the prompt comes; Python misses one between prompt and reading."""
        deadline = time.monotonic() + 20
        while True:
            self.type(CTRL_C)
            try:
                return self.expect(f"{PROMPT}$", 1.0)
            except AssertionError:
                if time.monotonic() > deadline:
                    raise

    def run(self, line):
        """Type a line and return what it printed."""
        self.type(f"{line}\n")
        shown = self.expect(rf"\n(.*\n)*.*{PROMPT}$")
        return shown.split("\n", 1)[1].rsplit(PROMPT, 1)[0]

    def end(self):
        """Wait for the end of the command; return its exit status."""
        try:
            deadline = time.monotonic() + 20
            while self.process.poll() is None and time.monotonic() < deadline:
                if select.select([self.keyboard], [], [], 0.05)[0]:
                    try:
                        self.seen += os.read(self.keyboard, 65536).decode(errors="replace")
                    except OSError:
                        break
            return self.process.wait(5)
        finally:
            self.process.kill()
            os.close(self.keyboard)


def _control_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture(scope="module")
def ground(tmp_path_factory, dataplane):
    made = Ground(tmp_path_factory.mktemp("prompt") / "r")
    yield made
    left = made.left_over()
    made.sweep()
    assert left == []


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def terminal(ground, home):
    """The same prompt for all tests here; the last of them ends it."""
    made = Terminal(["up", str(TOPOLOGIES / "nordic.yaml")], {**ground.env, "HOME": str(home)})
    try:
        made.expect(f"{PROMPT}$", 30)
        yield made
    finally:
        if made.process.poll() is None:
            made.process.send_signal(signal.SIGTERM)
            made.end()


@pytest.fixture(autouse=True)
def at_the_prompt(terminal):
    """Begin on an empty line; once it does not come, it is not waited for again."""
    if terminal.is_lost:
        pytest.fail("an earlier test did not come back to the prompt")
    terminal.is_lost = True
    terminal.run("")
    terminal.is_lost = False


def test_help_names_our_commands_and_mininets(terminal):
    shown = terminal.run("help")
    for word in ("trace", "view", "link", "capture", "matrix", "nodes", "Ctrl-D"):
        assert word in shown
    assert "usage" in terminal.run("help link").lower()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (f"a/aar{TAB}", "a/aarhus/h"),
        (f"ping a/stock{TAB}", "a/stockholm/h1"),
        (f"link no-{TAB}{TAB}{TAB}", "no-p1 +no-p2"),
        (f"mat{TAB}", "matrix"),
        (f"show lf{TAB}", "lfib"),
        (f"view --vp{TAB}", "--vpn"),
    ],
)
def test_tab_completes_commands_nodes_and_links(terminal, typed, shown):
    terminal.type(typed)
    terminal.expect(shown)
    terminal.type(DELETE_LINE)


@pytest.mark.parametrize(
    "line",
    [
        "a/aarhus/h1 ping -c1 a/oslo/h1",
        "a-aarhus-h1 ping -c1 a-oslo-h1",
        "a/aarhus/h1 ping -c1 192.168.3.2",
        "ping -c1 a/aarhus/h1 a/oslo/h1",
        "exec a/aarhus/h1 -- ping -c1 192.168.3.2",
    ],
)
def test_hosts_ping(terminal, line):
    assert " 0% packet loss" in terminal.run(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("iperf a/aarhus/h1 a/oslo/h1 -t 1", "TCP from a/aarhus/h1 to a/oslo/h1: "),
        ("iperfudp 1M a/aarhus/h1 a-oslo-h1 -t 1", "UDP at 1 Mbit/s from a/aarhus/h1 to a-oslo"),
        ("iperf -t 1 --udp '2 Mbit/s' c/odense/h1 c/malmo/h1", "UDP at 2 Mbit/s from c/odense/h1"),
    ],
)
def test_throughput_is_measured_and_printed(terminal, line, said):
    shown = terminal.run(line)
    assert said in shown
    assert re.search(r": [0-9.]+ [kMG]bit/s received, [0-9.]+ [kMG]bit/s sent", shown)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("iperf", "required: SRC, DST"),
        ("iperfudp lots a/aarhus/h1 a/oslo/h1", "'lots' is not a rate; write for example 10M"),
        ("ping a/aarhus/h1 oslo-h1", "did you mean 'a/oslo/h1'?"),
        ("oslo-h1 hostname", "did you mean 'a/oslo/h1' or 'b/oslo/h1'?"),
        ("iperf a/aarhus/h1 a/oslo/h9", "did you mean 'a/oslo/h1'?"),
        ("iperf -t 0 a/aarhus/h1 a/oslo/h1", "'0' is not a number from 1"),
    ],
)
def test_what_cannot_be_done_is_one_line(terminal, line, said):
    assert said in terminal.run(line)


def test_links_go_down_and_up(terminal):
    assert "dk-p1 is down" in terminal.run("link dk p1 down")
    assert re.search(r"dk-p1 .*DOWN", terminal.run("link"))
    assert "dk-p2" in terminal.run("trace a/aarhus/h1 a/oslo/h1")
    assert " 0% packet loss" in terminal.run("a/aarhus/h1 ping -c1 a/oslo/h1")
    assert "dk-p1 is up" in terminal.run("link dk-p1 up")


def test_the_matrix_runs_every_check(terminal):
    assert re.search(r"\d+ checks in .*all hold", terminal.run("matrix"))


def test_what_is_on_the_lab_file_works_too(terminal):
    assert "dk" in terminal.run("view --provider")
    assert "p1" in terminal.run("show lfib p1")
    assert terminal.run("status").startswith("lab nordic")
    assert "a-aarhus-h1" in terminal.run("nodes")
    assert "all hold" in terminal.run("check").lower() or terminal.run("check")


@pytest.mark.parametrize("line", ["frobnicate", "frobnicate a b", "dk-p1", "a/aarhus/h9 ls"])
def test_an_unknown_command_is_told_and_harmless(terminal, line):
    shown = terminal.run(line)
    assert "nknown" in shown or "not" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "line",
    [
        "ping a/aarhus/h1", "link dk", "trace x y", "view --vpn z", "exec zz", "capture nothing",
        'ping "a b', "show", "source /no/such/file", "py 1/0", "x", "sh exit 3", "dump extra",
"pingpair x", "xterm a/aarhus/h1", "switch dk jump",
    ],
)  # fmt: skip
def test_mistakes_keep_the_lab(terminal, line):
    shown = terminal.run(line)
    assert "Traceback" not in shown


def test_commands_come_from_a_file(terminal, tmp_path):
    (tmp_path / "commands").write_text("nodes\na/aarhus/h1 ping -c1 a/oslo/h1\n")
    shown = terminal.run(f"source {tmp_path / 'commands'}")
    assert "a-aarhus-h1" in shown
    assert " 0% packet loss" in shown


@pytest.mark.parametrize("line", ["a/aarhus/h1 sleep 1", "exec a/aarhus/h1 -- sleep 1"])
def test_what_is_typed_ahead_waits_for_the_prompt(terminal, line):
    """Its first character went to the shell of the host, the rest was lost."""
    terminal.type(f"{line}\n")
    terminal.expect(re.escape(line) + "\n")
    os.write(terminal.keyboard, b"xyz\n")
    terminal.expect("unknown command or node 'xyz'")
    terminal.expect(f"xyz.*\n(.*\n)*{PROMPT}$")
    assert terminal.run("a/aarhus/h1 hostname") == "a-aarhus-h1\n"


def test_lines_that_are_pasted_are_run_one_by_one(terminal):
    lines = ("a/aarhus/h1 cat", "a/aarhus/h1 sleep 0.3", "a/oslo/h1 hostname", "dk hostname")
    terminal.type("".join(f"{line}\n" for line in (*lines, "a/oslo/h1 echo to''gether")))
    shown = terminal.expect(f"\ntogether\n{PROMPT}$")
    assert "\na-oslo-h1\n" in shown
    assert "\ndk\n" in shown
    assert "nknown" not in shown


def test_a_second_ctrl_c_ends_what_does_not_mind_the_first(terminal):
    deaf = "signal.signal(signal.SIGINT, signal.SIG_IGN); print('re' 'ady', flush=True)"
    terminal.type(f'a/aarhus/h1 python3 -c "import signal; {deaf}; signal.pause()"\n')
    terminal.expect("\nready\n")
    terminal.interrupt()
    assert terminal.run("a/aarhus/h1 hostname") == "a-aarhus-h1\n"


def test_what_a_shell_at_a_node_keeps_is_kept(terminal):
    terminal.run("a/aarhus/h1 cd /tmp; here=$PWD")
    assert terminal.run("a/aarhus/h1 echo $here $PWD") == "/tmp /tmp\n"
    assert re.fullmatch(r"\[1\] \d+\n", terminal.run("a/aarhus/h1 sleep 0.1 &"))
    assert terminal.run("a/aarhus/h1 wait $!; echo $?") == "0\n"
    assert "unexpected EOF" in terminal.run("a/aarhus/h1 echo 'abc")


def test_ctrl_c_during_a_ping_ends_the_ping_only(terminal):
    for line in ("a/aarhus/h1 ping a/oslo/h1", "ping -c 1000 a/aarhus/h1 a/oslo/h1"):
        terminal.type(f"{line}\n")
        terminal.expect(r"icmp_seq=2 ")
        terminal.interrupt()
        assert " 0% packet loss" in terminal.run("a/aarhus/h1 ping -c1 a/oslo/h1")


def test_ctrl_c_during_a_capture_ends_the_capture_only(terminal):
    terminal.type("capture dk-p1\n")
    terminal.expect("Ctrl-C ends it")
    terminal.interrupt()


def test_ctrl_c_during_the_matrix_ends_that_only(terminal):
    terminal.type("matrix\n")
    terminal.expect("matrix\n")
    terminal.interrupt()
    assert " 0% packet loss" in terminal.run("a/aarhus/h1 ping -c1 a/oslo/h1")


def test_ctrl_c_at_the_prompt_keeps_the_lab(terminal):
    for _ in range(3):
        terminal.interrupt()
    assert " 0% packet loss" in terminal.run("a/aarhus/h1 ping -c1 a/oslo/h1")


def test_a_daemon_that_dies_is_told_at_the_prompt(terminal, ground):
    terminal.type("")
    os.kill(ground.process("mplsemu controller"), signal.SIGKILL)
    terminal.expect("the controller died and was started again")
    assert " 0% packet loss" in terminal.run("a/aarhus/h1 ping -c1 a/oslo/h1")


def test_ctrl_d_takes_the_lab_down_and_history_is_kept(terminal, ground, home):
    terminal.run("a/aarhus/h1 echo remember me")
    terminal.type(CTRL_D)
    terminal.expect("taking the lab down")
    assert terminal.end() == 0
    ground.assert_clean()
    assert "a/aarhus/h1 echo remember me" in (home / ".mplsemu_history").read_text()
