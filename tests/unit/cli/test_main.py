"""The command line's frame: commands, mistakes, errors, exit codes."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

import mplsemu
from mplsemu.cli import main as frame
from mplsemu.cli.main import COMMANDS, main
from mplsemu.cli.output import can_draw
from mplsemu.errors import LabError, LabNotRunningError
from mplsemu.suggest import did_you_mean
from tests.places import TOPOLOGIES

NORDIC = str(TOPOLOGIES / "nordic.yaml")


def test_every_command_of_the_table_exists_and_explains_itself(capsys):
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert f"mplsemu {name}" in capsys.readouterr().out


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"    {name}" in said for name in COMMANDS)


def test_nothing_typed_prints_the_help_and_is_no_success(capsys):
    assert main([]) == 2
    assert "usage: mplsemu" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mplsemu {mplsemu.__version__}\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["chekc", "x"], "unknown command 'chekc'; did you mean check?"),
        (["zzzzzz"], "unknown command 'zzzzzz'; one of check, show"),
        (["--verion"], "unknown: --verion; did you mean --version?"),
        (["check", NORDIC, "--jsn"], "did you mean --json?"),
        (["check", NORDIC, "--fail", "1"], "did you mean --failures?"),
        (["show", NORDIC, "lfbi"], "unknown TABLE 'lfbi'; did you mean lfib?"),
        (["check"], "the following arguments are required: LAB; see `mplsemu check --help`"),
        (["check", NORDIC, "--failures", "-1"], "--failures"),
        (["view", NORDIC, "--vpn", "a", "--provider"], "not allowed with"),
    ],
)
def test_a_mistyped_word_is_met_with_the_nearest_one(typed, said, capsys):
    assert main(typed) == 2
    answer = capsys.readouterr()
    assert answer.out == ""
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1


def raising(error):
    def run(_args):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (LabError("the PE is odd", remedy="write dk"), 2, "mplsemu: the PE is odd; write dk\n"),
        (LabNotRunningError("no lab runs"), 2, "mplsemu: no lab runs\n"),
        (KeyboardInterrupt(), 130, "mplsemu: interrupted\n"),
    ],
)
def test_an_error_is_one_line_and_no_traceback(error, code, said, monkeypatch, capsys):
    module = SimpleNamespace(add_arguments=lambda _parser: None, run=raising(error))
    monkeypatch.setattr(frame.importlib, "import_module", lambda _name: module)
    assert main(["doctor"]) == code
    assert capsys.readouterr().err == said


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m mplsemu view {NORDIC} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == " Provider of nordic\n"
    assert done.stderr == ""


def test_where_nothing_can_be_said_the_exit_code_is_that_of_a_fault():
    """1 would be a refutation."""
    command = f"{sys.executable} -m mplsemu check {NORDIC} > /dev/full 2>&1"
    assert subprocess.run(command, shell=True, check=False).returncode == 2


def test_a_terminal_without_unicode_gets_ascii():
    done = subprocess.run(
        [sys.executable, "-m", "mplsemu", "view", NORDIC, "--vpn", "c"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )
    assert b"virtual switch" in done.stdout
    assert done.stdout.isascii()


def test_encodings_that_cannot_draw_are_known():
    assert can_draw("utf-8")
    assert not can_draw("ascii")
    assert not can_draw("latin-1")
    assert not can_draw(None)
    assert not can_draw("no-such-encoding")


def test_only_a_near_name_is_offered():
    assert did_you_mean("nordc", ["nordic", "vpls"]) == "did you mean nordic?"
    assert did_you_mean("qqq", ["nordic", "vpls"]) == ""


def test_help_imports_no_command():
    program = (
        "import sys; from mplsemu.cli.main import main; main(['--help']); "
        "print(*(m for m in ('yaml', 'networkx', 'pydantic', 'rich') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == ""


def test_ctrl_c_while_a_module_is_imported_is_our_exit_code_too(tmp_path):
    (tmp_path / "typed.py").write_text(
        "import sys\n"
        "from mplsemu.cli import main as frame\n"
        "frame._run = lambda words: exec('raise KeyboardInterrupt')\n"
        "sys.exit(frame.main([]))\n"
    )
    command = [sys.executable, "-m", "typed"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (130, "mplsemu: interrupted\n")
