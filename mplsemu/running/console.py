"""A running lab for a prompt in another process than the one that booted it."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

from mplsemu.control.compile import compile_program
from mplsemu.emulation.attached_net import AttachedNet
from mplsemu.emulation.etc_hosts import lsr_hosts_file
from mplsemu.emulation.fabric import Fabric
from mplsemu.emulation.fabric_ebpf import EbpfFabric
from mplsemu.emulation.fabric_openvswitch import OpenVswitchFabric
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.running.session import Session


class AttachedLab:
    """A running lab; a context manager that ends the shells it started, and not the lab.

    Args:
        session: with the lab.

    Attributes:
        directory: the lab's.
        record: published by the lab process.
        program: that it was booted with.
        net: its Mininet.
    """

    def __init__(self, session: Session) -> None:
        self.directory = session.directory
        self.record = record = session.record
        self.program = compile_program(session.network)
        pids = {host.short: host.pid for host in record.hosts.values()}
        pids |= {name: lsr.pid for name, lsr in record.lsrs.items()}
        hosts = lsr_hosts_file(self.directory.hosts_files)
        self.net = AttachedNet(
            session.network, self.program, self._fabric(), pids, record.pid, hosts
        )

    def _fabric(self) -> Fabric:
        if self.record.dataplane == "ebpf":
            return EbpfFabric()
        return OpenVswitchFabric(PrivateOpenVswitch(self.directory.path / "ovs"))

    def __enter__(self) -> Self:
        os.environ.update(self.record.environment)  # for ovs-vsctl to find the lab's Open vSwitch
        self.net.build()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.net.stop()

    @property
    def is_up(self) -> bool:
        """Whether the lab still runs."""
        return self.directory.is_claimed()
