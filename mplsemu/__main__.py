"""``python -m mplsemu``, and the script ``mplsemu``."""

import signal
import sys


def main() -> int:
    """Run the command that was typed; return its exit code."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # until the command line says how it ends: an import is not worth a traceback
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mplsemu.cli.main import main as run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    sys.exit(main())
