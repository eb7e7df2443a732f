"""Mininet's node and link classes for a lab: the same interface, created faster.

The shells of nodes start in parallel. A node in the lab's own namespace gets its shell with the
first command that is typed at it.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from mplsemu.emulation.interface_flags import set_up
from mplsemu.emulation.interrupts import wait
from mplsemu.emulation.mininet_classes import Host, Intf, Link, Node, OVSSwitch, Switch
from mplsemu.emulation.naming import is_interface_name
from mplsemu.emulation.node_namespaces import (
    NodeView,
    StartingProcess,
    begin_at,
    start_at,
    start_node,
)
from mplsemu.emulation.openvswitch import find_tool
from mplsemu.emulation.operational import await_operational
from mplsemu.emulation.plan import Endpoint, LsrPlan
from mplsemu.errors import EmulationError, MplsEmuError, NodeGoneError
from mplsemu.southbound.network_namespace import inside

_PROMPT: Final = chr(127)  # Mininet's sentinel
_SHELL_TIMEOUT_S: Final = 20.0
_LOOK_S: Final = 0.5
# killall would reach every process of that name on the machine, Mininet's iperf() uses it
_PREPARE: Final = (
    "unset HISTFILE; stty -echo; set +m; "
    "killall() { local how=-TERM name; while [ $# -gt 0 ]; do case $1 in -*) how=$1;; "
    '*) pkill "$how" -x --ns $$ --nslist net -- "$1";; esac; shift; done; }\n'
)


class _ShellNode(Node):  # type: ignore[misc]  # Mininet has no types
    """A node whose shell starts in two steps, so that many start at the same time.

    Args:
        name: Mininet's.
        view: what it sees of the machine.
        home: a process of an existing node, perhaps of another lab process; None creates the node.

    Attributes:
        view: what it sees of the machine.
    """

    shell: subprocess.Popen[bytes] | None
    slave: int | None
    isSetup = True  # the tools have been checked before  # noqa: N815
    _starting: StartingProcess | None = None

    def __init__(
        self, name: str, view: NodeView | None = None, home: int | None = None, **params: Any
    ) -> None:
        self.view = view or NodeView(name)
        self._home = home
        self._is_lazy = home is not None or not params.get("inNamespace", True)
        self._wanted = False
        self._complete = False
        super().__init__(name, **params)
        if self._is_lazy:
            self.pid = self._pid_of_home
        self._complete = True

    @property
    def _pid_of_home(self) -> int:
        return os.getpid() if self._home is None else self._home

    def startShell(self, mnopts: str | None = None) -> None:  # noqa: ARG002, N802
        """Begin to start the shell, without waiting for it.

        The shell of an existing node, or of one in the lab's namespace, starts with its first
        command, and is waited for.
        """
        if self.shell or self._starting or (self._is_lazy and not self._wanted):
            return
        self.master, self.slave = pty.openpty()
        self._starting = self._begin_shell(
            ["bash", "--norc", "--noediting", "-is", f"mplsemu:{self.name}"],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**os.environ, "PS1": _PROMPT},
            start_new_session=True,
        )
        self.stdin = self.stdout = os.fdopen(self.master, "r")
        self.pollOut = select.poll()
        self.pollOut.register(self.stdout)
        self.outToNode[self.stdout.fileno()] = self
        self.inToNode[self.stdin.fileno()] = self
        self.execed = False
        self.waiting = False
        self.lastCmd = self.lastPid = None
        self.readbuf = ""
        self.write(_PREPARE)
        if self._is_lazy:
            self.await_shell()

    def _begin_shell(self, command: Sequence[str], **options: Any) -> StartingProcess:
        """Begin to start the first process of a new node, or one more at an existing node."""
        if self._home is None:
            return start_node(command, self.view, own_network=self.inNamespace, **options)
        return begin_at(self._home, command, None if self.inNamespace else self.view, **options)

    def sendCmd(self, *args: Any, **kwargs: Any) -> Any:  # noqa: N802
        """Send a command to the shell, which is started first if necessary."""
        self._wanted = True
        self.startShell()
        return super().sendCmd(*args, **kwargs)

    def cmd(self, *args: Any, **kwargs: Any) -> Any:
        """Send a command, and return all of its output."""
        if self._is_lazy and not self._complete:  # Mininet's constructors take the loopback up
            return ""
        self._wanted = True
        self.startShell()
        return super().cmd(*args, **kwargs)

    def await_shell(self) -> None:
        """Wait until the shell is in its namespaces and takes commands.

        Raises:
            EmulationError: it ended, or did not start in time.
        """
        if self._starting is not None:
            self.shell = self._starting.process()
            self._starting = None
            self.pid = self.shell.pid
        prompts = 2  # bash's first one, and the one after preparing
        deadline = time.monotonic() + _SHELL_TIMEOUT_S
        while prompts > 0:
            left_ms = int((deadline - time.monotonic()) * 1000)
            try:
                output = self.read(1024) if left_ms > 0 and self._hears(left_ms) else None
            except NodeGoneError as error:
                raise EmulationError(f"the shell of {self.name} ended at once") from error
            if output is None:
                raise EmulationError(
                    f"the shell of {self.name} did not start in {_SHELL_TIMEOUT_S:g} s"
                )
            prompts -= output.count(_PROMPT)
        self._close_far_end()

    def read(self, size: int = 1024) -> str:
        """Read output of the shell.

        Raises:
            NodeGoneError: the shell has ended.
        """
        try:
            return str(super().read(size))
        except OSError:
            raise self._gone() from None

    def require_shell(self) -> None:
        """Check that the shell has not ended.

        Raises:
            NodeGoneError: it has ended.
        """
        if self.shell is not None and self.shell.poll() is not None:
            raise self._gone()

    def _gone(self) -> NodeGoneError:
        """Return the error about a shell that has ended; a lazy node gets a new one next time."""
        self.waiting = False
        if self._is_lazy:
            self.hang_up()
        return NodeGoneError(f"the shell of {self.name} is gone")

    def _close_far_end(self) -> None:
        """Close our copy of the terminal's far end: reading ends when the shell does."""
        if self.slave is not None:
            os.close(self.slave)
            self.slave = None

    def popen(self, *args: Any, **kwargs: Any) -> Any:
        """Start a command at the node (Mininet's method), in all of its namespaces."""
        return super().popen(*args, **{"mncmd": [], **kwargs})

    def _popen(self, cmd: Any, **params: Any) -> subprocess.Popen[Any]:
        """Start a process at the node (a hook of Mininet's)."""
        return start_at(self.pid, cmd, None if self.inNamespace else self.view, **params)

    def waitReadable(self, timeoutms: float | None = None) -> Any:  # noqa: N802
        """Wait until the shell has written something; acts on signals."""
        if self.readbuf:
            return None
        return self._hears(timeoutms)

    def _hears(self, timeout_ms: float | None) -> list[int]:
        deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000
        while True:
            left_s = _LOOK_S if deadline is None else deadline - time.monotonic()
            found = wait((self.stdout.fileno(),), max(0.0, min(_LOOK_S, left_s)))
            if found or left_s <= 0:
                return found
            self.require_shell()  # its background jobs may keep the terminal open

    def hang_up(self) -> None:
        """Kill the shell and close its terminal."""
        if self._starting is not None:
            with suppress(MplsEmuError):  # the one that waited for it got the error
                self.shell = self._starting.process()
            self._starting = None
        if self.shell is None:
            return
        self.outToNode.pop(self.stdout.fileno(), None)
        self.inToNode.pop(self.stdin.fileno(), None)
        self.shell.kill()
        self.shell.wait()
        self.stdin.close()
        self._close_far_end()
        self.shell = None
        self.waiting = False
        if self._is_lazy:
            self._wanted = False
            self.pid = self._pid_of_home

    def terminate(self) -> None:
        """End the node, and unmount its private directories as Mininet's method does."""
        if self.shell and self.privateDirs:
            self.unmountPrivateDirs()
        self.hang_up()


