import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError
from convtool.core.geometry import Field, band_height, cut, place
from convtool.core.validation import pair, sides

ONE = (1, 1)


def axis(size, taps, stride=1, padding="same", dilation=1, anchor=None, ceil_mode=False):
    if isinstance(padding, tuple):
        padding = (padding, padding)
    anchors = None if anchor is None else (anchor, anchor)
    rows, cols = place(
        (size, size),
        (taps, taps),
        stride=(stride, stride),
        padding=padding,
        dilation=(dilation, dilation),
        anchor=anchors,
        ceil_mode=ceil_mode,
    )
    assert rows == cols
    return rows


@pytest.mark.parametrize(
    ("size", "taps", "stride", "padding", "expected"),
    [
        (4, 3, 1, "same", (1, 1, 4)),
        (4, 2, 1, "same", (0, 1, 4)),
        (4, 2, 1, "same_lower", (1, 0, 4)),
        (4, 3, 2, "same", (0, 1, 2)),
        (4, 3, 2, "same_lower", (1, 0, 2)),
        (5, 3, 2, "same", (1, 1, 3)),
        (5, 3, 1, "valid", (0, 0, 3)),
        (5, 3, 2, "valid", (0, 0, 2)),
        (5, 3, 1, "full", (2, 2, 7)),
        (5, 3, 1, (0, 4), (0, 4, 7)),
        (3, 1, 5, "same", (0, 0, 1)),
    ],
)
def test_padding_before_after_and_output(size, taps, stride, padding, expected):
    found = axis(size, taps, stride, padding)
    assert (found.before, found.after, found.output) == expected


@given(
    st.integers(1, 50),
    st.integers(1, 9),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from(["same", "same_lower"]),
)
def test_same_gives_ceil_of_size_by_stride_with_the_least_padding(size, taps, stride, dil, padding):
    found = axis(size, taps, stride, padding, dil)
    assert found.output == math.ceil(size / stride)
    total = found.before + found.after
    assert total == max((found.output - 1) * stride + found.extent - size, 0)
    difference = found.after - found.before
    assert difference == (total % 2 if padding == "same" else -(total % 2))


@given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3), st.data())
def test_an_anchor_sits_on_the_output_pixel(size, taps, stride, dilation, data):
    anchor = data.draw(st.integers(0, taps - 1))
    found = axis(size, taps, stride, "same", dilation, anchor)
    for output in range(found.output):
        start, _ = found.span(output, output + 1)
        assert start + anchor * dilation == output * stride


@given(
    st.integers(1, 30), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3),
    st.sampled_from(["same", "same_lower", "full", (0, 3), (4, 0)]), st.booleans(),
)  # fmt: skip
def test_counts_are_the_elements_inside(size, taps, stride, dilation, padding, ceil_mode):
    try:
        found = axis(size, taps, stride, padding, dilation, None, ceil_mode)
    except ConvtoolError:
        return
    for padded in (False, True):
        low = -found.before if padded else 0
        high = size + (found.after if padded else 0)
        expected = [
            sum(low <= o * stride - found.before + t * dilation < high for t in range(taps))
            for o in range(found.output)
        ]
        assert found.counts(padding=padded) == expected
        assert found.different_counts(padding=padded) == set(expected)


def test_ceil_mode_keeps_a_last_window_that_starts_in_the_image():
    assert axis(5, 2, 2, (0, 0), ceil_mode=False).output == 2
    assert axis(5, 2, 2, (0, 0), ceil_mode=True).output == 3


def test_ceil_mode_drops_a_last_window_that_starts_in_the_end_padding():
    # 4 pixels and 1 behind: a third window would begin at 4, outside the image.
    assert axis(4, 2, 2, (0, 1), ceil_mode=True).output == 2


def test_centers_follow_the_window():
    assert axis(6, 3).centers(0, 6) == [0, 1, 2, 3, 4, 5]
    assert axis(6, 3, 1, "valid").centers(0, 4) == [1, 2, 3, 4]
    assert axis(6, 3, 2).centers(0, 3) == [1, 3, 5]
    assert axis(3, 3, 1, "full").centers(0, 5) == [0, 0, 1, 2, 2]
    assert axis(6, 3, 2, "valid", anchor=0).centers(0, 2) == [0, 2]


def test_a_window_that_does_not_fit_is_an_error_with_both_sizes():
    with pytest.raises(ConvtoolError, match="5x5 does not fit into an image of 3x3"):
        axis(3, 5, padding="valid")
    with pytest.raises(ConvtoolError, match=r"dilated to 9x9"):
        axis(7, 5, padding="valid", dilation=2)


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", None, True, (1, 2, 3), (1,), (2, 0)])
def test_pairs_are_whole_numbers_from_one(value):
    with pytest.raises(ConvtoolError, match="stride is"):
        pair(value, "stride")


def test_paddings_in_all_forms():
    assert sides("same") == "same"
    assert sides(2) == ((2, 2), (2, 2))
    assert sides((1, 2)) == ((1, 1), (2, 2))
    assert sides(((1, 2), (3, 4))) == ((1, 2), (3, 4))
    assert sides((1, (3, 4))) == ((1, 1), (3, 4))


@pytest.mark.parametrize("value", ["around", -1, (1, 2, 3), ((1, 2), (3, -4)), 0.5])
def test_paddings_out_of_range(value):
    with pytest.raises(ConvtoolError, match="padding is"):
        sides(value)


@given(st.integers(0, 1000), st.integers(1, 300))
def test_bands_cover_every_row_once(length, height):
    rows = [row for first, last in cut(length, height) for row in range(first, last)]
    assert rows == list(range(length))


def test_bands_have_a_row_at_least():
    assert band_height(10**9, 1) == 1
    assert band_height(1, 1) > 1000


def test_bands_under_high_windows_are_twice_as_high_while_memory_allows():
    assert band_height(10**4, 100) == 104
    assert band_height(10**5, 3) == 7
    assert band_height(10**5, 30) == 10


def test_positions_are_a_windows_elements():
    found = axis(9, 3, 2, (1, 1), dilation=2)
    assert [found.positions(o) for o in range(found.output)] == [
        [-1, 1, 3], [1, 3, 5], [3, 5, 7], [5, 7, 9]
    ]  # fmt: skip
    for output in range(found.output):
        start, stop = found.span(output, output + 1)
        assert (found.positions(output)[0], found.positions(output)[-1] + 1) == (start, stop)


@given(st.lists(st.tuples(*[st.integers(1, 4)] * 3, st.sampled_from(["same", "full", (0, 2)])),
                min_size=1, max_size=4), st.data())  # fmt: skip
def test_a_receptive_field_is_the_spans_one_after_another(windows, data):
    size, field, axes = 60, Field(), []
    for taps, stride, dilation, padding in windows:
        try:
            axes.append(axis(size, taps, stride, padding, dilation))
        except ConvtoolError:
            return
        field, size = field.through(axes[-1]), axes[-1].output
    output = data.draw(st.integers(0, size - 1))
    span = output, output + 1
    for one in reversed(axes):
        span = one.span(*span)
    start = output * field.step + field.start
    assert (start, start + field.size) == span


def test_joined_fields_reach_over_both():
    assert Field(3, 2, -1).joined(Field(5, 2, 0)) == Field(6, 2, -1)
