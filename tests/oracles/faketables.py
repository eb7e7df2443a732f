"""Maps of the eBPF data plane that are dictionaries, and tell what was done to them."""

from __future__ import annotations

from itertools import count

from mplsemu.errors import DataPlaneError
from mplsemu.program.program import Program
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.map_table import MAPS


def interfaces_of(program: Program) -> Attached:
    """Return what of a lab would be attached: an interface for every port, and no map."""
    numbers = count(100)
    ports = {
        node.name: {each.port: next(numbers) for each in (*node.adjacencies, *node.circuits)}
        for node in program.nodes
    }
    names = {lsr: {port: f"{lsr}-eth{port}" for port in each} for lsr, each in ports.items()}
    return Attached({}, ports, names, frozenset(), dict.fromkeys(ports, 1))


class FakeTable:
    """One map; a value of a map that has one for each CPU is that of the only CPU."""

    def __init__(self, name, log):
        self.name, self.log = name, log
        self.rows = {}
        self.room = 1 << 20

    def get(self, key):
        return self.rows.get(key)

    def keys(self):
        yield from list(self.rows)

    def items(self):
        yield from list(self.rows.items())

    def set_many(self, entries):
        for key, value in entries:
            assert (len(key), len(value)) == (
                MAPS[self.name].key_size,
                MAPS[self.name].value_size,
            ), self.name
            if key not in self.rows and len(self.rows) >= self.room:
                raise DataPlaneError(f"map {self.name!r} is full")
            self.log.append(("change" if key in self.rows else "add", self.name, key))
            self.rows[key] = value

    def delete_many(self, keys):
        gone = [key for key in keys if self.rows.pop(key, None) is not None]
        self.log += [("delete", self.name, key) for key in gone]
        return len(gone)

    def sums(self, key):
        return dict(self.all_sums()).get(key)

    def all_sums(self):
        for key, value in self.rows.items():
            yield (
                key,
                tuple(
                    int.from_bytes(value[at : at + 8], "little") for at in range(0, len(value), 8)
                ),
            )


class FakeTables(dict):
    """All maps by name, and `log`: what was done, in order."""

    def __init__(self):
        self.log = []
        super().__init__({name: FakeTable(name, self.log) for name in MAPS})
