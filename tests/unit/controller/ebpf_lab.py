"""A controller whose LSRs are maps, which are dictionaries."""

from mplsemu.control.compile import compile_program
from mplsemu.controller.controller import Controller
from mplsemu.controller.serve import calls_of
from mplsemu.lab.loader import load
from mplsemu.southbound.ebpf.contents import WRITE_ORDER
from mplsemu.southbound.ebpf.plane import EbpfPlane
from mplsemu.southbound.ebpf.translate import entries
from mplsemu.southbound.plane.events import LsrConnected, PortChanged
from tests.oracles.faketables import FakeTables, interfaces_of
from tests.places import TOPOLOGIES

NORDIC = TOPOLOGIES / "nordic.yaml"


class Lab:
    """A controller whose LSRs are maps."""

    def __init__(self, tables=None, state=None, network=None):
        network = network or load(NORDIC).network
        self.tables = tables or FakeTables()
        self.attached = interfaces_of(compile_program(network))
        self.ports = self.attached.ports
        self.plane = EbpfPlane(self.attached, self.tables)
        self.controller = Controller(network, self.plane, state)
        self.plane.prepare(self.controller.program, self.controller.deliver)

    def enter(self, *down):
        self.tables.log.clear()
        self.controller.handle(
            [
                LsrConnected(node, frozenset(ports) - {port for lsr, port in down if lsr == node})
                for node, ports in self.ports.items()
            ]
        )
        return self

    def port(self, node, link):
        return self.controller.program.node(node).adjacency_by_link[link].port

    def cut(self, node, link, *, live=False):
        self.tables.log.clear()
        self.controller.handle([PortChanged(node, self.port(node, link), live=live)])

    def call(self, name, **arguments):
        self.controller.ask = lambda work, timeout_s=0.0: work()
        return calls_of(self.controller)[name](arguments)

    @property
    def log(self):
        return [entry for entry in self.tables.log if entry[1] in WRITE_ORDER]

    def assert_installed(self):
        program = self.controller.program
        wanted = {
            (entry.map, entry.key): entry.value
            for node in program.nodes
            for entry in entries(program, node.name, self.attached)
        }
        found = {
            (name, key): value for name in WRITE_ORDER for key, value in self.tables[name].items()
        }
        assert found == wanted
        assert self.call("status")["in_sync"]
