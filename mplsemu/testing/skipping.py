"""A lab in a test without a network: a call that needs a network skips the test."""

from __future__ import annotations

from typing import NoReturn

import pytest

from mplsemu.script.program_lab import ProgramLab


class SkippingLab(ProgramLab):
    """Answers from the program that the controller would install, or skips the test."""

    def requires_network(self, what: str) -> NoReturn:
        """Skip the test."""
        pytest.skip(f"{what}: only a running network has it (pytest --mplsemu=network, as root)")
