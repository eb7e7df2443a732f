"""Scenes made by hand, with one of every kind of thing in them."""

from __future__ import annotations

from dataclasses import replace

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.scene import Area, Label, LegendEntry, Line, Node, Scene, TextRun, Tone
from mplsemu.drawing.text_width import text_width
from mplsemu.views.scene.kinds import LineKind, NodeKind


def run(text, x, y, size=13.0, *, bold=False, anchor="start", tone=Tone.NORMAL) -> TextRun:
    return TextRun(text, Point(x, y), size, bold, anchor, tone)


def node(key, kind, x, y, width, *lines, height=None, up=True, about="") -> Node:
    height = height or 18 + 17 * len(lines)
    texts = [run(lines[0], x + width / 2, y + 22, bold=True, anchor="middle", tone=Tone.STRONG)]
    for index, line in enumerate(lines[1:], start=1):
        texts.append(run(line, x + width / 2, y + 22 + 17 * index, 11, anchor="middle",
                         tone=Tone.QUIET))  # fmt: skip
    box = Box(x, y, width, height)
    return Node(key, kind, box, tuple(texts), about or f"{key}, a {kind.css_class}", up)


def label(text, x, y, tone=Tone.QUIET, size=11.0) -> Label:
    width = text_width(text, size) + 10
    box = Box(x - width / 2, y - 9, width, 18)
    return Label(run(text, x, y + 4, size, anchor="middle", tone=tone), box)


def line(key, kind, ends, *points, about="", **more) -> Line:
    places = tuple(Point(x, y) for x, y in points)
    return Line(key, kind, ends, places, about or f"{key} from {ends[0]} to {ends[1]}", **more)


def legend(*entries, x=32.0, y=0.0) -> tuple[LegendEntry, ...]:
    found = []
    for symbol, text, more in entries:
        found.append(LegendEntry(symbol, Point(x, y), run(text, x + 36, y + 4, 12), **more))
        x += 36 + text_width(text, 12) + 28
    return tuple(found)


def provider_lines() -> tuple[Line, ...]:
    """Links in every state, two ways of a packet and two sites' lines."""
    link = LineKind.LINK
    return (
        line("dk-p1", link, ("dk", "p1"), (230, 350), (400, 350),
             labels=(label("1 Gbit/s", 300, 350),)),
        line("dk-no", link, ("dk", "no"), (150, 330), (150, 162),
             load=0.72, spot=Box(90, 240, 50, 16)),
        line("no-p2", link, ("no", "p2"), (230, 140), (300, 140), (300, 205), (390, 205), up=False,
             about="link no-p2: down", mark=Point(300, 180)),
        line("p2-se", link, ("p2", "se"), (480, 200), (640, 150), load=0.2),
        line("p1-se", link, ("p1", "se"), (490, 340), (600, 340), (680, 172), load=0.95,
             labels=(label("100 Mbit/s, 5 ms", 600, 300),)),
        line("p1-p2", link, ("p1", "p2"), (440, 320), (440, 232), width=3.5),
        line("w0.0", LineKind.WAY, ("dk", "p1"), (230, 370), (300, 390), (400, 360), width=3,
             labels=(label("17 18", 300, 390, Tone.STRONG),)),
        line("w0.1", LineKind.WAY, ("p1", "se"), (490, 355), (620, 360), (700, 172), width=3),
        line("w1.0", LineKind.WAY, ("dk", "no"), (190, 330), (190, 162), width=3, number=1),
        line("site:a/aarhus", LineKind.ACCESS, ("site:a/aarhus", "dk"), (120, 440), (150, 382),
             width=1.5),
        line("site:a/oslo", LineKind.ACCESS, ("site:a/oslo", "se"), (760, 250), (730, 172),
             width=1.5),
    )  # fmt: skip


