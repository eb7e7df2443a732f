"""What the page's requests ask of a lab: names are checked, and work is limited."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from mplsemu.drawing.hub_layout import FormFactor
from mplsemu.drawing.palette import Theme
from mplsemu.program.answer import answer
from mplsemu.program.cables import cables_of
from mplsemu.program.hosts import hosts
from mplsemu.program.program import Program
from mplsemu.program.provider_part import own_nodes
from mplsemu.program.provider_trace import trace_in_part
from mplsemu.program.trace import trace
from mplsemu.report import shapes
from mplsemu.report.tables import counter_table_object, mac_table_object, table_object
from mplsemu.report.trace import exchange_object
from mplsemu.suggest import did_you_mean
from mplsemu.views.customer import customer_view
from mplsemu.views.learned_macs import with_macs
from mplsemu.views.provider import provider_view
from mplsemu.views.tables.macs import MacRow
from mplsemu.web import schema
from mplsemu.web.concurrency_limit import ConcurrencyLimit
from mplsemu.web.http_error import BAD_REQUEST, NOT_FOUND, HttpError
from mplsemu.web.pictures import Pictures
from mplsemu.web.sent_views import SentViews
from mplsemu.web.source import LabSource
from mplsemu.web.timed_cache import TimedCache

MAX_PINGS: Final = 4
"""Concurrent pings; each takes three seconds at most."""
MAX_CHANGES: Final = 4
"""Changes of links that may wait; they are made one after another."""
KEPT_S: Final = 2.0
"""For how long MAC addresses and counters are cached: reading them asks every LSR."""

_RTT: Final = re.compile(r"\btime=([\d.]+) ms")


class LabApi:
    """Answers the page's requests; any thread may call.

    Args:
        source: the lab.
        sent_views: notes the views that customers are sent.
    """

    def __init__(self, source: LabSource, sent_views: SentViews) -> None:
        self.source = source
        self._sent_views = sent_views
        self._pictures = Pictures()
        self._pings = ConcurrencyLimit(MAX_PINGS, "pings")
        self._changes = ConcurrencyLimit(MAX_CHANGES, "changes of links")
        self._one_change = threading.Lock()
        self._macs = TimedCache(source.macs, KEPT_S)
        self._counted = TimedCache(source.counted, KEPT_S)

    # --- what there is ----------------------------------------------------------------------

    def provider_session(self) -> schema.ProviderSession:
        """Return what the provider's page begins with."""
        facts, program = self.source.facts, self.source.installed().program
        view = provider_view(program, facts.provider)
        return schema.ProviderSession(
            role="provider",
            provider=facts.provider,
            lab=facts.lab,
            dataplane=facts.dataplane,
            datapath=facts.datapath,
            vpns=[
                schema.VpnOfProvider(
                    name=vpn.name,
                    kind=vpn.kind,
                    customer=vpn.customer,
                    sites=[site for site, _ in vpn.sites],
                    has_picture=vpn.name in facts.pictured,
                )
                for vpn in view.vpns
            ],
            hosts=[str(each.ref) for each in hosts(program)],
            nodes=[
                schema.Lsr(name=each.name, role=each.role.value, provider=each.provider)
                for each in view.routers
            ],
            links=[
                schema.CoreLink(
                    name=link.name,
                    ends=link.ends,
                    bandwidth_bps=link.bandwidth_bps,
                    delay_ms=link.delay_ms,
                    metric=None if link.border is not None else link.metric,
                    loss_percent=link.loss_percent,
                    jitter_ms=link.jitter_ms,
                )
                for link in view.links
            ],
        )

    def customer_session(self, customer: str) -> schema.CustomerSession:
        """Return what a customer's page begins with."""
        vpns = [
            schema.VpnOfCustomer(name=vpn.name, kind=vpn.kind)
            for vpn in self.source.facts.vpns_of(customer)
        ]
        return schema.CustomerSession(role="customer", customer=customer, vpns=vpns)

    def table(self, table: schema.TableName, node: str | None) -> shapes.Table:
        """Return a table of all LSRs, or of one."""
        program = own_nodes(self.source.installed().program, self.source.facts.provider)
        if node is not None:
            _check("LSR", node, program.node_by_name, BAD_REQUEST)
        if table == "macs":
            macs = [row for row in self._learned() if node in {None, row.node}]
            return mac_table_object(program.lab, macs)
        if table == "counters":
            counted = self._counted.get()
            rows = tuple(row for row in counted.rows if node in {None, row.node})
            return counter_table_object(program.lab, replace(counted, rows=rows))
        return table_object(program, table, node)

    # --- pictures ---------------------------------------------------------------------------

    def provider_picture(self, vpn: str | None, theme: Theme) -> schema.ProviderPicture:
        """Draw the provider's picture, with one VPN over it if asked."""
        if vpn is not None:
            _check("VPN", vpn, self._vpn_names(), BAD_REQUEST)
        installed = self.source.installed()
        svg = self._pictures.provider(installed, vpn, theme, self.source.facts.provider)
        return schema.ProviderPicture(generation=installed.generation, svg=svg)

    def customer_picture(self, vpn: str, theme: Theme, shape: FormFactor) -> schema.CustomerPicture:
        """Draw a customer's picture of one VPN; that he may see it has been checked."""
        _check("VPN", vpn, self.source.facts.pictured, NOT_FOUND)
        kinds = {each.name: each.kind for each in self.source.facts.vpns}
        macs = self._learned() if kinds[vpn].learns_macs else ()
        view = with_macs(customer_view(self.source.installed().program, vpn), macs)
        self._sent_views.note(vpn, view)
        return schema.CustomerPicture(svg=self._pictures.customer(view, theme, shape))

    def _vpn_names(self) -> list[str]:
        return [vpn.name for vpn in self.source.facts.vpns]

    def _learned(self) -> Sequence[MacRow]:
        return self._macs.get()

    # --- doing something --------------------------------------------------------------------

    def set_link(self, request: schema.LinkRequest) -> schema.LinkResult:
        """Cut or mend a link or a site's line; wait until the controller has dealt with it."""
        program = self.source.installed().program
        link = cables_of(program).get(request.link, request.link)
        _check("link", link, _lines(program), BAD_REQUEST)
        with self._changes.slot(), self._one_change:
            started = time.perf_counter()
            self.source.set_link(link, up=request.up)
            took_ms = (time.perf_counter() - started) * 1000
        return schema.LinkResult(link=link, up=request.up, took_ms=round(took_ms, 1))

    def ping(self, request: schema.PingRequest) -> schema.PingResult:
        """Ping, and wait for the answers."""
        with self._pings.slot():
            found = self.source.ping(request.src, request.dst, request.count)
        return schema.PingResult(
            sent=found.sent,
            received=found.received,
            rtt_ms=[float(rtt) for rtt in _RTT.findall(found.output)],
            output=found.output,
        )

    def trace(self, request: schema.TraceRequest) -> shapes.Exchange:
        """Follow one packet through the installed program."""
        program = self.source.installed().program
        provider = self.source.facts.provider
        if provider is not None:
            found = trace_in_part(program, provider, request.src, request.dst)
        else:
            found = trace(program, request.src, request.dst)
        return exchange_object(found, answer(program, found))


def _lines(program: Program) -> list[str]:
    return [*program.link_by_name, *program.node_of_circuit]


def _check(what: str, name: str, known: Iterable[str], status: int) -> None:
    """Refuse a name that does not exist, and name the nearest.

    Raises:
        HttpError: there is no such thing.
    """
    names = list(known)
    if name not in names:
        hint = did_you_mean(name, names)
        raise HttpError(status, f"no {what} {name!r}{'; ' if hint else ''}{hint}")
