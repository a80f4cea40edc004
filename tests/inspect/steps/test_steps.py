"""What the calculations share: numbers for people, sums, and the comparison with the engine."""

import math
from fractions import Fraction

import numpy as np
import pytest

from convtool import ConvtoolError
from convtool.core.image import Header
from convtool.inspect.steps.base import Band, check, numeral, patch_at, total

UINT8, FLOAT32, FLOAT64 = (np.dtype(name) for name in ("uint8", "float32", "float64"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (-0.0, "0"), (1.0, "1"), (1 / 3, "0.333333"), (1e20, "1e+20"), (10**20, "1e+20"),
     (123456789.0, "123456789"), (math.nan, "nan"), (-math.inf, "-inf"), (1e-9, "1e-09")],
)  # fmt: skip
def test_numerals(value, text):
    assert numeral(value) == text


def test_sums_are_exact():
    assert total([np.array([2**62, 2**62], np.int64), np.array([1], np.int64)]) == 2**63 + 1
    assert total([np.array([1e16, 1.0, -1e16])]) == 1.0
    assert math.isnan(total([np.array([math.inf, -math.inf])]))
    assert total([np.array([1e308, 1e308])]) == math.inf


@pytest.mark.parametrize(
    ("found", "expected", "dtype", "off"),
    [
        (7, 7, UINT8, 0.0),
        (np.float32(1 / 3).item(), Fraction(1, 3), FLOAT32, 0.0),
        (1 / 3, Fraction(1, 3), FLOAT64, 0.0),
        (math.nan, math.nan, FLOAT32, 0.0),
        (math.inf, Fraction(10**400), FLOAT64, 0.0),
        (math.inf, 1e300, FLOAT32, 0.0),
        (1.001, 1.0, FLOAT64, 0.002),
        (2, 1.6, UINT8, 0.5),
    ],
)
def test_what_is_right_passes(found, expected, dtype, off):
    check("here", found, expected, dtype, off)


@pytest.mark.parametrize(
    ("found", "expected", "dtype", "off"),
    [
        (7, 8, UINT8, 0.0),
        (np.nextafter(np.float32(1 / 3), np.float32(1)).item(), Fraction(1, 3), FLOAT32, 0.0),
        (0.0, math.nan, FLOAT32, 0.0),
        (math.nan, 0.0, FLOAT32, 1.0),
        (1.003, 1.0, FLOAT64, 0.002),
        (3, 1.6, UINT8, 0.5),
        (math.inf, 1.0, FLOAT64, 0.5),
    ],
)
def test_what_is_wrong_is_found_out(found, expected, dtype, off):
    with pytest.raises(ConvtoolError, match=r"here: the engine gives .* an error in convtool"):
        check("here", found, expected, dtype, off)


def test_a_patch_knows_where_its_elements_come_from():
    band = Band(2, np.arange(24, dtype=np.uint8).reshape(3, 4, 2))  # rows 2 to 4 of a map
    header = Header(5, 4, ("0", "1"), UINT8)
    patch = patch_at(band, header, (0, (3, 4, 5), (-1, 0)), 1, "constant", -3)
    assert patch.pixels.tolist() == [[-3, 9], [-3, 17], [-3, -3]]
    assert patch.border.tolist() == [[True, False], [True, False], [True, True]]
    assert patch.has_source.tolist() == [[False, True], [False, True], [False, False]]
    patch = patch_at(band, header, (0, (4, 5), (3, 4)), 0, "reflect", 0)
    assert patch.pixels.tolist() == [[22, 22], [22, 22]]
    assert patch.source_rows.tolist() == [4, 4]
    assert patch.has_source.all()


def test_a_patch_of_a_slice_knows_it_by_rows_through_all_slices():
    header = Header(6, 2, ("L",), UINT8, depth=3)  # three slices of 2x2
    band = Band(2, np.arange(8, dtype=np.uint8).reshape(4, 2, 1))  # the last two
    patch = patch_at(band, header, (2, (1, 2), (0,)), 0, "edge", 0)
    assert (patch.pixels.tolist(), patch.source_rows.tolist()) == ([[6], [6]], [5, 5])
    assert patch.border.tolist() == [[False], [True]]
    patch = patch_at(band, header, (3, (0, 1), (0,)), 0, "constant", 9)
    assert (patch.pixels.tolist(), patch.has_source.any()) == ([[9], [9]], False)
    assert patch.border.all()
    patch = patch_at(band, header, (3, (0, 1), (0,)), 0, "mirror", 9)
    assert (patch.pixels.tolist(), patch.source_rows.tolist()) == ([[0], [2]], [2, 3])
