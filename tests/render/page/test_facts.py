"""Arrays in a page: the same values, in few bytes."""

import base64

import numpy as np
import pytest

from convtool.render.page.arrays import array_facts, narrowed


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 255], "uint8"),
        ([256, 65535], "uint16"),
        ([-1, 32767], "int16"),
        ([-1, 70000], "int32"),
        ([0.5, -3], "float32"),
        ([0.1], "float64"),
        ([1e300], "float64"),
        ([2.0**53], "float64"),
        ([np.nan, np.inf, 2], "float32"),
        ([True, False], "uint8"),
        ([-(2**31), 2**31 - 1], "int32"),
    ],
)
def test_values_come_back_from_the_smallest_type(values, kind):
    pixels = np.array(values).reshape(1, -1, 1)
    found = array_facts(narrowed(pixels))
    assert found["type"] == kind
    back = np.frombuffer(base64.b64decode(found["data"]), np.dtype(kind).newbyteorder("<"))
    np.testing.assert_array_equal(back.astype(float), np.array(values, float))
