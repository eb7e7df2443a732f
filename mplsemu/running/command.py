"""Commands of mplsemu as child processes: the controller, the web server, a script's lab."""

from __future__ import annotations

import sys


def mplsemu_command(*words: str) -> list[str]:
    """Return the command line that runs ``mplsemu WORDS...`` with this interpreter.

    ``python -m`` puts the working directory first on ``sys.path``: a file ``yaml.py`` beside a lab
    file would then run as root. ``-P`` (Python 3.11) leaves the directory out.
    """
    return [sys.executable, "-P", "-m", "mplsemu", *words]
