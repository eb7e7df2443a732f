"""``python -m mplsemu``."""

import sys

from mplsemu.cli.main import main

sys.exit(main())
