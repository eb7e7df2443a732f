"""The lab behind the page: what is asked of it, with names checked and work kept within bounds."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, Generic, TypeVar

from mplsemu.drawing.layout.hub_layout import FormFactor
from mplsemu.drawing.palette import Theme
from mplsemu.model.vpn import VpnKind
from mplsemu.program.answer import answer
from mplsemu.program.cables import cables_of
from mplsemu.program.hosts import hosts
from mplsemu.program.program import Program
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
from mplsemu.web.http_error import BAD_REQUEST, CONFLICT, NOT_FOUND, HttpError
from mplsemu.web.pictures import Pictures
from mplsemu.web.sent_views import SentViews
from mplsemu.web.source import LabSource

MAX_PINGS: Final = 4
"""At once; each takes three seconds at most."""
MAX_CHANGES: Final = 4
"""Of links, done one after another; so many may wait."""
KEPT_S: Final = 2.0
"""Learned MAC addresses and counters: reading them means asking every switch."""
_Answer = TypeVar("_Answer")

_RTT: Final = re.compile(r"\btime=([\d.]+) ms")


class LabApi:
    """Everything the page's requests ask for; any thread may call.

    Args:
        source: the lab.
        shown: takes note of the views that customers are sent.
    """

    def __init__(self, source: LabSource, shown: SentViews) -> None:
        self.source = source
        self._shown = shown
        self._pictures = Pictures()
        self._pings = ConcurrencyLimit(MAX_PINGS, "pings")
        self._changes = ConcurrencyLimit(MAX_CHANGES, "changes of links")
        self._one_change = threading.Lock()
        self._macs = _Cached(source.macs, KEPT_S)
        self._counted = _Cached(source.counted, KEPT_S)

    # --- what there is ----------------------------------------------------------------------

    def provider_session(self) -> schema.ProviderSession:
        """Return what the provider's page begins with."""
        facts, program = self.source.facts, self.source.installed().program
        view = provider_view(program)
        return schema.ProviderSession(
            role="provider",
            lab=facts.lab,
            dataplane=facts.dataplane,
            datapath=facts.datapath,
            vpns=[
                schema.VpnOfProvider(
                    name=vpn.name,
                    kind=VpnKind(vpn.kind),
                    customer=vpn.customer,
                    sites=[site for site, _ in vpn.sites],
                )
                for vpn in view.vpns
            ],
            hosts=[str(each.ref) for each in hosts(program)],
            nodes=[schema.Lsr(name=each.name, role=each.role.value) for each in view.routers],
            links=[
                schema.CoreLink(
                    name=link.name,
                    ends=link.ends,
                    bandwidth_bps=link.bandwidth_bps,
                    delay_ms=link.delay_ms,
                    metric=link.metric,
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
        program = self.source.installed().program
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
        svg = self._pictures.provider(installed, vpn, theme)
        return schema.ProviderPicture(generation=installed.generation, svg=svg)

    def customer_picture(self, vpn: str, theme: Theme, shape: FormFactor) -> schema.CustomerPicture:
        """Draw a customer's picture of one VPN; that he may see it has been checked."""
        _check("VPN", vpn, self._vpn_names(), NOT_FOUND)
        kinds = {each.name: each.kind for each in self.source.facts.vpns}
        macs = self._learned() if kinds[vpn] is VpnKind.VPLS else ()
        view = with_macs(customer_view(self.source.installed().program, vpn), macs)
        self._shown.note(vpn, view)
        return schema.CustomerPicture(svg=self._pictures.customer(view, theme, shape))

    def _vpn_names(self) -> list[str]:
        return [vpn.name for vpn in self.source.facts.vpns]

    def _learned(self) -> Sequence[MacRow]:
        return self._macs.get()

    # --- doing something --------------------------------------------------------------------

    def set_link(self, request: schema.LinkRequest) -> schema.LinkResult:
        """Cut or mend a link or a site's line, and wait until that is dealt with."""
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
        found = trace(program, request.src, request.dst)
        return exchange_object(found, answer(program, found))


class ConcurrencyLimit:
    """Lets so many through at a time, and turns the others away."""

    def __init__(self, most: int, what: str) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._refusal = f"too many {what} at once; try again"

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Be inside while the block runs.

        Raises:
            HttpError: there is no place.
        """
        if not self._places.acquire(blocking=False):
            raise HttpError(CONFLICT, self._refusal)
        try:
            yield
        finally:
            self._places.release()


class _Cached(Generic[_Answer]):
    """What every switch is asked for, asked again only when it is older than so many seconds."""

    def __init__(self, read: Callable[[], _Answer], kept_s: float) -> None:
        self._read = read
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._kept: tuple[float, _Answer] | None = None

    def get(self) -> _Answer:
        with self._lock:
            now = time.monotonic()
            if self._kept is None or now - self._kept[0] > self._kept_s:
                self._kept = (now, self._read())
            return self._kept[1]


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
