"""The prompt's commands from a pipe or a file, and from other terminals than the lab's own."""

import os
import re
import subprocess
import threading
import time

import pytest

from tests.system.running import MPLSEMU, SMALL, Ground, detached, mplsemu
from tests.system.test_prompt import PROMPT, Terminal
from tests.waiting import eventually

pytestmark = pytest.mark.system

REAL = "a/x/h1 echo to''gether"
"""What it prints is not in it."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory, dataplane):
    """A place with a small lab that runs."""
    directory = tmp_path_factory.mktemp("console")
    file = directory / "small.yaml"
    file.write_text(SMALL)
    made = Ground(directory / "r")
    with detached(made, file):
        yield made


@pytest.fixture
def terminals(ground, tmp_path):
    """Return ``terminals()``: another console of the lab."""
    opened = []

    def console():
        made = Terminal(["console", "small"], {**ground.env, "HOME": str(tmp_path)})
        opened.append(made)
        made.expect(f"{PROMPT}$")
        return made

    yield console
    for each in opened:
        if each.process.poll() is None:
            each.process.kill()
            each.end()


def piped(ground, text, code=0):
    """Run commands of a pipe; return what they printed, without themselves, and their errors."""
    done = mplsemu("console", env=ground.env, input=text, stdin=None)
    assert done.returncode == code, done.stderr
    return answers(done.stdout), done.stderr


def answers(shown):
    return re.sub(f"{PROMPT}(.*\n)?", "", shown)


# --- from a pipe or file -------------------------------------------------------------------


def test_a_line_is_read_whole_however_slowly_it_comes(ground):
    """Half of it went to the shell of a host, which ran it as root."""
    process = subprocess.Popen(
        [*MPLSEMU, "console"], env={**os.environ, **ground.env}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip

    parts = (REAL[:9], REAL[9:], "\na/x/h1 sleep 0.3; ", "echo slept\nno", "des", "\n", REAL)

    def write():
        for part in parts:
            process.stdin.write(part)
            process.stdin.flush()
            time.sleep(0.1)  # that it comes in parts is what is tried
        process.stdin.close()

    with process:
        writer = threading.Thread(target=write)
        writer.start()
        said, errors = answers(process.stdout.read()), process.stderr.read()
        writer.join()
    assert process.returncode == 0
    assert errors == ""
    assert said.count("together\n") == 2
    assert "slept\n" in said
    assert "available nodes are" in said


def test_commands_that_read_leave_the_lines_behind_them_alone(ground):
    reading = ("a/x/h1 cat", "exec a/x/h1 -- cat", "exec dk", "sh cat", "dk cat")
    said, errors = piped(ground, "\n".join(f"{each}\n{REAL}" for each in reading))
    assert errors == ""
    assert said.split() == ["together"] * len(reading)


def test_blank_lines_and_comments_are_nothing(ground):
    assert piped(ground, f"\n   \n# a comment\n\r\n{REAL} # another\n\n")[0].strip() == "together"


@pytest.mark.parametrize("line", ["nonsense", "x=1", "!ls", "echo root", "a/x/h9 true", "rm -rf"])
def test_what_is_no_command_is_an_error_and_the_next_line_is_run(ground, line):
    said, errors = piped(ground, f"{line}\n{REAL}\n", code=1)
    assert errors.startswith(f"mplsemu: unknown command or node {line.split()[0]!r}; ")
    assert "together" in said


def test_commands_of_a_file_that_is_sourced_are_the_same(ground, tmp_path):
    (tmp_path / "commands").write_text(f"# first\n\n{REAL}\nnonsense\n{REAL}\n")
    lines = f"source {tmp_path / 'commands'}\nsource {tmp_path / 'none'}\n"
    said, errors = piped(ground, lines, code=1)
    assert said.split() == ["together"] * 2
    assert "node 'nonsense'" in errors
    assert "cannot read" in errors


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("a/x/h1 false", 1), ("a/x/h1 (exit 3)", 1), ("dk no-such-command", 1), ("sh false", 1),
        ("exec a/x/h1 -- false", 1), ("show lfib no-such", 1), ("ping a/x/h1", 1),
        ("source /no/such/file", 1), ("a/x/h1 false; true", 0), ("a/x/h1 sleep 0.1 &", 0),
        ("status", 0),
    ],
)  # fmt: skip
def test_the_exit_code_says_whether_a_command_of_a_pipe_failed(ground, line, code):
    said, _ = piped(ground, f"{line}\n{REAL}\n", code=code)
    assert said.endswith("together\n")


def test_a_command_of_a_pipe_stands_before_what_it_says(ground):
    shown = mplsemu("console", env=ground.env, input=f"{REAL}\n# b\n", stdin=None).stdout
    assert shown.startswith(f"{PROMPT}{REAL}\ntogether\n{PROMPT}# b\n{PROMPT}")


def test_the_status_of_a_command_is_there_for_the_next_one(ground):
    assert piped(ground, "a/x/h1 (exit 7)\na/x/h1 echo it was $?\n", code=1)[0] == "it was 7\n"


def test_a_shell_that_ended_is_said_and_nothing_hangs(ground):
    said, errors = piped(ground, f"a/x/h1 sleep 60 &\na/x/h1 exit\n{REAL}\n", code=1)
    assert "the shell of a-x-h1 is gone" in errors
    assert "together" in said


def test_up_reads_commands_from_a_file(tmp_path_factory, dataplane):
    directory = tmp_path_factory.mktemp("up")
    lab, commands = directory / "small.yaml", directory / "commands"
    lab.write_text(SMALL)
    commands.write_text(f"# what is to be done\na/x/h1 cat\n{REAL}\nexec a/x/h1 -- cat\nhostname\n")
    ground = Ground(directory / "r")
    try:
        with commands.open() as stdin:
            done = mplsemu("up", lab, env=ground.env, stdin=stdin)
        assert done.returncode == 1
        assert answers(done.stdout).endswith("together\n")
        assert "unknown command or node 'hostname'" in done.stderr
        ground.assert_clean()
    finally:
        ground.sweep()


# --- from another terminal -----------------------------------------------------------------


def test_several_consoles_have_the_same_lab_and_leave_it_running(ground, terminals):
    one, other = terminals(), terminals()
    assert "a-x-h1" in one.run("a/x/h1 hostname")
    assert "a-x-h1" in other.run("a/x/h1 hostname")
    assert "1 received" in other.run("a/x/h1 ping -c1 -W2 a/y/h1")
    assert "0% dropped" in one.run("pingall")
    one.run("link dk se down")
    assert "dk-se" in other.run("status")
    one.run("link dk se up")
    assert "leaves the lab running" in one.run("help")
    assert "mplsemu down small" in one.run("down")
    for each in (one, other):
        each.type("exit\n")
        assert each.end() == 0
    assert "small" in mplsemu("status", env=ground.env).stdout


def test_a_console_has_mininets_commands_and_completion(terminals):
    console = terminals()
    assert "dk-eth1:se-eth1" in console.run("net")
    assert "OK OK" in console.run("links")
    assert "pid=" in console.run("dump")
    assert "dk" in console.run("py dk.name")
    assert "exec" in console.run("help exec")
    console.type("a/x\t")
    console.expect("a/x/h1")


def test_a_console_that_is_killed_leaves_nothing(ground, terminals):
    console = terminals()
    console.run("a/x/h1 true")
    shells = children(console.process.pid)
    assert shells
    console.process.kill()
    console.process.wait()
    eventually(lambda: not any(map(runs, shells)), "its shells are gone")
    assert "small" in mplsemu("status", env=ground.env).stdout


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as listed:  # noqa: PTH123
        return [int(each) for each in listed.read().split()]


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_console_of_a_lab_that_went_down_ends(tmp_path_factory, dataplane, tmp_path):
    made = Ground(tmp_path_factory.mktemp("gone") / "r")
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    try:
        assert mplsemu("up", "--detach", file, env=made.env).returncode == 0
        console = Terminal(["console"], {**made.env, "HOME": str(tmp_path)})
        console.expect(f"{PROMPT}$")
        console.run("a/x/h1 true")
        assert mplsemu("down", env=made.env).returncode == 0
        console.type("nodes\n")
        console.expect("lab small is down")
        assert console.end() == 0
    finally:
        made.sweep()


def test_a_console_of_no_lab_is_refused(tmp_path):
    done = mplsemu("console", env={"MPLSEMU_RUN_DIR": str(tmp_path / "r")})
    assert (done.returncode, "no lab is running" in done.stderr) == (2, True)
