"""Values as JSON data."""

import pytest

from mplsemu.model.natural_order import natural
from mplsemu.report.value import json_value


def test_plain_data_has_no_classes_in_it():
    assert json_value(natural("a1")) == [[1, 0, "a"], [0, 1, ""], [1, 0, ""], [2, 0, "a1"]]
    with pytest.raises(TypeError, match="object has no JSON form"):
        json_value(object())
