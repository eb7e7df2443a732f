"""``up --detach``: what command and lab say to each other."""

import socket

import pytest

from mplsemu.cli.detach import _await_confirmation, _confirm
from mplsemu.emulation.interrupts import Terminated


def test_a_lab_stays_where_its_greeting_was_shown():
    command, lab = socket.socketpair()
    with command, lab:
        _confirm(command)
        _await_confirmation(lab)


@pytest.mark.parametrize("unread", [b"", b'{"ready": "lab x is up"}\n'])
def test_a_lab_ends_where_the_command_ended_before_it_said_that_it_is_up(unread):
    command, lab = socket.socketpair()
    with lab:
        lab.sendall(unread)
        command.close()
        with pytest.raises(Terminated):
            _await_confirmation(lab)


def test_a_command_does_not_mind_that_its_lab_has_ended():
    command, lab = socket.socketpair()
    lab.close()
    with command:
        _confirm(command)
