"""Labs for the tests, apart from those that a developer runs, booted once and shared."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mplsemu import Lab
from tests.places import LAB_FILES
from tests.system.changing import CHANGING
from tests.system.running import PLANES, SMALL, Ground

LONGEST = (
    *("test_labs", "test_ended", "test_recovery", "test_testing", "test_mtu", "test_old_kernel"),
    *("test_live", "test_web", "test_silent_hosts", "test_script", "test_wire", "test_console"),
    *("test_check_live", "test_hosts", "test_selftest", "test_commands", "test_emulation_shaping"),
)
"""Files that take longest: they begin first, or one worker would end long after the others."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have every test that needs a lab run on each data plane."""
    if "dataplane" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--dataplane")
        planes = [plane for plane in PLANES if wanted in {"both", plane}]
        metafunc.parametrize("dataplane", planes, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not for its data plane, ``@pytest.mark.dataplane(NAME)``; sort the rest."""
    left_out = [item for item in items if not _is_for_its_plane(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else 99)


def _is_for_its_plane(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("dataplane")
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return mark is None or params.get("dataplane", mark.args[0]) in mark.args


@pytest.fixture(scope="session", autouse=True)
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the tests' labs in a directory of their own; in the end nothing may be left there."""
    directory = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLSEMU_RUN_DIR", str(directory))
        yield directory
    assert not directory.exists() or not list(directory.iterdir())


@pytest.fixture(scope="session")
def dataplane(request: pytest.FixtureRequest, run_directory: Path) -> Iterator[str]:
    """Have labs run on one data plane, in a directory of its own: those of the other run on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLSEMU_DATAPLANE", request.param)
        patch.setenv("MPLSEMU_RUN_DIR", str(run_directory / request.param))
        yield request.param


@pytest.fixture(scope="session")
def labs(run_directory: Path) -> Iterator[Callable[[str, str], Lab]]:
    """Return ``labs(name, dataplane)``: a lab that runs until the last test."""
    booted: dict[tuple[str, str], Lab] = {}
    with ExitStack() as stack:

        def boot(name: str, dataplane: str) -> Lab:
            if (name, dataplane) not in booted:
                lab = Lab(LAB_FILES[name], run_dir=run_directory / dataplane)
                booted[name, dataplane] = stack.enter_context(lab)
            return booted[name, dataplane]

        yield boot


@pytest.fixture(scope="session")
def running(labs: Callable[[str, str], Lab], dataplane: str) -> Callable[[str], Lab]:
    """Return ``running(name)``: a lab of topologies/ or tests/labs/ that runs until the last test.

    Whoever changes something in it undoes it.
    """
    return lambda name: labs(name, dataplane)


@pytest.fixture(scope="session")
def nordic(running: Callable[[str], Lab]) -> Lab:
    return running("nordic")


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory, dataplane: str) -> Iterator[Lab]:
    """A lab that a module's tests do things to."""
    file = tmp_path_factory.mktemp("changing") / "changing.yaml"
    file.write_text(CHANGING)
    with Lab(file) as booted:
        yield booted


@pytest.fixture
def short_path():
    """Be tmp_path with a short name: a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="mplsemu-") as made:
        yield Path(made)


@pytest.fixture
def ground(short_path, dataplane):
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
