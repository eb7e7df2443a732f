"""Labs for the tests, apart from those that a developer runs, booted once and shared."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mplsemu import Lab
from tests.system.running import LAB_FILES, SMALL, Ground


@pytest.fixture(scope="session", autouse=True)
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the tests' labs in a directory of their own; in the end nothing may be left there."""
    directory = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLSEMU_RUN_DIR", str(directory))
        yield directory
    assert not directory.exists() or not list(directory.iterdir())


@pytest.fixture(scope="session")
def running(run_directory: Path) -> Iterator[Callable[[str], Lab]]:
    """Return ``running(name)``: a lab of topologies/ or tests/labs/ that runs until the last test.

    Whoever changes something in it undoes it.
    """
    labs: dict[str, Lab] = {}
    with ExitStack() as stack:

        def boot(name: str) -> Lab:
            if name not in labs:
                labs[name] = stack.enter_context(Lab(LAB_FILES[name]))
            return labs[name]

        yield boot


@pytest.fixture(scope="session")
def nordic(running: Callable[[str], Lab]) -> Lab:
    return running("nordic")


@pytest.fixture
def short_path():
    """Be tmp_path with a short name: a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="mplsemu-") as made:
        yield Path(made)


@pytest.fixture
def ground(short_path):
    made = Ground(short_path / "r")
    yield made
    left = made.left_over()
    made.sweep()
    assert left == []


@pytest.fixture
def small(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    return file