class LabHost(_ShellNode, Host):  # type: ignore[misc]
    """A host, in a namespace of its own."""


class CeRouter(LabHost):
    """A customer's edge router: a Linux host that forwards."""


class _LabNamespaceNode(_ShellNode):
    """A node in the lab's namespace."""

    def __init__(self, name: str, view: NodeView, **params: Any) -> None:
        super().__init__(name, view, **{**params, "inNamespace": False})


class SiteLan(_LabNamespaceNode):
    """The LAN of a site with several hosts: a Linux bridge.

    Attributes:
        bridge: its interface.
    """

    def __init__(self, name: str, bridge: str, view: NodeView, **params: Any) -> None:
        self.bridge = bridge
        super().__init__(name, view, **params)


class AccessSwitch(_LabNamespaceNode):
    """The customers' end of access lines that carry tags or share a load: a program joins them."""


class LabSwitch(_LabNamespaceNode, OVSSwitch):  # type: ignore[misc]
    """A label-switching router: a bridge in the lab's own Open vSwitch.

    Attributes:
        bridge: its name there: the node's name, if that fits into 15 bytes.
    """

    def __init__(
        self, plan: LsrPlan, connect: Callable[[Any], None], view: NodeView, **params: Any
    ) -> None:
        self.bridge = plan.bridge
        self._connect = connect
        dpid = f"{plan.dpid:016x}"
        super().__init__(plan.name, view, dpid=dpid, protocols="OpenFlow13", **params)

    def start(self, controllers: Any) -> None:  # noqa: ARG002  # the lab knows its own
        """Make the bridge again after ``stop``."""
        self._connect(self)

    def stop(self, deleteIntfs: bool = False) -> None:  # noqa: ARG002, N803
        """Remove the bridge, keep the interfaces (Mininet's ``switch NAME stop``)."""
        subprocess.run(
            [find_tool("ovs-vsctl", "openvswitch-switch"), "--if-exists", "del-br", self.bridge],
            check=False,
            capture_output=True,
        )

    def dpctl(self, *args: Any) -> Any:
        """Run an ``ovs-ofctl`` command on the bridge and return its output."""
        command, *rest = args
        return self.cmd("ovs-ofctl", "-O", "OpenFlow13", command, self.bridge, *rest)

    def attach(self, intf: Any) -> None:
        """Connect a data port."""
        self.cmd("ovs-vsctl", "add-port", self.bridge, intf)
        self.cmd("ip", "link", "set", intf, "up")
        await_operational([str(intf)])

    def detach(self, intf: Any) -> None:
        """Disconnect a data port."""
        self.cmd("ovs-vsctl", "del-port", self.bridge, intf)

    def connected(self) -> bool:
        """Whether a controller is connected."""
        connected = self.cmd("ovs-vsctl", "get", "Controller", self.bridge, "is_connected")
        return "true" in connected


