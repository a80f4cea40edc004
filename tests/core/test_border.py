import numpy as np
import pytest
from helpers.reference import NUMPY_PAD, borders, images, pad
from hypothesis import given
from hypothesis import strategies as st

from convtool.core.border import OUTSIDE, extend, rows_needed, sources


@pytest.mark.parametrize(
    ("border", "expected"),
    [
        ("edge", "aaa|abcd|ddd"),
        ("constant", "kkk|abcd|kkk"),
        ("reflect", "cba|abcd|dcb"),
        ("mirror", "dcb|abcd|cba"),
        ("wrap", "bcd|abcd|abc"),
    ],
)
def test_each_border_as_its_picture_shows(border, expected):
    letters = ["k" if i == OUTSIDE else "abcd"[i] for i in sources(-3, 7, 4, border)]
    assert "".join(letters) == expected.replace("|", "")


@given(borders, st.integers(1, 6), st.integers(0, 25), st.integers(0, 25))
def test_sources_at_any_distance_equal_numpys(border, size, before, after):
    line = np.arange(size)
    expected = np.pad(line, (before, after), mode=NUMPY_PAD[border],
                      **({"constant_values": OUTSIDE} if border == "constant" else {}))  # fmt: skip
    assert sources(-before, size + after, size, border).tolist() == expected.tolist()


@given(images(dtype="int16", channels=(1, 3)), borders, st.data())
def test_any_cut_equals_the_cut_of_the_padded_image(image, border, data):
    height, width = image.shape[:2]
    reach = 12
    padded = pad(image, ((reach, reach), (reach, reach)), border, 7)
    rows = sorted(data.draw(st.tuples(*[st.integers(-reach, height + reach)] * 2)))
    cols = sorted(data.draw(st.tuples(*[st.integers(-reach, width + reach)] * 2)))
    rows[1] += rows[0] == rows[1] < height + reach
    cols[1] += cols[0] == cols[1] < width + reach
    if rows[0] == rows[1] or cols[0] == cols[1]:
        return
    first, last = rows_needed(*rows, height, border)
    found = extend(image[first:last], first, height, rows, cols, border, 7, np.int32)
    expected = padded[rows[0] + reach : rows[1] + reach, cols[0] + reach : cols[1] + reach]
    assert found.dtype == np.int32
    assert np.array_equal(found, expected)


def test_no_more_rows_are_asked_for_than_the_band_touches():
    assert rows_needed(-1, 11, 1000, "edge") == (0, 11)
    assert rows_needed(-1, 11, 1000, "mirror") == (0, 11)
    assert rows_needed(500, 510, 1000, "wrap") == (500, 510)
    assert rows_needed(-1, 11, 1000, "wrap") == (0, 1000)
