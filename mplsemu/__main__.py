"""``python -m mplsemu``."""

import sys

from mplsemu.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
