"""What every test may use: golden files, rewritten by ``pytest --update-golden``."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("shared", deadline=None)  # a machine that is busy elsewhere is no fault
settings.load_profile("shared")

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
GOLDEN = Path(__file__).parent / "golden"
OF_SYSTEM = ("system", "ebpf")
"""Directories of the tests that boot a real network; scripts/test names them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files instead of comparing"
    )
    parser.addoption(
        "--dataplane",
        choices=["both", "openflow", "ebpf"],
        default=os.environ.get("MPLSEMU_TEST_DATAPLANE") or "both",
        help="on which data plane labs run in the system tests (default: both; the variable "
        "MPLSEMU_TEST_DATAPLANE names another default)",
    )


def pytest_configure() -> None:
    """Let signals reach what the tests start, also under nohup or in a shell's background."""
    for number, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIGQUIT, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser takes its time; system tests are where scripts/test looks for them.

    What is slow and needs no root comes first, or one worker would end long after the others.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("system") and item.path.parent.name not in OF_SYSTEM:
            raise pytest.UsageError(f"{item.path} belongs into tests/system")
    items.sort(key=lambda item: "system" in item.keywords or "slow" not in item.keywords)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return ``golden(name, text)``, which compares `text` with tests/golden/`name`.

    With a `slack`, numbers may differ by so much: places in a picture are floating-point sums,
    whose last digits are the processor's.
    """

    def compare(name: str, text: str, slack: float = 0.0) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; pytest --update-golden writes it"
        wanted = path.read_text(encoding="utf-8")
        if slack and _without_numbers(text) == _without_numbers(wanted):
            pairs = zip(_NUMBER.findall(text), _NUMBER.findall(wanted), strict=True)
            far = [pair for pair in pairs if abs(float(pair[0]) - float(pair[1])) > slack]
            assert far == [], f"{name}: see pytest --update-golden"
        else:
            assert text == wanted, f"{name}: see pytest --update-golden"

    return compare


def _without_numbers(text: str) -> str:
    return _NUMBER.sub("0", text)
