"""What is printed where nobody reads it."""

import signal
import subprocess
import sys

import pytest

PRINTS = """
import sys
from mplsemu.cli.interruptible_output import interruptible_output
from mplsemu.emulation.interrupts import Terminated, end, noted
try:
    with noted(end), interruptible_output():
        print("x" * 1_000_000)
        print("all of it")
except (Terminated, KeyboardInterrupt) as ended:
    sys.stderr.write(type(ended).__name__)
"""


def printing():
    return subprocess.Popen(
        [sys.executable, "-c", PRINTS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_all_of_it_is_there_for_who_reads_it():
    out, said = printing().communicate(timeout=30)
    assert (len(out), out[-10:], said) == (1_000_011, "all of it\n", "")


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGTERM, "Terminated"), (signal.SIGINT, "KeyboardInterrupt")]
)
def test_a_signal_ends_the_wait_for_who_does_not(number, name):
    process = printing()
    assert process.stdout.read(1) == "x"  # the pipe does not hold it all
    process.send_signal(number)
    assert process.stderr.read() == name
    assert process.wait(30) == 0
    process.stdout.close()
    process.stderr.close()
