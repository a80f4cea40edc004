"""The compiled loops beside their definition in NumPy, and the checks at their door."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool.core.engine import compiled, rows_of
from convtool.io.png.filters import PAETH, filtered

loops = compiled()
pytestmark = pytest.mark.skipif(loops is None, reason="the compiled loops are not built")

seeds = st.integers(0, 2**32 - 1)
SUMS = ("int16", "uint16", "int32", "uint32", "float32", "float64")
PIXELS = ("uint8", "int8", "uint16", "int16")


def drawn(seed, shape, dtype):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 100, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def correlated(source, shape, offsets, weights, step):
    """The definition, in the order of the taps."""
    out = np.zeros(shape, source.dtype)
    for row in range(shape[0]):
        for offset, weight in zip(offsets, weights, strict=True):
            out[row] += weight * source[row * step + offset :][: shape[1]]
    return out


@given(seeds, st.sampled_from(SUMS), st.integers(0, 9), st.integers(0, 3), st.integers(1, 700))
def test_correlate_is_its_definition(seed, dtype, taps, rows, columns):
    rng = np.random.default_rng(seed)
    step = int(rng.integers(0, 900))
    offsets = rng.integers(0, 300, taps)
    source = drawn(seed, max(rows - 1, 0) * step + 300 + columns, dtype)
    weights = drawn(seed + 1, taps, dtype)
    out = drawn(seed + 2, (rows, columns + 5), dtype)[:, 2:-3]
    loops.correlate(source, out, offsets, weights, step)
    expected = correlated(source, out.shape, offsets, weights, step)
    if np.dtype(dtype).kind != "f":
        assert np.array_equal(out, expected)
        return
    scale = np.abs(weights).sum() * np.abs(source).max(initial=0)
    assert np.abs(out - expected).max(initial=0) <= 10 * np.finfo(dtype).eps * scale


@given(seeds, st.sampled_from(("float32", "float64")), st.integers(1, 300))
def test_a_sum_is_the_same_wherever_it_stands(seed, dtype, columns):
    source, weights = drawn(seed, columns + 40, dtype), drawn(seed + 1, 9, dtype)
    offsets = np.arange(0, 36, 4)
    whole, one = np.empty((1, columns), dtype), np.empty((1, 1), dtype)
    loops.correlate(source, whole, offsets, weights, 0)
    for x in np.random.default_rng(seed).integers(0, columns, 5):
        loops.correlate(source[x:], one, offsets, weights, 0)
        assert one[0, 0] == whole[0, x]


@given(seeds, st.sampled_from(SUMS), st.integers(1, 4), st.integers(1, 200))
def test_twice_is_one_after_the_other(seed, dtype, rows, columns):
    source = drawn(seed, (rows + 2) * (columns + 6), dtype)
    column, row = drawn(seed + 1, 3, dtype), drawn(seed + 2, 3, dtype)
    down, along = np.arange(3) * (columns + 6), np.arange(3) * 3
    line, out = np.empty(columns + 6, dtype), np.empty((rows, columns), dtype)
    between, expected = np.empty((rows, columns + 6), dtype), np.empty_like(out)
    loops.correlate_twice(source, line, out, down, column, along, row, columns + 6)
    loops.correlate(source, between, down, column, columns + 6)
    loops.correlate(between.ravel(), expected, along, row, columns + 6)
    assert np.array_equal(out, expected)


@given(seeds, st.integers(0, 40), st.integers(0, 9))
def test_a_few_sums_in_float64(seed, count, taps):
    rng = np.random.default_rng(seed)
    source, weights = drawn(seed, 300, "float32"), drawn(seed + 1, taps, "float64")
    corners, offsets = rng.integers(0, 200, count), rng.integers(0, 100, taps)
    out = np.empty(count)
    loops.correlate_at(source, corners, out, offsets, weights)
    windows = source[corners[:, np.newaxis] + offsets].astype(np.float64)
    assert np.allclose(out, windows @ weights, rtol=1e-12, atol=1e-9)


@given(seeds, st.sampled_from(SUMS[:4]), st.sampled_from(PIXELS), st.integers(-999, 999))
def test_divide_rounds_half_to_even_and_saturates(seed, dtype, pixels, divisor):
    divisor = divisor or 1
    sums = drawn(seed, (3, 70), dtype)
    sums[0] = np.arange(-35, 35) * divisor // 2  # whole and half quotients
    out = np.empty(sums.shape, pixels)
    loops.divide(sums, divisor, out)
    limits = np.iinfo(pixels)
    exact = np.rint(sums.astype(np.float64) / divisor).clip(limits.min, limits.max)
    assert np.array_equal(out, exact)


@given(seeds, st.sampled_from(PIXELS), st.sampled_from([0, 1e-5, 0.01, 0.2]))
def test_round_sums_names_what_is_next_to_a_tie(seed, pixels, margin):
    rng = np.random.default_rng(seed)
    values = (rng.integers(-70000, 70000, (3, 50)) / 2 + rng.normal(0, 0.01, (3, 50))).astype("f4")
    values[0] /= 300
    out, places = np.empty(values.shape, pixels), np.empty(values.size, np.int64)
    count = loops.round_sums(values, margin, out, places)
    limits = np.iinfo(pixels)
    assert np.array_equal(out, np.rint(values).clip(limits.min, limits.max))
    found = places[:count]
    assert np.array_equal(found, np.unique(found))
    distance = np.abs(values - np.rint(values)).ravel()
    clear = (values > limits.min - 1).ravel() & (values < limits.max + 1).ravel()
    least = np.float32(0.5) - np.float32(margin)
    assert set(np.flatnonzero(clear & (distance > least))) <= set(found)
    assert (distance[found] > least - 1e-6).all()


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("pixels", ["uint8", "uint16"])
def test_clip_counts_what_it_loses(dtype, pixels):
    if (dtype, pixels) == ("int16", "uint16"):
        pytest.skip("all of them fit")
    top = np.iinfo(pixels).max
    values = drawn(1, (4, 99), dtype)
    values[0, :6] = 0, -1, top if dtype != "int16" else 255, 1, 2, 3
    if np.dtype(dtype).kind == "f":
        values[1, :7] = -0.5, 0.5, 1.5, top + 0.5, top + 0.49, np.inf, -np.inf
        values[2, :3] = np.nan
    out = np.empty(values.shape, pixels)
    lost = loops.clip(values, out)
    below, above = values < -0.5, values >= top + 0.5
    assert lost == (below.sum(), above.sum(), (values != values).sum())
    assert np.array_equal(out, np.rint(np.nan_to_num(values, nan=0)).clip(0, top))


@given(seeds, st.sampled_from([1, 2, 3, 4, 6, 8]), st.integers(1, 40), st.integers(0, 4))
def test_filters_are_undone(seed, step, width, kind):
    rows, above = drawn(seed, (5, width * step), "uint8"), drawn(seed + 1, width * step, "uint8")
    packed, back = np.empty((5, width * step + 1), np.uint8), np.empty_like(rows)
    loops.apply_filters(packed, above, rows, step, kind)
    assert loops.undo_filters(packed, above, back, step)
    assert np.array_equal(back, rows)
    packed[3, 0] = 5
    assert not loops.undo_filters(packed, above, back, step)


@given(seeds, st.sampled_from([1, 2, 3, 4, 6, 8]), st.integers(1, 40), st.integers(0, PAETH))
def test_filters_are_those_of_numpy(seed, step, width, kind):
    rows = drawn(seed, (5, width * step), "uint8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convtool.io.png.filters.compiled", lambda: None)
        expected = filtered(rows, step, kind)
    assert np.array_equal(filtered(rows, step, kind), expected)


def zeros(*shape, dtype="float32"):
    return np.zeros(shape, dtype)


OFFSETS = np.array([0, 3])
GOOD = (zeros(100), zeros(2, 10), OFFSETS, zeros(2), 20)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *[(0, zeros(24)), (0, zeros(32)), (0, zeros(10, 10)), (0, zeros(100, dtype="int16"))],
        *[(0, zeros(200)[::2]), (0, zeros(100, dtype=">f4")), (0, zeros(100, dtype="complex64"))],
        *[(0, bytes(100)), (0, None), (0, 3), (0, zeros(100, dtype="S4"))],
        *[(1, zeros(10)), (1, zeros(2, 20)[:, ::2]), (1, zeros(2, 10)[::-1])],
        *[(1, zeros(9, 10)), (1, zeros(2, 90)), (1, zeros(2, 10, dtype="float64"))],
        *[(1, np.broadcast_to(zeros(1, 10), (2, 10))), (1, bytes(80))],
        *[(2, np.array([0, -1])), (2, np.array([0, 71])), (2, np.array([0, 2**62]))],
        *[(2, np.array([0, -(2**63)])), (2, np.array([0])), (2, OFFSETS.astype("int32"))],
        *[(2, OFFSETS.astype("uint64")), (2, zeros(2)), (2, OFFSETS[np.newaxis])],
        *[(3, zeros(3)), (3, zeros(2, dtype="float64")), (3, zeros(1, 2))],
        *[(4, -1), (4, 88), (4, 2**62), (4, 2**100), (4, 0.5), (4, None)],
    ],
)
def test_what_does_not_fit_raises_and_touches_nothing(place, value):
    arguments = [one.copy() if isinstance(one, np.ndarray) else one for one in GOOD]
    arguments[place] = value
    out = arguments[1]
    if isinstance(out, np.ndarray) and out.flags.writeable:
        out[...] = 7
    with pytest.raises((ValueError, TypeError, OverflowError, BufferError)):
        loops.correlate(*arguments)
    if isinstance(out, np.ndarray) and out.flags.writeable:
        assert (out == 7).all()


def test_arrays_that_overlap_are_refused():
    memory = zeros(200)
    with pytest.raises(ValueError, match="overlap"):
        loops.correlate(memory, memory[100:120].reshape(2, 10), OFFSETS, zeros(2), 20)
    loops.correlate(memory[:100], memory[100:120].reshape(2, 10), OFFSETS, zeros(2), 20)
    memory = np.zeros(40, np.int16)
    with pytest.raises(ValueError, match="overlap"):
        loops.divide(memory.reshape(2, 20), 2, memory.view(np.uint8)[:40].reshape(2, 20))
    rows = np.zeros((3, 9), np.uint8)
    with pytest.raises(ValueError, match="overlap"):
        loops.undo_filters(np.zeros((3, 10), np.uint8), rows[2], rows, 3)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("divide", (zeros(2, 9, dtype="int16"), 0, zeros(2, 9, dtype="uint8"))),
        ("divide", (zeros(2, 9, dtype="int16"), 0.5, zeros(2, 9, dtype="uint8"))),
        ("divide", (zeros(2, 9, dtype="int16"), np.nan, zeros(2, 9, dtype="uint8"))),
        ("divide", (zeros(2, 9, dtype="int64"), 1, zeros(2, 9, dtype="uint8"))),
        ("divide", (zeros(2, 9, dtype="int16"), 1, zeros(2, 8, dtype="uint8"))),
        ("divide", (zeros(2, 9, dtype="int16"), 1, zeros(2, 9, dtype="int32"))),
        ("round_sums", (zeros(2, 9), -1, zeros(2, 9, dtype="uint8"), OFFSETS.copy())),
        ("round_sums", (zeros(2, 9), 0.1, zeros(3, 9, dtype="uint8"), OFFSETS.copy())),
        ("round_sums", (zeros(2, 9), 0.1, zeros(2, 9, dtype="uint8"), zeros(2))),
        ("clip", (zeros(2, 9), zeros(2, 9, dtype="int16"))),
        ("clip", (zeros(2, 9, dtype="int16"), zeros(2, 9, dtype="uint16"))),
        ("clip", (zeros(2, 9, dtype="uint8"), zeros(2, 9, dtype="uint8"))),
        *[
            (
                "undo_filters",
                (zeros(2, 10, dtype="B"), zeros(9, dtype="B"), zeros(2, n, dtype="B"), step),
            )
            for n, step in ((9, 0), (9, -3), (9, 2), (9, 9), (8, 1), (10, 1), (9, 2**62))
        ],
        ("undo_filters", (zeros(2, 10, dtype="B"), zeros(8, dtype="B"), zeros(2, 9, dtype="B"), 3)),
        ("undo_filters", (zeros(3, 10, dtype="B"), zeros(9, dtype="B"), zeros(2, 9, dtype="B"), 3)),
        (
            "apply_filters",
            (zeros(2, 10, dtype="B"), zeros(9, dtype="B"), zeros(2, 9, dtype="B"), 3, 5),
        ),
        (
            "apply_filters",
            (zeros(2, 10, dtype="B"), zeros(9, dtype="B"), zeros(2, 9, dtype="B"), 3, -1),
        ),
    ],
)
def test_the_other_doors(call, arguments):
    with pytest.raises(ValueError, match=r"."):
        getattr(loops, call)(*arguments)


def test_arrays_as_rows():
    array = np.arange(24).reshape(2, 4, 3)
    assert rows_of(array).tolist() == array.reshape(2, 12).tolist()
    assert np.shares_memory(rows_of(array[:, 1:3]), array)
    assert rows_of(array[..., :2]) is None
    assert rows_of(array[:, ::2]) is None
    assert rows_of(array[0]) is None


FLAT, LINE, ROWS = np.zeros(100, "f4"), np.zeros(20, "f4"), np.zeros((2, 10), "f4")
BYTES, WIDER, BYTES_LINE = np.zeros((2, 9), "u1"), np.zeros((2, 10), "u1"), np.zeros(9, "u1")
CALLS = {
    "correlate": (FLAT, ROWS, OFFSETS, np.zeros(2, "f4"), 20),
    "correlate_twice": (
        *(FLAT, LINE, ROWS, OFFSETS, np.zeros(2, "f4"), OFFSETS, np.zeros(2, "f4"), 20),
    ),
    "correlate_at": (FLAT, OFFSETS, np.zeros(2), OFFSETS, np.zeros(2)),
    "divide": (np.zeros((2, 9), "i2"), 3.0, BYTES),
    "round_sums": (np.zeros((2, 9), "f4"), 0.1, BYTES, np.zeros(4, "i8")),
    "clip": (np.zeros((2, 9), "f4"), BYTES),
    "undo_filters": (WIDER, BYTES_LINE, BYTES, 3),
    "apply_filters": (WIDER, BYTES_LINE, BYTES, 3, 2),
}
"""What each function takes."""


def spoilt(rng, good):
    """An argument that is of another type, size, step or kind than the good one, or nearly so."""
    if rng.random() < 0.1:
        return [None, 0, -1, 2**70, 0.5, "x", b"bytes"][rng.integers(7)]
    if not isinstance(good, np.ndarray):
        others = [0, 1, 4, 7, 21, 90, -1, 2**31, 2**62, -(2**63), 0.1, np.nan, 2.0**60]
        return others[rng.integers(len(others))]
    if good.dtype == np.int64 and rng.random() < 0.7:
        return [good - 1, good + 30, good + 79, good * 2**60, good[:1], good[:0]][rng.integers(6)]
    dtype = rng.choice([*SUMS, *PIXELS, "int64", ">i2", "bool", "complex64"])
    array = np.zeros(tuple(rng.choice([0, 1, 2, 9, 10, 11, 20, 100], good.ndim)), dtype)
    return array[..., ::2] if rng.random() < 0.1 else array


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_random_calls_do_what_they_should_or_raise(name):
    rng = np.random.default_rng(sorted(CALLS).index(name))
    done = 0
    for _ in range(3000):
        arguments = [one.copy() if isinstance(one, np.ndarray) else one for one in CALLS[name]]
        for _ in range(rng.integers(0, 3)):
            place = rng.integers(len(arguments))
            arguments[place] = spoilt(rng, arguments[place])
        if rng.random() < 0.2:  # all of another type together
            dtype = rng.choice(["int16", "uint32", "float64"])
            arguments = [
                one.astype(dtype) if isinstance(one, np.ndarray) and one.dtype.kind == "f" else one
                for one in arguments
            ]
        try:
            getattr(loops, name)(*arguments)
            done += 1
        except (ValueError, TypeError, OverflowError, BufferError):
            pass
    assert 600 < done < 2900
