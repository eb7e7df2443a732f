"""Who reached whom, as text: what a fault is called."""

from mplsemu.views.matrix import CheckView, matrix_view
from mplsemu.views.text.matrix import draw_matrix


def check(src, dst, address, *, ok):
    return {
        "name": f"{src} reaches {dst} at {address}",
        "src": src,
        "dst": dst,
        "reach": True,
        "ok": ok,
        "rtt_ms": None,
        "detail": "" if ok else "it did not arrive",
        "address": address,
    }


def drawn(*checks):
    return [
        line.plain.strip()
        for line in draw_matrix(matrix_view(CheckView(**each) for each in checks), 100)
    ]


def test_a_fault_says_its_address_where_a_pair_was_tried_at_several():
    lines = drawn(
        check("a/x/h1", "a/y/h1", "10.0.2.2", ok=False),
        check("a/x/h1", "a/y/h1", "2001:db8:2::2", ok=False),
        check("a/y/h1", "a/x/h1", "10.0.1.2", ok=False),
    )
    assert "✗ a/x/h1 did not reach a/y/h1 at 10.0.2.2: it did not arrive" in lines
    assert "✗ a/x/h1 did not reach a/y/h1 at 2001:db8:2::2: it did not arrive" in lines
    assert "✗ a/y/h1 did not reach a/x/h1: it did not arrive" in lines


def test_one_check_is_not_several():
    broadcast = {**check("a/x/h1", "broadcast", "", ok=True), "address": None}
    lines = drawn(check("a/x/h1", "a/y/h1", "10.0.2.2", ok=True), broadcast)
    assert "VPN a: 1 of 1 check as it should be ✓" in lines
    assert "Other checks: 1 of 1 as it should be ✓" in lines


def wish(name, detail, *, ok):
    """A check of a way or of a rate, as ``validate`` has them."""
    of = {"name": f"validate: {name}", "detail": detail, "address": None}
    return {**check("a/x/h1", "a/y/h1", "", ok=ok), **of}


def test_of_a_way_and_a_rate_is_said_what_was_wanted_and_found():
    lines = drawn(
        check("a/x/h1", "a/y/h1", "10.0.2.2", ok=True),
        wish("path a/x/h1 a/y/h1 is by way of p2", "it does not go by way of p2: dk, se", ok=False),
        wish(
            "throughput a/x/h1 a/y/h1 is at least 20 Mbit/s",
            "9.57 Mbit/s of at least 20 Mbit/s",
            ok=False,
        ),
        wish("path a/x/h1 a/y/h1 avoids p2", "", ok=True),
    )
    assert "✗ a/x/h1 → a/y/h1: it does not go by way of p2: dk, se" in lines
    assert "✗ a/x/h1 → a/y/h1: 9.57 Mbit/s of at least 20 Mbit/s" in lines
    assert not any("did not reach" in line for line in lines)


def test_the_matrix_is_of_reachability_alone():
    lines = drawn(
        check("a/x/h1", "a/y/h1", "10.0.2.2", ok=True),
        wish("path a/x/h1 a/y/h1 is by way of p2", "it passes p1", ok=False),
        wish("throughput a/x/h1 a/y/h1 is at least 1 Mbit/s", "9.57 Mbit/s", ok=True),
    )
    assert "VPN a: 1 of 1 check as it should be ✓" in lines
    assert "1 x/h1    -   ●" in lines
    assert "Other checks: 1 of 2 as they should be ✗" in lines


def test_checks_of_ways_alone_have_no_matrix():
    lines = drawn(wish("path a/x/h1 a/y/h1 avoids p2", "", ok=True))
    assert "Other checks: 1 of 1 as it should be ✓" in lines
    assert not any(line.startswith("VPN") for line in lines)
