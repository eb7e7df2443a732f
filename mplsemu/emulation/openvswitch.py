"""A private Open vSwitch: a database and a switch daemon that die with the lab process.

See ovsdb-server(1), ovs-vswitchd(8) and ovs-vsctl(8).
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from mplsemu.emulation.interrupts import run, sleep
from mplsemu.emulation.namespace import require_root, start_daemon
from mplsemu.emulation.socket_buffers import enlarge_packet_buffers
from mplsemu.errors import EmulationError, MissingToolError

_log: Final = logging.getLogger(__name__)

DatapathType = Literal["system", "netdev"]

_TOOLS: Final = (
    "ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-appctl", "ovs-ofctl"
)  # fmt: skip
_SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin"
_MODULE: Final = "openvswitch"
_KERNEL_DATAPATH: Final = "system@ovs-system"
_PROBE_DATAPATH: Final = "system@mplsemu-probe"
_LOG_TAIL_LINES: Final = 6
_KEEPALIVE: Final = ("0a0000000000" * 2 + "9000").ljust(120, "0")
_DIRECTORIES: Final = ("OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR")


def find_tool(name: str, package: str) -> str:
    """Return the path of an installed program, also in the sbin directories.

    Raises:
        MissingToolError: it is not installed; says which Debian package has it.
    """
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{_SBIN}")
    if path is None:
        raise MissingToolError(f"{name} is not installed; type: sudo apt-get install {package}")
    return path


class PrivateOpenVswitch:
    """One lab's ovsdb-server and ovs-vswitchd, with all their files in one directory.

    Args:
        run_dir: for database, sockets and logs.
        revalidation_ms: the longest time between two looks whether cached flows still hold; None:
            Open vSwitch's default.
        timeout_s: how long a daemon or a tool may take.

    Attributes:
        run_dir: database, sockets and logs.
    """

    def __init__(
        self, run_dir: Path, revalidation_ms: int | None = None, *, timeout_s: float = 15.0
    ) -> None:
        self.run_dir = run_dir
        self._revalidation_ms = revalidation_ms
        self._timeout_s = timeout_s
        self._server: subprocess.Popen[bytes] | None = None
        self._switch: subprocess.Popen[bytes] | None = None
        self._datapath: DatapathType | None = None
        self._environment_before: dict[str, str | None] = {}
        self._speaker: tuple[str, int] | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables with which ``ovs-vsctl`` and ``ovs-ofctl`` find this Open vSwitch."""
        return dict.fromkeys(_DIRECTORIES, str(self.run_dir))

    @property
    def datapath(self) -> DatapathType:
        """``system`` (the kernel module) or ``netdev`` (userspace); known once started.

        Raises:
            EmulationError: it was never started.
        """
        if self._datapath is None:
            raise EmulationError("the lab's Open vSwitch is not started yet")
        return self._datapath

    @property
    def alive(self) -> bool:
        """Whether both daemons run."""
        return all(_runs(process) for process in (self._server, self._switch))

    @property
    def switch_pid(self) -> int | None:
        """Process id of ovs-vswitchd, None while it does not run."""
        return self._switch.pid if self._switch and _runs(self._switch) else None

    @property
    def server_pid(self) -> int | None:
        """Process id of ovsdb-server, None while it does not run."""
        return self._server.pid if self._server and _runs(self._server) else None

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the daemons that run."""
        return tuple(p.pid for p in (self._server, self._switch) if p and _runs(p))

    def start(self) -> None:
        """Start both daemons and wait until they answer; later ``ovs-vsctl`` calls find them.

        Raises:
            NotRootError: the process is not root.
            MissingToolError: Open vSwitch is not installed.
            EmulationError: a daemon did not come up; says why, with the end of its log.
        """
        require_root()
        for tool in _TOOLS:
            find_tool(tool, "openvswitch-switch")
        try:
            self._create_database()
            self._export_environment()
            self._start_server()
            self._initialize()
            self._start_switch()
            self._datapath = self._choose_datapath()
        except BaseException:  # also on Ctrl-C nothing may stay behind
            self.stop()
            raise
        _log.info("Open vSwitch runs, datapath %s", self._datapath)

    def restart(self) -> None:
        """Start ovs-vswitchd again (ending it first if it runs), and ovsdb-server if it is gone.

        Bridges, ports and controllers come back from the database; flows have to be installed by a
        controller.

        Raises:
            EmulationError: one did not come up.
        """
        self.restart_server()
        _kill(self._switch)
        self._start_switch()
        self.widen_sockets()

    def restart_server(self) -> None:
        """Start ovsdb-server again if it does not run; ovs-vswitchd keeps running.

        Raises:
            EmulationError: it did not come up.
        """
        if not _runs(self._server):
            self._start_server()

    def widen_sockets(self, speaker: tuple[str, int] | None = None) -> None:
        """Enlarge the socket buffers of all current ports, for bursts and for full queues.

        Args:
            speaker: a bridge and one of its port numbers; None: as in the last call. A keepalive
                (EtherType 0x9000) is sent there: Open vSwitch opens its sending socket with the
                first frame.
        """
        self._speaker = speaker or self._speaker
        pid = self.switch_pid
        if pid is None or self._speaker is None or self.datapath != "netdev":
            return
        bridge, port = self._speaker
        out = f"in_port=controller packet={_KEEPALIVE} actions=output:{port}"
        with suppress(EmulationError):  # this LSR may have been stopped
            self._run("ovs-ofctl", "-OOpenFlow13", "packet-out", bridge, out)
        enlarge_packet_buffers(pid)

    def hang_up(self) -> None:
        """Kill both daemons without waiting for their end; `stop` waits.

        ovs-vswitchd takes 10 ms per port to end, unless the interfaces are deleted before.
        """
        for process in (self._switch, self._server):
            if process is not None:
                process.kill()

    def stop(self) -> None:
        """End both daemons and wait until they are gone; a second call does nothing."""
        for process in (self._switch, self._server):
            _kill(process)
        if self._switch is not None and self._datapath == "system":
            # else the kernel keeps it, and its devices, as long as the namespace
            with suppress(EmulationError):
                self._run("ovs-dpctl", "del-dp", _KERNEL_DATAPATH)
        self._switch = self._server = None
        for name, value in self._environment_before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._environment_before = {}

    def vsctl(self, *arguments: str, timeout_s: float | None = None) -> str:
        """Run ``ovs-vsctl`` on this database and return what it prints.

        Args:
            arguments: of ovs-vsctl.
            timeout_s: how long it may take, if longer than the default.

        Raises:
            EmulationError: it failed, or did not finish in time.
        """
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        option = f"--timeout={max(1, int(limit_s))}"
        return self._run("ovs-vsctl", option, *arguments, timeout_s=limit_s)

    def appctl(self, *arguments: str) -> str:
        """Run ``ovs-appctl`` on ovs-vswitchd and return what it prints.

        Raises:
            EmulationError: it failed, or did not finish in time.
        """
        return self._run("ovs-appctl", *arguments)

    def log_tail(self, daemon: str = "ovs-vswitchd") -> str:
        """Return the last lines of a daemon's log that are warnings or errors, else the last."""
        try:
            lines = (self.run_dir / f"{daemon}.log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        worrying = [
            line for line in lines if any(f"|{x}|" in line for x in ("WARN", "ERR", "EMER"))
        ]
        return "\n".join((worrying or lines)[-_LOG_TAIL_LINES:])

    def _run(self, tool: str, *arguments: str, timeout_s: float | None = None) -> str:
        limit_s = timeout_s or self._timeout_s
        try:
            done = run(
                [find_tool(tool, "openvswitch-switch"), *arguments],
                timeout_s=limit_s + 5,
                env={**os.environ, **self.environment},
                text=True,
            )
        except subprocess.TimeoutExpired as error:
            raise EmulationError(f"{tool} did not answer within {error.timeout:.0f} s") from error
        problem = done.stderr.strip()
        # ovs-vsctl exits with 0 even if ovs-vswitchd could not create the port
        if done.returncode == -signal.SIGALRM:  # ovs-vsctl --timeout
            raise EmulationError(f"{tool} did not answer within {limit_s:g} s\n{self.log_tail()}")
        if done.returncode < 0:
            raise EmulationError(f"{tool} was ended by {_signal_name(-done.returncode)}")
        if done.returncode or "Error detected while setting up" in problem:
            raise EmulationError(f"{tool} failed: {problem or done.returncode}\n{self.log_tail()}")
        return str(done.stdout)

    def _create_database(self) -> None:
        self.run_dir.mkdir(parents=True, exist_ok=True)
        for left_over in ("conf.db", ".conf.db.~lock~", "db.sock"):
            (self.run_dir / left_over).unlink(missing_ok=True)
        share = os.environ.get("OVS_PKGDATADIR", "/usr/share/openvswitch")
        schema = Path(share) / "vswitch.ovsschema"
        if not schema.exists():
            raise MissingToolError(
                f"{schema} is missing; type: sudo apt-get install openvswitch-common"
            )
        self._run("ovsdb-tool", "create", str(self.run_dir / "conf.db"), str(schema))

    def _initialize(self) -> None:
        """Make the database's one row of settings."""
        settings: tuple[str, ...] = ()
        if self._revalidation_ms is not None:
            option = f"other_config:max-revalidator={self._revalidation_ms}"
            settings = ("--", "set", "Open_vSwitch", ".", option)
        self.vsctl("--no-wait", "--", "init", *settings)

    def _export_environment(self) -> None:
        """Set the environment in which children, Mininet's shells too, find this Open vSwitch."""
        self._environment_before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)

    def _spawn(self, daemon: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.run_dir / f"{daemon}.err").open("wb") as errors:
            return start_daemon(
                [
                    find_tool(daemon, "openvswitch-switch"),
                    *arguments,
                    f"--pidfile={self.run_dir / daemon}.pid",
                    f"--log-file={self.run_dir / daemon}.log",
                    "-vconsole:off",
                ],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )

    def _start_server(self) -> None:
        (self.run_dir / "db.sock").unlink(missing_ok=True)  # of a server that was killed
        self._server = self._spawn(
            "ovsdb-server",
            str(self.run_dir / "conf.db"),
            f"--remote=punix:{self.run_dir / 'db.sock'}",
        )
        self._wait(self._server, "ovsdb-server", lambda: accepts(self.run_dir / "db.sock"))

    def _start_switch(self) -> None:
        self._switch = self._spawn("ovs-vswitchd", f"unix:{self.run_dir / 'db.sock'}")
        control = self.run_dir / f"ovs-vswitchd.{self._switch.pid}.ctl"
        self._wait(self._switch, "ovs-vswitchd", lambda: accepts(control))
        # it replies to a change only after it has configured everything in the database
        self.vsctl("set", "Open_vSwitch", ".", f"external_ids:daemon={self._switch.pid}")

    def _wait(
        self, process: subprocess.Popen[bytes], daemon: str, ready: Callable[[], bool]
    ) -> None:
        deadline = time.monotonic() + self._timeout_s
        while not ready():
            if process.poll() is not None:
                raise EmulationError(f"{daemon} ended at once: {self._last_words(daemon)}")
            if time.monotonic() > deadline:
                raise EmulationError(
                    f"{daemon} was not ready in {self._timeout_s:g} s: {self._last_words(daemon)}"
                )
            sleep(0.005)

    def _last_words(self, daemon: str) -> str:
        try:
            errors = (self.run_dir / f"{daemon}.err").read_text(errors="replace").strip()
        except OSError:
            errors = ""
        words = "\n".join(part for part in (errors, self.log_tail(daemon)) if part)
        if words:
            return words
        free = shutil.disk_usage(self.run_dir).free
        return f"it left no message; {self.run_dir} has {free // 1_000_000} MB free"

    def _choose_datapath(self) -> DatapathType:
        """Return the kernel's datapath if it exists and works, else the one in userspace."""
        if not _kernel_module_is_there():
            return "netdev"
        try:
            self.appctl("dpctl/add-dp", _PROBE_DATAPATH)
            self.appctl("dpctl/del-dp", _PROBE_DATAPATH)
        except EmulationError as error:
            _log.warning("the kernel's Open vSwitch datapath does not work here: %s", error)
            return "netdev"
        return "system"


def accepts(path: Path) -> bool:
    """Whether a server listens on a Unix socket: the file alone exists a moment earlier."""
    directory = os.open(path.parent, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            # a socket address holds 107 bytes, a path may be longer
            line.connect(f"/proc/self/fd/{directory}/{path.name}")
    except OSError:
        return False
    finally:
        os.close(directory)
    return True


def _kernel_module_is_there() -> bool:
    if Path("/sys/module", _MODULE).exists():
        return True
    modprobe = shutil.which("modprobe", path=_SBIN)
    if modprobe is None:
        return False
    if subprocess.run([modprobe, "-qn", _MODULE], capture_output=True, check=False).returncode:
        return False
    loaded = subprocess.run([modprobe, "-q", _MODULE], capture_output=True, check=False)
    return loaded.returncode == 0


def _signal_name(number: int) -> str:
    name = signal.Signals(number).name
    return f"{name}; see: ulimit -f" if number == signal.SIGXFSZ else name


def _runs(process: subprocess.Popen[bytes] | None) -> bool:
    return process is not None and process.poll() is None


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    """Kill a daemon and reap it: its database is temporary, so it need not end in order."""
    if process is not None:
        process.kill()
        process.wait()
