"""Brings switches from the flows they have to the flows they should have, stage by stage."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, Protocol

from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow.app import (
    BarrierReply,
    Disconnected,
    FlowsReply,
    FlowStats,
    MetersReply,
    Reply,
)
from mplsemu.southbound.openflow.changes import FlowChange, stages
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.pipeline import stage
from mplsemu.southbound.openflow.threads import hub
from mplsemu.southbound.plane.stage import Stage

_LOG = logging.getLogger(__name__)

REPLY_TIMEOUT_S: Final = 20.0
GRACE_S: Final = 0.05
"""Between additions and deletions: Open vSwitch answers a barrier when it has the new flows, but
revalidates its datapath later, and packets are in flight."""
ALL_TABLES: Final = 0xFF  # OFPTT_ALL


class SwitchConnection(Protocol):
    """What the installer needs of the OpenFlow application."""

    def send(self, datapath_id: int, data: bytes) -> bool:
        """Queue encoded messages for a switch; False if it is not connected."""

    def barrier(self, datapath_id: int) -> int | None:
        """Ask for a barrier reply; return its transaction id, None if not connected."""

    def request_flows(self, datapath_id: int, table: int = ALL_TABLES) -> int | None:
        """Ask for a table's flows; return the transaction id, None if not connected."""

    def request_meters(self, datapath_id: int) -> int | None:
        """Ask what meters dropped; return the transaction id, None if not connected."""


class Installer:
    """Sends changes and waits until the switches have made them; not thread-safe.

    Args:
        connection: to the switches.
    """

    def __init__(self, connection: SwitchConnection) -> None:
        self._connection = connection
        self._replies: Any = hub.Queue()

    def deliver(self, reply: Reply) -> None:
        """Take a reply of a switch; called from the framework's event loop."""
        self._replies.put(reply)

    def install(self, changes: dict[int, FlowChange], *, at_once: bool = False) -> set[int]:
        """Make the changes, by datapath id; return the switches that have all of theirs.

        Every stage is finished on all switches before the next begins; deletions come last. Flows
        that lead packets to label entries are deleted before those: where one NHLFE becomes
        several, its flow is in effect until then (see `translate_tunnels`).
        """
        if len(changes) == 1:  # a switch handles messages in order: no need to wait in between
            batches: list[Callable[[FlowChange], bytes]] = [_everything]
        else:
            batches = [_stage_encoder(number) for number in stages(changes.values())]
            batches += [_deletions_of_users, _deletions_of_labels]
        alive = set(changes)
        for encode_batch in batches:
            is_late = encode_batch in _DELETIONS and not at_once
            if is_late and any(map(encode_batch, changes.values())):
                hub.sleep(GRACE_S)
            sent = {
                datapath_id
                for datapath_id in sorted(alive)
                if (data := encode_batch(changes[datapath_id]))
                and self._connection.send(datapath_id, data)
            }
            alive -= sent - self._settle(sent)
        return alive

    def read_cookies(self, datapath_ids: Iterable[int]) -> dict[int, set[int]]:
        """Ask switches which flows they have; return their cookies, by datapath id.

        A switch that does not answer in time, or disconnects, is left out.
        """
        return {
            datapath_id: {int(flow.cookie) for flow in flows}
            for datapath_id, flows in self.read_flows(datapath_ids).items()
        }

    def read_flows(
        self, datapath_ids: Iterable[int], table: int = ALL_TABLES
    ) -> dict[int, list[FlowStats]]:
        """Ask switches for their flows; return them, by datapath id."""
        self._forget_old_replies()
        waiting = {}
        for datapath_id in datapath_ids:
            xid = self._connection.request_flows(datapath_id, table)
            if xid is not None:
                waiting[datapath_id, xid] = datapath_id
        found: dict[int, list[FlowStats]] = {datapath_id: [] for datapath_id in waiting.values()}
        done = set()
        for reply in self._await(waiting):
            if isinstance(reply, FlowsReply):
                found[reply.datapath_id].extend(reply.flows)
                if not reply.more:
                    done.add(reply.datapath_id)
                    del waiting[reply.datapath_id, reply.xid]
        return {datapath_id: found[datapath_id] for datapath_id in done}

    def read_meters(self, datapath_ids: Iterable[int]) -> dict[int, dict[int, int]]:
        """Ask switches how many packets each meter dropped; return it, by datapath id."""
        self._forget_old_replies()
        waiting = {}
        for datapath_id in datapath_ids:
            xid = self._connection.request_meters(datapath_id)
            if xid is not None:
                waiting[datapath_id, xid] = datapath_id
        found: dict[int, dict[int, int]] = {each: {} for each in waiting.values()}
        for reply in self._await(waiting):
            if isinstance(reply, MetersReply):
                found[reply.datapath_id].update(reply.dropped)
                if not reply.more:
                    del waiting[reply.datapath_id, reply.xid]
        return found

    def _forget_old_replies(self) -> None:
        """Drop late replies and earlier disconnections: they belong to previous requests."""
        with suppress(hub.QueueEmpty):
            while True:
                self._replies.get(block=False)

    def _settle(self, datapath_ids: set[int]) -> set[int]:
        """Wait for a barrier on each switch; return those that reached it."""
        self._forget_old_replies()
        waiting = {}
        for datapath_id in datapath_ids:
            xid = self._connection.barrier(datapath_id)
            if xid is not None:
                waiting[datapath_id, xid] = datapath_id
        settled = set()
        for reply in self._await(waiting):
            if isinstance(reply, BarrierReply):
                settled.add(reply.datapath_id)
                del waiting[reply.datapath_id, reply.xid]
        return settled

    def _await(self, waiting: dict[tuple[int, int], int]) -> Iterable[Reply]:
        """Yield awaited replies until the caller has emptied `waiting`."""
        deadline = time.monotonic() + REPLY_TIMEOUT_S
        while waiting:
            try:
                reply: Reply = self._replies.get(timeout=max(0.001, deadline - time.monotonic()))
            except hub.QueueEmpty:
                _LOG.warning("no answer from switches %s", sorted(waiting.values()))
                return
            if isinstance(reply, Disconnected):
                for key in [key for key in waiting if key[0] == reply.datapath_id]:
                    del waiting[key]
            elif (reply.datapath_id, reply.xid) in waiting:
                yield reply


def _everything(change: FlowChange) -> bytes:
    parts = [_stage_encoder(number)(change) for number in sorted(change.additions)]
    return b"".join([*parts, _deletions_of_users(change), _deletions_of_labels(change)])


def _stage_encoder(number: int) -> Callable[[FlowChange], bytes]:
    return lambda change: b"".join(
        encode.add_flow(flow, cookie) for cookie, flow in change.additions.get(number, ())
    )


def _deletions_of_users(change: FlowChange) -> bytes:
    return _deletions(flow for flow in change.deletions if stage(flow.table) > Stage.LABELS)


def _deletions_of_labels(change: FlowChange) -> bytes:
    return _deletions(flow for flow in change.deletions if stage(flow.table) <= Stage.LABELS)


def _deletions(flows: Iterable[Flow]) -> bytes:
    return b"".join(map(encode.delete_flow, flows))


_DELETIONS: Final = (_deletions_of_users, _deletions_of_labels)
