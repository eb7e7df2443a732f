"""What data planes say they can do: no less than what a check of any lab takes for granted."""

import pytest

from mplsemu.model.limits import DEFAULT_LIMITS, MAX_INDEX, MAX_PORT
from mplsemu.southbound.ebpf.limits import INTERPRETED_LIMITS
from mplsemu.southbound.ebpf.limits import LIMITS as EBPF
from mplsemu.southbound.openflow.limits import LIMITS as OPENFLOW


@pytest.mark.parametrize("limits", [EBPF, INTERPRETED_LIMITS, OPENFLOW])
def test_every_data_plane_carries_what_a_check_takes_for_granted(limits):
    assert limits.pushed_labels + 1 >= DEFAULT_LIMITS.labels
    assert limits.port >= MAX_PORT
    assert limits.index >= MAX_INDEX
