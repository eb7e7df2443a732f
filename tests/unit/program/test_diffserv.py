"""Which TC a DSCP's packets get."""

import pytest

from mplsemu.program.diffserv import CLASS_MAP, CLASS_SELECTOR_SHIFT, ClassMap


@pytest.mark.parametrize(
    ("dscp", "tc"),
    [(0, 0), (8, 1), (10, 1), (26, 3), (34, 4), (46, 5), (48, 6), (56, 7), (63, 7)],
)
def test_the_tc_is_the_class_selector_of_the_dscp(dscp, tc):
    assert CLASS_MAP.tc(dscp) == tc


def test_data_planes_shift_to_what_the_map_says():
    assert [CLASS_MAP.tc(dscp) for dscp in range(64)] == [
        dscp >> CLASS_SELECTOR_SHIFT for dscp in range(64)
    ]


@pytest.mark.parametrize("tcs", [(0,) * 63, (8,) * 64, (-1,) * 64])
def test_a_map_has_a_tc_of_three_bits_for_every_dscp(tcs):
    with pytest.raises(ValueError, match=r"64 entries|0\.\.7"):
        ClassMap(tcs)
