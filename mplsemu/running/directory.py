"""The directory of a running lab, by which others find it: one per lab, below /run/mplsemu.

The lab process holds a lock on its directory as long as it lives (flock(2)). A directory whose lock
is free was left by a lab that died; the next command that sees it removes it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final

from mplsemu.emulation.interrupts import sleep
from mplsemu.errors import (
    EmulationError,
    LabNotRunningError,
    LabRunningError,
    NotRootError,
)
from mplsemu.running.process import Process
from mplsemu.running.record import LabRecord
from mplsemu.running.trust import is_trusted, require_trusted

DIRECTORY_VARIABLE: Final = "MPLSEMU_RUN_DIR"
DEFAULT_DIRECTORY: Final = Path("/run/mplsemu")
_LOCK: Final = "lock"
_MARK: Final = "a running lab of mplsemu"
"""First line of the lock file; a directory with files but without this line is not ours."""
_ENDED: Final = ".ended"
_RECORD: Final = "lab.json"
_MAX_SOCKET_PATH_BYTES: Final = 107  # unix(7): sun_path, less its final zero
_LOCK_TRIES: Final = 5
_LOCK_RETRY_S: Final = 0.02
_CHANGES: Final = "changes.lock"
_CHANGES_RETRY_S: Final = 0.005


def run_directory() -> Path:
    """Return the directory of all running labs; MPLSEMU_RUN_DIR overrides /run/mplsemu."""
    # absolute, as Open vSwitch has another working directory; empty counts as unset
    return Path(os.environ.get(DIRECTORY_VARIABLE) or DEFAULT_DIRECTORY).absolute()


def hidden_directories() -> tuple[Path, ...]:
    """Return the directories of all running labs, which are hidden from hosts."""
    return tuple(dict.fromkeys((run_directory(), DEFAULT_DIRECTORY)))


class LabDirectory:
    """One lab's directory.

    Args:
        name: of the lab.
        parent: the directory it is in; None is that of all running labs.
    """

    def __init__(self, name: str, parent: Path | None = None) -> None:
        self.name = name
        self.path = (parent or run_directory()) / name
        self._lock: IO[str] | None = None

    @property
    def controller_socket(self) -> Path:
        """The controller's northbound socket."""
        return self.path / "controller.sock"

    @property
    def hosts_files(self) -> Path:
        """The directory of the files that nodes see as /etc/hosts."""
        return self.path / "hosts"

    @property
    def lab_file(self) -> Path:
        """The copy of the lab file; the controller reads it too."""
        return self.path / "lab.yaml"

    def claim(self) -> None:
        """Claim the directory for this process, until `release` or its death.

        Raises:
            LabRunningError: a running lab has claimed it.
            NotRootError: no right to write there.
            EmulationError: it cannot be created for another reason, say a full disk.
        """
        if len(os.fsencode(self.controller_socket)) > _MAX_SOCKET_PATH_BYTES:
            raise EmulationError(
                f"the path {self.controller_socket} is too long for a socket (107 bytes); "
                f"set {DIRECTORY_VARIABLE} to a shorter one, or give the lab a shorter name"
            )
        lock = self._try_lock()
        # a reader holds the lock for a moment, an ending lab removes the file
        for _ in range(_LOCK_TRIES):
            if lock is not None:
                break
            time.sleep(_LOCK_RETRY_S)
            lock = self._try_lock()
        if lock is None and not self.path.exists():
            raise EmulationError(
                f"cannot make {self.path}; set {DIRECTORY_VARIABLE} to where a directory can be"
            )
        if lock is None:
            raise LabRunningError(
                f"a lab named {self.name!r} is already running; "
                f"type: sudo mplsemu down --lab {self.name}"
            )
        self._lock = lock
        lock.seek(0)
        lock.write(f"{_MARK}\n{Process.this()}\n")
        lock.truncate()
        lock.flush()
        self.path.chmod(0o700)  # it may be left from an earlier lab
        self._ended.unlink(missing_ok=True)
        for left_over in self.path.iterdir():
            if left_over.name != _LOCK:
                _remove(left_over)

    def is_ours(self) -> bool:
        """Whether a lab created this directory, or it is empty."""
        try:
            with (self.path / _LOCK).open() as lock:
                content = lock.read(len(_MARK))
        except FileNotFoundError:
            content = ""
        except OSError:
            return False
        # no mark: no directory, an empty one, or one that another lab is claiming
        return content == _MARK or (not content and self._holds_nothing())

    def _holds_nothing(self) -> bool:
        """Whether it holds nothing but the lock, or does not exist; may change concurrently."""
        try:
            return all(entry.name == _LOCK for entry in self.path.iterdir())
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def _try_lock(self) -> IO[str] | None:
        try:
            _make_trusted(self.path.parent)
            # any user who can open the lock can hold it, too
            self.path.mkdir(mode=0o700, exist_ok=True)
            require_trusted(self.path, DIRECTORY_VARIABLE)
            if not self.is_ours():
                raise EmulationError(
                    f"{self.path} holds something that is not a lab's; "
                    f"set {DIRECTORY_VARIABLE} to another directory"
                )
            lock = _opened(self.path / _LOCK)
        except PermissionError:
            raise NotRootError(f"cannot write {self.path}; type sudo before the command") from None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise EmulationError(f"cannot make {self.path}: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (self.path / _LOCK).stat().st_ino == os.fstat(lock.fileno()).st_ino:
                return lock
        except (BlockingIOError, FileNotFoundError):
            pass
        lock.close()
        return None

    def release(self) -> None:
        """Remove the directory; a second call does nothing."""
        if self._lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            with contextlib.suppress(OSError):
                self.path.parent.rmdir()  # the last lab removes the common directory
            self._lock.close()
            self._lock = None

    def sweep(self) -> None:
        """Remove what a killed lab left here; does nothing if a lab is running here."""
        if not (self.path / _LOCK).exists() or not self.is_ours():
            return
        try:
            self._lock = self._try_lock()
        except EmulationError:  # not ours, or already gone
            return
        self.release()

    @property
    def _ended(self) -> Path:
        return self.path.with_name(f"{self.name}{_ENDED}")

    def leave_message(self, text: str) -> None:
        """Say why a lab in the background ended; `messages_of_ended_labs` returns it once."""
        with contextlib.suppress(OSError):
            self._ended.write_text(f"{text}\n", encoding="utf-8")

    def write(self, record: LabRecord) -> None:
        """Publish the record, atomically."""
        temporary = self.path / f"{_RECORD}.new"
        temporary.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
        temporary.replace(self.path / _RECORD)

    def holder(self) -> Process | None:
        """Return the lab process, also while it boots; None if none has claimed the directory."""
        try:
            content = (self.path / _LOCK).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        mark, _, process = content.partition("\n")
        return Process.parse(process) if mark == _MARK else None

    @contextlib.contextmanager
    def changing(self, within_s: float) -> Iterator[None]:
        """Serialise changes of the running lab among processes.

        Raises:
            LabNotRunningError: it does not run.
            EmulationError: another process takes too long.
        """
        try:
            lock = _opened(self.path / _CHANGES)
        except OSError as error:
            raise LabNotRunningError(
                f"lab {self.name!r} cannot be changed: {error.strerror}"
            ) from None
        with lock:
            deadline = time.monotonic() + within_s
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise EmulationError(
                            f"another command has been changing lab {self.name!r} "
                            f"for {within_s:g} s"
                        ) from None
                    sleep(_CHANGES_RETRY_S)
            yield

    def is_claimed(self) -> bool:
        """Whether a process holds this lab's lock; an untrusted directory counts as no lab."""
        try:
            if self.path.is_symlink() or not is_trusted(self.path):
                return False
            with (self.path / _LOCK).open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def read(self) -> LabRecord:
        """Return the record that the running lab published.

        Raises:
            LabNotRunningError: it does not run, or is still booting.
            NotRootError: no right to read it.
        """
        try:
            record = json.loads((self.path / _RECORD).read_text(encoding="utf-8"))
        except PermissionError:
            raise NotRootError(f"cannot read {self.path}; type sudo before the command") from None
        except (OSError, ValueError):
            record = None
        if not self.is_claimed():
            raise LabNotRunningError(
                f"no lab named {self.name!r} is running; type: sudo mplsemu up LAB"
            )
        if record is None:
            raise LabNotRunningError(f"lab {self.name!r} is still booting; try again in a moment")
        return LabRecord.from_json(record)


def _make_trusted(directory: Path) -> None:
    """Create the directory of all running labs, to which no other user may write."""
    before = os.umask(0o022)  # it is 0 in some containers
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
    finally:
        os.umask(before)
    require_trusted(directory, DIRECTORY_VARIABLE)


def _opened(path: Path) -> IO[str]:
    """Open a file to lock: created if missing, never truncated, private to this user."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "r+", encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def running_labs() -> tuple[str, ...]:
    """Return the names of all labs that run (or boot) on this machine, sorted.

    Raises:
        NotRootError: no right to look.
        EmulationError: the directory is not trusted.
    """
    try:
        require_trusted(run_directory(), DIRECTORY_VARIABLE)
        candidates = sorted(path.name for path in run_directory().iterdir() if path.is_dir())
    except PermissionError:
        raise NotRootError(f"cannot read {run_directory()}; type sudo before the command") from None
    except OSError:
        return ()
    for name in candidates:
        place = run_directory() / name
        if not os.access(place, os.R_OK | os.X_OK) and place.is_dir():  # else it has just ended
            raise NotRootError(f"cannot read {place}; type sudo before the command")
    running = tuple(name for name in candidates if LabDirectory(name).is_claimed())
    for name in candidates:
        if name not in running:
            LabDirectory(name).sweep()
    return running


def messages_of_ended_labs() -> dict[str, str]:
    """Return why labs in the background ended, by name, and delete the messages."""
    found = {}
    with contextlib.suppress(OSError):
        for path in sorted(run_directory().glob(f"*{_ENDED}")):
            found[path.stem] = path.read_text(encoding="utf-8").strip()
            path.unlink()
        run_directory().rmdir()  # unless it holds something else
    return found


def find_lab(name: str | None) -> LabDirectory:
    """Return the running lab of a name, or without a name the only one.

    Raises:
        LabNotRunningError: none runs, or none of that name, or several and no name was given.
    """
    running = running_labs()
    if name is not None:
        if name not in running:
            others = f"running: {', '.join(running)}" if running else "none is running"
            raise LabNotRunningError(f"no lab named {name!r} is running ({others})")
        return LabDirectory(name)
    if not running:
        raise LabNotRunningError("no lab is running; type: sudo mplsemu up LAB")
    if len(running) > 1:
        raise LabNotRunningError(
            f"several labs are running ({', '.join(running)}); say which with --lab NAME"
        )
    return LabDirectory(running[0])
