"""A lab's data plane in the lab process: LSRs, controller, daemons to keep alive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, Protocol, assert_never

from mplsemu.emulation.fabric import Fabric
from mplsemu.emulation.fabric_ebpf import EbpfFabric
from mplsemu.emulation.fabric_openvswitch import OpenVswitchFabric
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.errors import CapabilityError, EmulationError
from mplsemu.program.program import Program
from mplsemu.running.controller_process import ControllerProcess
from mplsemu.running.directory import LabDirectory
from mplsemu.running.supervisor import Daemon
from mplsemu.southbound.ebpf.attached import ATTACHED_FILE, dump_attached
from mplsemu.southbound.ebpf.sizes import always_fits, sizes
from mplsemu.southbound.openflow.learned import learned_limits
from mplsemu.southbound.openflow.move_reports import revalidation_ms
from mplsemu.southbound.plane.limits import excess

OPENFLOW_PORT: Final = 6653
DataPlaneName = Literal["openflow", "ebpf"]


class LabDataPlane(Protocol):
    """One lab's data plane."""

    @property
    def fabric(self) -> Fabric:
        """Makes the LSRs."""

    @property
    def controller(self) -> ControllerProcess:
        """The lab's controller."""

    @property
    def datapath(self) -> str:
        """Where packets are switched, ``userspace`` or ``kernel``; known once the lab is built."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables of commands at LSRs."""

    def begin(self) -> None:
        """Start what needs no nodes.

        Raises:
            CapabilityError: the data plane on this machine cannot do what the lab asks for.
        """

    def before_connecting(self) -> None:
        """Prepare for the connection of LSRs."""

    def after_connecting(self) -> None:
        """Complete the start, after LSRs were connected."""

    def is_healthy(self) -> bool:
        """Whether all daemons that the LSRs need are running."""

    def daemons(self) -> tuple[Daemon, ...]:
        """Return the daemons to keep alive."""


def lab_data_plane(name: DataPlaneName, directory: LabDirectory, program: Program) -> LabDataPlane:
    """Return the data plane of a lab."""
    match name:
        case "openflow":
            return OpenFlowLab(directory, program)
        case "ebpf":
            return EbpfLab(directory, program)
        case _:
            assert_never(name)


class OpenFlowLab:
    """Open vSwitch and an OpenFlow controller: three daemons."""

    def __init__(self, directory: LabDirectory, program: Program) -> None:
        place = f"127.0.0.1:{OPENFLOW_PORT}"
        run_dir = directory.path / "ovs"
        self._openvswitch = PrivateOpenVswitch(run_dir, revalidation_ms(program))
        arguments = ("--listen", place, "--vswitchd", str(run_dir))
        self.controller = ControllerProcess(directory, arguments)
        limits = learned_limits(program)
        self.fabric = OpenVswitchFabric(self._openvswitch, (f"tcp:{place}",), limits)

    @property
    def datapath(self) -> str:
        """``kernel`` where Open vSwitch's module works."""
        return "kernel" if self._openvswitch.datapath == "system" else "userspace"

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables by which Open vSwitch's tools find the lab's daemons."""
        return self._openvswitch.environment

    def begin(self) -> None:
        """Start the controller: it imports its framework while the nodes are created."""
        self.controller.start()

    def before_connecting(self) -> None:
        """Wait for the controller: a switch that finds none tries again only a second later."""
        self.controller.wait()

    def after_connecting(self) -> None:
        """Do nothing: switches connect by themselves."""

    def is_healthy(self) -> bool:
        """Whether the controller and both daemons run."""
        return self.controller.pid() is not None and self._openvswitch.alive

    def daemons(self) -> tuple[Daemon, ...]:
        """Return the controller and both daemons."""
        openvswitch, controller = self._openvswitch, self.controller
        return (
            Daemon("the controller", controller.pid, controller.restart),
            Daemon("ovsdb-server", lambda: openvswitch.server_pid, openvswitch.restart_server),
            Daemon("ovs-vswitchd", lambda: openvswitch.switch_pid, openvswitch.restart),
        )


class EbpfLab:
    """The eBPF program in the kernel, and a controller that writes its maps: one daemon."""

    datapath = "kernel"
    environment: Mapping[str, str] = {}

    def __init__(self, directory: LabDirectory, program: Program) -> None:
        self._program = program
        self._file = directory.path / ATTACHED_FILE
        self.fabric = EbpfFabric(sizes(program), always_fits(program))
        arguments = ("--dataplane", "ebpf", "--attached", str(self._file))
        self.controller = ControllerProcess(directory, arguments)

    def begin(self) -> None:
        """Load the program; the controller must wait until it is attached."""
        self.fabric.start()
        problem = next(excess(self._program, self.fabric.limits), None)
        if problem is not None:
            self.fabric.stop()
            raise CapabilityError(
                "the data plane ebpf cannot do this where the kernel has no JIT compiler: "
                f"{problem}; write --dataplane openflow"
            )

    def before_connecting(self) -> None:
        """Do nothing: LSRs do not connect to the controller."""

    def after_connecting(self) -> None:
        """Write the file of attached ports and maps, and start the controller."""
        try:
            self._file.write_text(dump_attached(self.fabric.attached), encoding="utf-8")
        except OSError as error:
            raise EmulationError(f"cannot write {self._file}: {error.strerror}") from None
        self.controller.start()
        self.controller.wait()

    def is_healthy(self) -> bool:
        """Whether the controller runs."""
        return self.controller.pid() is not None

    def daemons(self) -> tuple[Daemon, ...]:
        """Return the controller."""
        return (Daemon("the controller", self.controller.pid, self.controller.restart),)
