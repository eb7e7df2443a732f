"""What AalWiNes makes of a network: where a packet with a stack of labels may go, and its format.

From the published schema of the format, and from how its tables work: the interface by which a
packet comes and its top label choose the rules; all operations of a rule are done, then the packet
leaves by the rule's interface: over a link to another router or, where there is none, outside.
"""

from __future__ import annotations

import json

_LARGEST = 8
"""Deeper stacks mean that something goes round."""


class Network:
    """A network in the format, read strictly."""

    def __init__(self, text: str) -> None:
        document = json.loads(text)
        assert set(document) == {"network"}
        network = document["network"]
        assert {"name", "routers", "links"} <= set(network)
        assert isinstance(network["name"], str)
        self.legend = network.get("legend", {})
        self.tables: dict[tuple[str, str], dict] = {}
        names = [router["name"] for router in network["routers"]]
        assert len(set(names)) == len(names)
        for router in network["routers"]:
            self._add(router)
        self.far: dict[tuple[str, str], tuple[str, str]] = {}
        for link in network["links"]:
            self._join(link)

    def _add(self, router) -> None:
        assert set(router) <= {"name", "alias", "location", "interfaces"}
        assert set(router.get("location", ())) in (set(), {"latitude", "longitude"})
        for interface in router["interfaces"]:
            assert set(interface) in ({"name", "routing_table"}, {"names", "routing_table"})
            names = interface.get("names", [interface.get("name")])
            assert names
            for name in names:
                assert (router["name"], name) not in self.tables, (router["name"], name)
                self.tables[router["name"], name] = interface["routing_table"]
        own = {name for where, name in self.tables if where == router["name"]}
        for interface in router["interfaces"]:
            for label, rules in interface["routing_table"].items():
                assert label.isdecimal()
                assert rules
                for rule in rules:
                    assert set(rule) == {"out", "priority", "ops"}
                    assert rule["out"] in own, (router["name"], rule)
                    for operation in rule["ops"]:
                        ((kind, value),) = operation.items()
                        assert kind in {"pop", "swap", "push"}
                        assert (value == "") is (kind == "pop")

    def _join(self, link) -> None:
        ends = [
            (link["from_router"], link["from_interface"]),
            (link["to_router"], link["to_interface"]),
        ]
        assert link["bidirectional"] is True
        for here, there in (ends, reversed(ends)):
            assert here in self.tables, here
            assert here not in self.far, here
            self.far[here] = there

    def label(self, meaning: str) -> str:
        """Return the label that stands for something."""
        (label,) = [label for label, said in self.legend.items() if said == meaning]
        return label

    def exits(self, router: str, interface: str, stack: tuple[str, ...]):
        """Return where and with what stack a packet may leave; stacks are outermost first."""
        assert (router, interface) in self.tables
        pending, seen, found = [(router, interface, stack)], set(), set()
        while pending:
            here = pending.pop()
            if here in seen or not here[2] or len(here[2]) > _LARGEST:
                continue
            seen.add(here)
            at, by, labels = here
            for rule in self.tables[at, by].get(labels[0], ()):
                after = self._done(rule["ops"], labels)
                there = self.far.get((at, rule["out"]))
                if there is None:
                    found.add((at, rule["out"], after))
                else:
                    pending.append((*there, after))
        return found

    def way(self, router: str, interface: str, stack: tuple[str, ...]):
        """Return the routers that a packet passes, each with its stack there; no copies of it."""
        found = []
        here = (router, interface)
        while True:
            found.append((here[0], stack))
            (rule,) = self.tables[here][stack[0]]
            stack = self._done(rule["ops"], stack)
            there = self.far.get((here[0], rule["out"]))
            if there is None:
                return found
            here = there

    @staticmethod
    def _done(operations, stack: tuple[str, ...]) -> tuple[str, ...]:
        for operation in operations:
            ((kind, value),) = operation.items()
            if kind != "push":
                stack = stack[1:]
            if kind != "pop":
                stack = (value, *stack)
        return stack
