"""Who reached whom, as text: what a fault is called."""

from mplsemu.views.matrix import matrix_view
from mplsemu.views.text.matrix import draw_matrix


def check(src, dst, address, *, ok):
    return {
        "name": f"{src} reaches {dst} at {address}",
        "src": src,
        "dst": dst,
        "expect": "reach",
        "ok": ok,
        "rtt_ms": None,
        "detail": "" if ok else "it did not arrive",
        "address": address,
    }


def drawn(*checks):
    return [line.plain.strip() for line in draw_matrix(matrix_view(checks), 100)]


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
