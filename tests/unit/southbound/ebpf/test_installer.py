"""What is written to the maps, in which order: on maps that are dictionaries, without a kernel."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import CapabilityError, DataPlaneError
from mplsemu.southbound.ebpf import installer as module
from mplsemu.southbound.ebpf.contents import lsr_of
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.installer import Installer
from mplsemu.southbound.ebpf.kinds import CounterKind, Drop, IlmAction, NhlfesOf, Role, RouteKind
from mplsemu.southbound.ebpf.layout import (
    GATEWAY_VALUE,
    CounterKey,
    CounterRecord,
    FibKey,
    GatewayKey,
    IlmKey,
    IlmRecord,
    NhlfeKey,
    Port,
    RouteRecord,
    TunnelKey,
    word,
)
from mplsemu.southbound.plane.events import InstallRejected
from mplsemu.southbound.plane.stage import Stage
from tests import builders
from tests.oracles.faketables import FakeTables

PORTS = {"dk": {1: 101, 2: 102}, "se": {1: 201}}


def ilm(router, label, version=4):
    record = IlmRecord(IlmAction.TO_VRF, ip_version=version, service=1)
    return Entry(Stage.LABELS, "lfib", IlmKey(router, label).pack(), record.pack())


def tunnel(router, egress, first=0):
    return Entry(
        Stage.TUNNELS, "tunnels", TunnelKey(router, egress).pack(), bytes([first, *bytes(59)])
    )


def way(router, of, way_number, first=0):
    key = NhlfeKey(router, of, 2, way_number).pack()
    stage = Stage.LABELS if of is NhlfesOf.LABEL else Stage.TUNNELS
    return Entry(stage, "ecmp_nhlfes", key, bytes([first, *bytes(51)]))


def route(router, prefix):
    key = FibKey(router, 1, IPv4Network(prefix)).pack()
    return Entry(Stage.SERVICES, "fib4", key, RouteRecord(RouteKind.CONNECTED).pack())


def port(ifindex, router):
    return Entry(Stage.PORTS, "ports", word(ifindex), Port(router, 1, Role.CORE).pack())


def gateway(ifindex, address):
    key = GatewayKey(ifindex, IPv4Address(address)).pack()
    return Entry(Stage.PORTS, "gateways", key, GATEWAY_VALUE)


class Lab:
    """Two PEs whose entries are what a test says."""

    def __init__(self, tables=None):
        self.tables = tables or FakeTables()
        self.entries = {"dk": (), "se": ()}
        self.said = []
        macs = builders.MacAddresses()
        network = builders.network(
            builders.provider(("dk-se",), pes=("dk", "se")),
            builders.l3vpn(
                "a", {"x": ("dk", "10.1.0.0/24"), "y": ("se", "10.2.0.0/24")}, macs=macs
            ),
            builders.vpls("c", {"u": "dk", "v": "se"}, macs=macs),
        )
        self.program = compile_program(network)
        self.restart()

    def restart(self):
        self.installer = Installer(
            self.tables, PORTS, lambda _program, node: self.entries[node], self.said.append
        )

    def want(self, dk=(), se=()):
        """Have the program ask for these entries from now on."""
        self.entries = {"dk": tuple(dk), "se": tuple(se)}
        nodes = tuple(replace(node, position=(0.0, _unique())) for node in self.program.nodes)
        self.program = replace(self.program, nodes=nodes)

    def install(self, *nodes):
        self.tables.log.clear()
        return self.installer.install(self.program, nodes or ("dk", "se"))

    @property
    def log(self):
        """What was done to entries of the program, without counters."""
        return [entry for entry in self.tables.log if entry[1] != module.COUNTERS]

    def assert_installed(self):
        wanted = {(e.map, e.key): e.value for some in self.entries.values() for e in some}
        found = {
            (name, key): value
            for name, table in self.tables.items()
            if name != module.COUNTERS
            for key, value in table.rows.items()
        }
        assert found == wanted


_numbers = iter(range(1, 1000))


def _unique():
    return float(next(_numbers))


@pytest.fixture
def lab(monkeypatch):
    made = Lab()
    made.waits = []
    monkeypatch.setattr(
        module.time, "sleep", lambda seconds: made.tables.log.append(("wait", "", seconds))
    )
    return made


def test_what_is_used_is_there_everywhere_before_what_uses_it(lab):
    lab.want(
        dk=(port(101, 1), route(1, "10.2.0.0/24"), tunnel(1, 2), ilm(1, 16)),
        se=(port(201, 2), route(2, "10.1.0.0/24"), tunnel(2, 1), ilm(2, 16)),
    )
    done = lab.install()
    assert (done.in_sync, done.touched, done.followed, done.changed) == ({"dk", "se"}, 2, 2, 8)
    assert [name for _, name, _ in lab.log] == [
        name for name in ("lfib", "tunnels", "fib4", "ports") for _ in range(2)
    ]
    lab.assert_installed()


def test_ways_are_there_before_the_entry_that_counts_them_and_each_in_its_own_stage(lab):
    lab.want(
        dk=(ilm(1, 16), way(1, NhlfesOf.LABEL, 1), tunnel(1, 2), way(1, NhlfesOf.EGRESS, 1)),
        se=(ilm(2, 16),),
    )
    lab.install()
    assert [name for _, name, _ in lab.log] == [
        "ecmp_nhlfes",
        "lfib",
        "lfib",
        "ecmp_nhlfes",
        "tunnels",
    ]


def test_what_is_as_it_should_be_is_never_written_again(lab):
    lab.want(dk=(ilm(1, 16), tunnel(1, 2)), se=(ilm(2, 16),))
    lab.install()
    lab.want(dk=(ilm(1, 16), tunnel(1, 2, first=9)), se=(ilm(2, 16),))
    done = lab.install()
    assert lab.log == [("change", "tunnels", TunnelKey(1, 2).pack())]
    assert (done.in_sync, done.touched, done.changed) == ({"dk", "se"}, 1, 1)


def test_what_is_left_over_goes_last_users_first_when_packets_have_passed(lab):
    lab.want(dk=(ilm(1, 16), tunnel(1, 2), route(1, "10.2.0.0/24"), way(1, NhlfesOf.LABEL, 1)))
    lab.install()
    lab.want(dk=(ilm(1, 17),))
    lab.install()
    assert [kind for kind, *_ in lab.log] == ["add", "wait", *["delete"] * 4]
    assert [name for _, name, _ in lab.log[2:]] == ["fib4", "tunnels", "lfib", "ecmp_nhlfes"]
    assert lab.log[1][2] >= 0.02
    lab.assert_installed()


def test_nobody_waits_where_nothing_is_deleted(lab):
    lab.want(dk=(ilm(1, 16),))
    lab.install()
    assert [kind for kind, *_ in lab.log] == ["add"]


def test_a_restarted_controller_finds_everything_installed(lab):
    dk = (ilm(1, 16), route(1, "10.2.0.0/24"), port(101, 1), gateway(101, "10.1.0.1"))
    lab.want(dk=dk, se=(ilm(2, 16), port(201, 2)))
    lab.install()
    lab.restart()
    found = lab.installer.read_back(lab.program, ("dk", "se"))
    assert (found["dk"].kept, found["dk"].desired, found["dk"].unexpected) == (4, 4, 0)
    assert lab.installer.entries("dk") == 4
    done = lab.install()
    assert lab.tables.log == []
    assert done.in_sync == {"dk", "se"}


def test_what_a_restarted_controller_finds_and_nobody_asked_for_is_removed(lab):
    lab.want(dk=(ilm(1, 16), gateway(101, "10.1.0.1")), se=(ilm(2, 16),))
    lab.install()
    lab.restart()
    lab.want(dk=(ilm(1, 17),), se=(ilm(2, 16),))
    found = lab.installer.read_back(lab.program, ("dk", "se"))
    assert (found["dk"].kept, found["dk"].desired, found["dk"].unexpected) == (0, 1, 2)
    lab.install()
    lab.assert_installed()


def test_what_another_lsr_has_is_left_alone(lab):
    lab.want(dk=(ilm(1, 16),), se=(ilm(2, 16), gateway(201, "10.2.0.1")))
    lab.install()
    lab.restart()
    lab.want(dk=(), se=(ilm(2, 16), gateway(201, "10.2.0.1")))
    lab.installer.read_back(lab.program, ("dk",))
    lab.install("dk")
    lab.assert_installed()


def test_an_lsr_whose_entries_do_not_fit_is_told_and_the_others_get_theirs(lab):
    lab.tables["lfib"].room = 2
    lab.want(dk=(ilm(1, 16), ilm(1, 17)), se=(ilm(2, 16), tunnel(2, 1)))
    done = lab.install()
    assert done.in_sync == {"dk"}
    assert (done.touched, done.followed, done.changed) == (2, 1, 2)
    (said,) = lab.said
    assert isinstance(said, InstallRejected)
    assert (said.node, "'lfib' is full" in said.what) == ("se", True)
    assert not lab.tables["tunnels"].rows
    lab.tables["lfib"].room = 10
    assert lab.install("se").in_sync == {"se"}
    lab.assert_installed()


def test_who_is_refused_the_same_again_says_it_once_until_it_follows(lab):
    lab.tables["lfib"].room = 0
    lab.want(dk=(ilm(1, 16),))
    for _ in range(3):
        assert lab.install("dk").in_sync == set()
    assert len(lab.said) == 1
    lab.tables["lfib"].room = 1
    assert lab.install("dk").in_sync == {"dk"}
    lab.want(dk=(ilm(1, 16), ilm(1, 17)))
    lab.install("dk")
    assert len(lab.said) == 2


@pytest.mark.parametrize("error", [DataPlaneError("port 7"), CapabilityError("port 7")], ids=repr)
def test_an_lsr_whose_program_cannot_be_translated_keeps_what_it_has_and_says_so(lab, error):
    lab.want(dk=(ilm(1, 16),), se=(ilm(2, 16),))
    lab.install()
    lab.want(dk=(ilm(1, 17),), se=(ilm(2, 17),))

    def translate(_program, node):
        if node == "dk":
            raise error
        return lab.entries[node]

    usual, lab.installer._translate = lab.installer._translate, translate
    done = lab.install()
    assert (done.in_sync, done.touched, done.followed) == ({"se"}, 1, 1)
    assert set(lab.installer.read_back(lab.program, ("dk", "se"))) == {"se"}
    assert lab.said == [InstallRejected("dk", "its program: port 7")]
    assert lab.tables["lfib"].rows.keys() == {IlmKey(1, 16).pack(), IlmKey(2, 17).pack()}
    lab.installer._translate = usual
    assert lab.install().in_sync == {"dk", "se"}
    lab.assert_installed()


def test_counters_are_there_before_anything_counts_and_go_when_nothing_does(lab):
    def counted(kind):
        keys = map(CounterKey.unpack, lab.tables["counters"].rows)
        return sorted(key.id for key in keys if key.lsr == 1 and key.kind is kind)

    lab.want(dk=(ilm(1, 16),))
    lab.install()
    assert lab.tables.log[0][1] == module.COUNTERS
    assert counted(CounterKind.TUNNEL) == [2]
    assert counted(CounterKind.VRF_IN) == counted(CounterKind.VRF_OUT) == [1]
    drop = CounterKey(1, CounterKind.DROP, Drop.TTL).pack()
    lab.tables["counters"].rows[drop] = CounterRecord(1, 60).pack()
    bare = [replace(node, ftn=()) for node in lab.program.nodes]
    lab.program = replace(lab.program, nodes=tuple(bare))
    lab.install()
    assert counted(CounterKind.TUNNEL) == []
    assert counted(CounterKind.VRF_IN) == [1]
    assert drop in lab.tables["counters"].rows


def test_counts_go_on_after_a_restart(lab):
    lab.want(dk=(ilm(1, 16),))
    lab.install()
    key = CounterKey(1, CounterKind.VRF_IN, 1).pack()
    lab.tables["counters"].rows[key] = CounterRecord(7, 700).pack()
    lab.restart()
    lab.installer.read_back(lab.program, ("dk", "se"))
    lab.install()
    assert CounterRecord.unpack(lab.tables["counters"].rows[key]).packets == 7


def test_without_room_for_counters_packets_are_still_forwarded(lab):
    lab.tables["counters"].room = 0
    lab.want(dk=(ilm(1, 16),))
    assert lab.install().in_sync == {"dk", "se"}
    lab.assert_installed()


@pytest.mark.parametrize(
    ("entry", "router"),
    [
        (ilm(7, 16), 7),
        (tunnel(7, 2), 7),
        (way(7, NhlfesOf.EGRESS, 1), 7),
        (route(7, "10.0.0.0/8"), 7),
        (port(101, 7), 7),
        (gateway(101, "10.1.0.1"), 5),
        (gateway(999, "10.1.0.1"), None),
    ],
)
def test_every_entry_tells_whose_it_is(entry, router):
    assert lsr_of(entry.map, entry.key, entry.value, {101: 5}) == router


def test_an_unchanged_node_program_is_not_translated_again():
    lab = Lab()
    asked = []
    lab.installer = Installer(
        lab.tables, PORTS, lambda _, node: asked.append(node) or (), lab.said.append
    )
    lab.install()
    lab.install()
    assert asked == ["dk", "se"]