def provider(name: str = "nordic") -> Scene:
    """Five routers, a link that is down, a busy one, two ways, two sites."""
    nodes = (
        node("dk", NodeKind.PE, 120, 330, 110, "dk", "10.0.0.1"),
        node("se", NodeKind.PE, 640, 120, 110, "se", "10.0.0.2"),
        node("no", NodeKind.PE, 120, 110, 110, "no", "10.0.0.3"),
        node("p1", NodeKind.P, 400, 320, 90, "p1", "10.0.0.4"),
        node("p2", NodeKind.P, 390, 180, 90, "p2", "10.0.0.5", up=False),
        node("site:a/aarhus", NodeKind.SITE, 60, 440, 120, "a/aarhus", "2 hosts"),
        node("site:a/oslo", NodeKind.SITE, 700, 250, 120, "a/oslo"),
    )
    return Scene(
        title=f"The provider's network {name}",
        summary="5 routers, 6 links of which one is down.",
        width=880,
        height=600,
        heading=(
            run(name, 32, 44, 20, bold=True, tone=Tone.STRONG),
            run("3 PE and 2 P routers, 6 links, no-p2 down", 32, 66, tone=Tone.QUIET),
        ),
        areas=(),
        lines=provider_lines(),
        nodes=nodes,
        legend=legend(
            (NodeKind.PE, "PE", {}),
            (NodeKind.P, "P", {}),
            (NodeKind.SITE, "site", {}),
            (LineKind.LINK, "link", {}),
            (LineKind.LINK, "link down", {"up": False}),
            (LineKind.WAY, "a/aarhus to a/oslo", {}),
            (LineKind.WAY, "back", {"number": 1}),
            y=560,
        ),
    )


def customer() -> Scene:
    """Virtual routers on a cloud, a partner, one site cut off; a switch beside them."""
    nodes = (
        node("net", NodeKind.NETWORK, 300, 220, 240, "Customer A", "your network", height=90),
        node("r1", NodeKind.VIRTUAL_ROUTER, 330, 120, 180, "router at aarhus"),
        node("r2", NodeKind.VIRTUAL_ROUTER, 620, 240, 180, "router at oslo"),
        node("aarhus", NodeKind.SITE, 60, 100, 180, "aarhus", "192.168.1.0/24", "2 hosts"),
        node("ce", NodeKind.CE, 650, 340, 120, "oslo edge", "100.64.0.2"),
        node("oslo", NodeKind.SITE, 630, 440, 160, "oslo", "192.168.3.0/24", up=False),
        node("partner", NodeKind.PARTNER, 60, 240, 160, "partner", "172.16.0.0/24"),
        node("sw", NodeKind.VIRTUAL_SWITCH, 60, 400, 200, "virtual switch", "3 ports"),
        node("bergen", NodeKind.SITE, 340, 400, 140, "bergen", "1 host"),
    )
    lines = (
        line("aarhus", LineKind.ACCESS, ("aarhus", "r1"), (240, 135), (330, 138),
             labels=(label("192.168.1.1", 285, 137),)),
        line("r1", LineKind.MEMBER, ("r1", "net"), (420, 155), (420, 220)),
        line("r2", LineKind.MEMBER, ("r2", "net"), (620, 260), (540, 260)),
        line("ce", LineKind.ACCESS, ("ce", "r2"), (710, 340), (710, 275)),
        line("oslo", LineKind.ACCESS, ("oslo", "ce"), (710, 440), (710, 392), up=False),
        line("partner", LineKind.MEMBER, ("partner", "net"), (220, 262), (300, 262)),
        line("bergen", LineKind.ACCESS, ("bergen", "sw"), (340, 425), (260, 425)),
        line("cut", LineKind.SEVERED, ("bergen", "oslo"), (480, 440), (630, 470)),
    )  # fmt: skip
    return Scene(
        title="VPN a of Customer A",
        summary="2 virtual routers, 3 sites.",
        width=860,
        height=560,
        heading=(run("Customer A", 32, 44, 20, bold=True, tone=Tone.STRONG),
                 run("✓ all sites reach each other", 32, 66, tone=Tone.OK),
                 run("✗ oslo is down", 300, 66, tone=Tone.BAD)),
        areas=(Area("island", Box(40, 80, 780, 290), run("together", 56, 100, 11, tone=Tone.QUIET),
                    "these reach each other"),),
        lines=lines,
        nodes=nodes,
        legend=legend((NodeKind.VIRTUAL_ROUTER, "virtual router", {}),
                      (NodeKind.VIRTUAL_SWITCH, "virtual switch", {}),
                      (NodeKind.SITE, "site", {}), (NodeKind.CE, "CE", {}),
                      (NodeKind.PARTNER, "partner", {}),
                      (LineKind.SEVERED, "cannot reach", {}), y=530),
    )  # fmt: skip


def named(text: str) -> Scene:
    """A scene with one node, all of whose names and texts are `text`."""
    box = Box(20, 20, 200, 60)
    only = Node(text, NodeKind.PE, box, (run(text, 30, 50),), text)
    loop = Line(text, LineKind.LINK, (text, text), (Point(20, 20), Point(60, 60)), text,
                labels=(label(text, 40, 40),))  # fmt: skip
    base = replace(provider(), nodes=(only,), lines=(loop,), legend=(), title=text, summary=text)
    return replace(
        base, heading=(run(text, 10, 10),), areas=(Area(text, box, run(text, 0, 0), text),)
    )
