from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.lab.quantity import ACCESS_RATE, AGING, BANDWIDTH, DELAY, QuantityError


@pytest.mark.parametrize(
    ("scale", "text", "base"),
    [
        (ACCESS_RATE, "512 kbit/s", 512_000),
        (ACCESS_RATE, "10 Mbit/s", 10_000_000),
        (ACCESS_RATE, "10Mbit/s", 10_000_000),
        (ACCESS_RATE, "1.5 Mbit/s", 1_500_000),
        (ACCESS_RATE, "1 Gbit/s", 1_000_000_000),
        (ACCESS_RATE, "1000000 bit/s", 1_000_000),
        (BANDWIDTH, "100 Gbit/s", 100_000_000_000),
        (DELAY, "0 ms", 0),
        (DELAY, "5 ms", 5_000),
        (DELAY, "200 us", 200),
        (DELAY, "0.25 ms", 250),
        (DELAY, "1 s", 1_000_000),
        (AGING, "300 s", 300),
    ],
)
def test_a_quantity_is_read_in_base_units(scale, text, base):
    assert scale.read(text) == base


@pytest.mark.parametrize(
    ("scale", "text", "problem", "remedy"),
    [
        (ACCESS_RATE, "10", "'10' has no unit", "write 10 Mbit/s"),
        (ACCESS_RATE, "0", "'0' has no unit", "write 512 kbit/s to 1 Gbit/s"),
        (ACCESS_RATE, "0 Mbit/s", "out of range", "write 512 kbit/s to 1 Gbit/s"),
        (ACCESS_RATE, "511 kbit/s", "out of range", "write 512 kbit/s to 1 Gbit/s"),
        (ACCESS_RATE, "1.1 Gbit/s", "out of range", "write 512 kbit/s to 1 Gbit/s"),
        (ACCESS_RATE, "-5 Mbit/s", "out of range", "write 512 kbit/s to 1 Gbit/s"),
        (ACCESS_RATE, "10 Mbps", "unknown unit 'Mbps'", "write 10 Mbit/s"),
        (ACCESS_RATE, "10 mbit/s", "unknown unit 'mbit/s'", "write 10 Mbit/s"),
        (ACCESS_RATE, "10 Mbit", "unknown unit 'Mbit'", "write 10 Mbit/s"),
        (ACCESS_RATE, "10 MB/s", "unknown unit 'MB/s'", "for example 512 kbit/s"),
        (ACCESS_RATE, "10 ms", "unknown unit 'ms'", "for example 512 kbit/s"),
        (ACCESS_RATE, "fast", "not a number with its unit", "for example 512 kbit/s"),
        (ACCESS_RATE, "inf Mbit/s", "not a number with its unit", "for example 512 kbit/s"),
        (ACCESS_RATE, "9" * 5_000 + " bit/s", "not a number", "for example 512 kbit/s"),
        (BANDWIDTH, "1 kbit/s", "out of range", "write 64 kbit/s to 100 Gbit/s"),
        (DELAY, "0", "'0' has no unit", "write 0 us or 0 ms or 0 s"),
        (DELAY, "5 msec", "unknown unit 'msec'", "write 5 ms"),
        (DELAY, "-1 ms", "out of range", "write 0 ms to 10 s"),
        (DELAY, "11 s", "out of range", "write 0 ms to 10 s"),
        (DELAY, "5 Mbit/s", "unknown unit 'Mbit/s'", "for example 5 ms"),
        (AGING, "1 s", "out of range", "write 10 s to 65535 s"),
        (AGING, "5 ms", "unknown unit 'ms'", "for example 300 s"),
    ],
)
def test_a_quantity_that_cannot_be_read_says_what_to_write(scale, text, problem, remedy):
    with pytest.raises(QuantityError) as caught:
        scale.read(text)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


@given(st.integers(0, 10_000_000))
def test_a_delay_in_microseconds_and_in_milliseconds_is_the_same(delay_us):
    in_ms = f"{Decimal(delay_us) / 1000:f} ms"
    assert DELAY.read(f"{delay_us} us") == DELAY.read(in_ms) == delay_us


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_remedy(text):
    remedy = "write "
    try:
        in_range = 64_000 <= BANDWIDTH.read(text) <= 100_000_000_000
    except QuantityError as error:
        in_range, remedy = True, error.remedy
    assert in_range
    assert remedy.startswith("write ")