class NamespaceLsr(_ShellNode, Switch):  # type: ignore[misc]
    """A label-switching router: a namespace, with the lab's eBPF program at its ports."""

    controlIntf = None  # Mininet's constructor sets it only outside namespaces  # noqa: N815

    def __init__(
        self, plan: LsrPlan, connect: Callable[[Any], None], view: NodeView, **params: Any
    ) -> None:
        self._connect = connect
        super().__init__(plan.name, view, dpid=f"{plan.dpid:016x}", **params)

    def start(self, controllers: Any) -> None:  # noqa: ARG002  # the lab has its own
        """Take the ports up again after ``stop``."""
        self._connect(self)

    def stop(self, deleteIntfs: bool = False) -> None:  # noqa: ARG002, N803
        """Take the ports down (Mininet's ``switch NAME stop``)."""
        with inside(self.pid):
            set_up(self.intfNames(), up=False)

    def dpctl(self, *args: Any) -> str:  # noqa: ARG002
        """Say that there are no flows to look at (Mininet's ``dpctl``)."""
        return "no OpenFlow here: type show lfib, or show counters\n"


class LabIntf(Intf):  # type: ignore[misc]
    """An existing interface, registered with Mininet."""

    def __init__(self, node: Any, end: Endpoint, link: LabLink) -> None:
        if not is_interface_name(end.interface):
            raise EmulationError(f"{end.interface!r} is not an interface name")
        self.node, self.link = node, link
        self.name, self.mac = end.interface, end.mac
        self.ip: str | None = None
        self.prefixLen: int | None = None
        self.params: dict[str, Any] = {}
        node.addIntf(self, port=end.port, moveIntfFn=lambda *_: None)


class LabLink(Link):  # type: ignore[misc]
    """An existing link, registered with Mininet.

    Attributes:
        name: the core link's or circuit's name.
    """

    def __init__(self, name: str, ends: tuple[tuple[Any, Endpoint], tuple[Any, Endpoint]]) -> None:
        self.name = name
        self.fast = True
        (node1, end1), (node2, end2) = ends
        self.intf1 = LabIntf(node1, end1, self)
        self.intf2 = LabIntf(node2, end2, self)
