"""The compiled loops beside their definition in NumPy, and the checks at their door."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool.core.engine import compiled, rows_of
from convtool.io.png.filters import PAETH, filtered
from convtool.methods.loops.order import network

loops = compiled()
pytestmark = pytest.mark.skipif(loops is None, reason="the compiled loops are not built")

seeds = st.integers(0, 2**32 - 1)
SUMS = ("int16", "uint16", "int32", "uint32", "float32", "float64")
PIXELS = ("uint8", "int8", "uint16", "int16")


def zeros(*shape, dtype="float32"):
    return np.zeros(shape, dtype)


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


NONE = np.empty(0, np.int64)


def correlate(source, out, offsets, weights, step, along=(NONE, None), more=0, finish=(0, 0, NONE)):
    """`loops.correlate` with the least scratch that it takes, and `more`."""
    dtype = weights.dtype
    line_offsets, line_weights = along[0], np.empty(0, dtype) if along[1] is None else along[1]
    line = out.shape[1] + line_offsets.max(initial=0)
    size = line + offsets.max(initial=0) if source.dtype != dtype else 0
    size += (2 * line if len(line_offsets) else 0) + (out.shape[1] if finish[0] else 0) + more
    scratch = drawn(1, size, dtype)
    return loops.correlate(
        source, scratch, out, offsets, weights, line_offsets, line_weights, step, *finish
    )


@given(
    seeds,
    st.sampled_from(SUMS),
    st.sampled_from([None, *PIXELS]),
    st.integers(0, 9),
    st.integers(0, 5),
    st.integers(1, 700),
)
def test_correlate_is_its_definition(seed, dtype, pixels, taps, rows, columns):
    rng = np.random.default_rng(seed)
    step = int(rng.integers(0, 900))
    offsets = rng.integers(0, 300, taps)
    source = drawn(seed, max(rows - 1, 0) * step + 300 + columns, pixels or dtype)
    weights = drawn(seed + 1, taps, dtype)
    out = drawn(seed + 2, (rows, columns + 5), dtype)[:, 2:-3]
    correlate(source, out, offsets, weights, step, more=int(rng.integers(0, 3000)))
    widened = source.astype(dtype)
    expected = correlated(widened, out.shape, offsets, weights, step)
    if np.dtype(dtype).kind != "f":
        assert np.array_equal(out, expected)
        return
    scale = np.abs(weights).sum() * np.abs(widened).max(initial=0)
    assert np.abs(out - expected).max(initial=0) <= 10 * np.finfo(dtype).eps * scale


@given(seeds, st.sampled_from(("float32", "float64")), st.integers(1, 300))
def test_a_sum_is_the_same_wherever_it_stands(seed, dtype, columns):
    source, weights = drawn(seed, columns + 40, dtype), drawn(seed + 1, 9, dtype)
    offsets = np.arange(0, 36, 4)
    whole, one = np.empty((1, columns), dtype), np.empty((1, 1), dtype)
    correlate(source, whole, offsets, weights, 0)
    for x in np.random.default_rng(seed).integers(0, columns, 5):
        correlate(source[x:], one, offsets, weights, 0)
        assert one[0, 0] == whole[0, x]


@given(
    *(seeds, st.sampled_from(SUMS), st.sampled_from([None, *PIXELS])),
    *(st.integers(1, 4), st.integers(1, 200), st.integers(0, 900)),
)
def test_a_row_along_sums_is_one_after_the_other(seed, dtype, pixels, rows, columns, more):
    source = drawn(seed, (rows + 2) * (columns + 6), pixels or dtype)
    column, row = drawn(seed + 1, 3, dtype), drawn(seed + 2, 3, dtype)
    down, along = np.arange(3) * (columns + 6), np.arange(3) * 3
    between, expected = np.empty((rows, columns + 6), dtype), np.empty((rows, columns), dtype)
    out = np.empty_like(expected)
    correlate(source, out, down, column, columns + 6, (along, row), more)
    correlate(source, between, down, column, columns + 6)
    correlate(between.ravel(), expected, along, row, columns + 6)
    assert np.array_equal(out, expected)


@given(
    *(seeds, st.sampled_from(SUMS), st.sampled_from(PIXELS)),
    *(
        st.sampled_from([*PIXELS, "float32", "float64"]),
        st.integers(1, 5),
        st.integers(1, 400),
        st.sampled_from([1, 2, 3, 16, -7]),
    ),
)
def test_sums_are_finished_as_by_themselves(seed, dtype, pixels, to, rows, columns, divisor):
    if dtype == "float64" or (dtype == "float32" and to not in PIXELS):
        to = dtype
    source = drawn(seed, rows * columns + 50, pixels)
    offsets, weights = np.array([0, 7, 50]), drawn(seed + 1, 3, dtype)
    if dtype == "float32":
        weights = np.round(weights) / 256  # some sums at a tie
    sums = np.empty((rows, columns), dtype)
    correlate(source, sums, offsets, weights, columns)
    out, expected = np.empty((rows, columns), to), np.empty((rows, columns), to)
    places, found = np.empty((2, sums.size), np.int64)
    margin = 0.001
    count = correlate(
        source, out, offsets, weights, columns, more=99, finish=(divisor, margin, places)
    )
    if to == dtype and to not in PIXELS:
        expected = sums / np.dtype(dtype).type(divisor)
    elif dtype == "float32":
        sums /= np.float32(divisor)
        assert count == loops.round_sums(sums, margin, expected, found)
        assert np.array_equal(places[:count], found[:count])
    else:
        assert count == 0
        loops.divide(sums, divisor, expected)
    assert np.array_equal(out, expected)


def test_places_that_have_no_room_are_counted():
    source, out = np.full(3000, 0.5, np.float32), np.empty((3, 1000), np.uint8)
    places = np.full(700, -1)
    finish = (1, 0.1, places)
    assert correlate(source, out, np.array([0]), np.ones(1, "f4"), 1000, finish=finish) == 3000
    assert set(places) <= {-1, *range(3000)}


@given(seeds, st.sampled_from([*PIXELS, "float32"]), st.integers(0, 40), st.integers(0, 9))
def test_a_few_sums_in_float64(seed, dtype, count, taps):
    rng = np.random.default_rng(seed)
    source, weights = drawn(seed, 300, dtype), drawn(seed + 1, taps, "float64")
    corners, offsets = rng.integers(0, 200, count), rng.integers(0, 100, taps)
    out = np.empty(count)
    loops.correlate_at(source, corners, out, offsets, weights)
    windows = source[corners[:, np.newaxis] + offsets].astype(np.float64)
    scale = np.abs(weights).sum() * np.abs(windows).max(initial=0)
    assert np.abs(out - windows @ weights).max(initial=0) <= 1e-14 * scale


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


@given(
    *(seeds, st.sampled_from(SUMS[:4]), st.sampled_from(["float32", "float64"])),
    st.sampled_from([1, 3, -8]),
)
def test_divide_makes_floats(seed, dtype, to, divisor):
    sums = drawn(seed, (3, 70), dtype)
    out = np.empty(sums.shape, to)
    loops.divide(sums, divisor, out)
    assert np.array_equal(out, sums.astype(to) / np.dtype(to).type(divisor))


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


EXTREMES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
SUMMED = (
    *(("uint8", "int16"), ("uint8", "int32"), ("int8", "int16"), ("int8", "int32")),
    *(("uint16", "int32"), ("int16", "int32"), ("float32", "float32"), ("float64", "float64")),
)
LARGEST, SMALLEST, SUM = range(3)
POOLINGS = [(merge, name, name) for merge in (LARGEST, SMALLEST) for name in EXTREMES]
POOLINGS += [(SUM, *types) for types in SUMMED]
axes = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 4))


@given(
    seeds, st.sampled_from(POOLINGS), axes, axes,
    st.integers(1, 3), st.sampled_from([1, 5, 40, 1100]), st.integers(1, 4), st.booleans(),
)  # fmt: skip
def test_pool_is_its_definition(seed, pooling, down, along, rows, pixels, channels, divided):
    merge, pixel_type, dtype = pooling
    height = (rows - 1) * down[2] + (down[0] - 1) * down[1] + 1
    width = (pixels - 1) * along[2] + (along[0] - 1) * along[1] + 1
    band = drawn(seed, (height, width, channels), pixel_type)
    if band.dtype.kind == "f":
        band[np.random.default_rng(seed).random(band.shape) < 0.05] = np.nan
    operation = (np.maximum, np.minimum, np.add)[merge]

    def merged(lines, axis, count):
        taps, dilation, stride = axis
        parts = [lines[t * dilation :][: (count - 1) * stride + 1 : stride] for t in range(taps)]
        total = parts[0]
        for part in parts[1:]:
            total = operation(total, part)
        return total

    lines = merged(band.astype(dtype), down, rows).swapaxes(0, 1)
    expected = merged(lines, along, pixels).swapaxes(0, 1).reshape(rows, -1)
    row = width * channels
    divisor = 6 if divided and merge == SUM else 0
    if divisor:
        floats = np.dtype(dtype if dtype in ("float32", "float64") else "float32")
        expected = expected.astype(floats) / floats.type(divisor)
    out = np.zeros((rows, pixels * channels + 5), expected.dtype)
    steps = (
        (down[0], down[1] * row, down[2] * row),
        (along[0], along[1] * channels, along[2] * channels),
    )
    scratch = np.empty(2 * row, dtype)
    loops.pool(band.reshape(-1), scratch, out[:, 2:-3], merge, *steps, channels, divisor)
    assert np.array_equal(out[:, 2:-3], expected, equal_nan=True)
    assert not out[:, :2].any()
    assert not out[:, -3:].any()


POOL = (zeros(100), zeros(40), zeros(2, 9), SUM, (2, 20, 40), (2, 3, 3), 3, 2.0)
"""2 x 3 windows of 2x2 pixels of 3 channels, in rows of 20 values."""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *[(0, zeros(71)), (0, zeros(10, 10)), (0, zeros(100, dtype="float64")), (0, None)],
        *[(0, zeros(200)[::2]), (0, zeros(0)), (0, zeros(100, dtype=">f4"))],
        *[(1, zeros(23)), (1, zeros(40, dtype="int16")), (1, bytes(400))],
        *[(2, zeros(2, 10)), (2, zeros(4, 9)), (2, zeros(2, 36)), (2, zeros(9))],
        *[(2, zeros(2, 9, dtype="float64")), (2, zeros(2, 9)[::-1]), (2, bytes(72))],
        *[(3, -1), (3, 3), (3, LARGEST), (3, 2**40), (3, None)],
        *[(4, (0, 20, 40)), (4, (3, 20, 62)), (4, (2, 2**62, 40)), (4, (2**62, 1, 40))],
        *[(4, (2, -1, 40)), (4, (2, 20, 78)), (4, (2, 20, -40)), (4, (2, 20, 2**63 - 1))],
        *[(4, (2, 20)), (4, (-(2**63), 20, 40)), (4, 2), (4, (2, 20, 2**70))],
        *[(5, (0, 3, 3)), (5, (40, 3, 3)), (5, (2, 97, 3)), (5, (2, 3, 60)), (5, (2, 3, -3))],
        *[(5, (2**62, 3, 3)), (5, (2, 2**63 - 1, 3)), (5, (2, 3, 2**63 - 1)), (5, (2, -3, 3))],
        *[(6, 0), (6, -3), (6, 2), (6, 2**62), (6, -(2**63)), (6, 0.5)],
        *[(7, 0.5), (7, np.nan), (7, 2.0**60), (7, "x")],
    ],
)
def test_pools_that_do_not_fit_raise_and_touch_nothing(place, value):
    arguments = [one.copy() if isinstance(one, np.ndarray) else one for one in POOL]
    loops.pool(*arguments)
    arguments[place] = value
    out = arguments[2]
    if isinstance(out, np.ndarray):
        out[...] = 7
    with pytest.raises((ValueError, TypeError, OverflowError, BufferError)):
        loops.pool(*arguments)
    if isinstance(out, np.ndarray):
        assert (out == 7).all()


def test_pools_need_their_source_and_scratch_to_the_last_value():
    source, scratch, *others = POOL
    loops.pool(source[:72], scratch[:24], *others)
    with pytest.raises(ValueError, match="reach out of source"):
        loops.pool(source[:71], scratch[:24], *others)
    with pytest.raises(ValueError, match="scratch is too small"):
        loops.pool(source[:72], scratch[:23], *others)


@given(
    *(seeds, st.sampled_from([*PIXELS, "float32", "float64"]), st.integers(1, 9)),
    *(st.integers(1, 4), st.integers(1, 300), st.integers(0, 9)),
)
def test_order_is_the_value_of_a_rank(seed, dtype, count, rows, columns, step):
    rng = np.random.default_rng(seed)
    offsets, rank = rng.integers(0, 50, count), int(rng.integers(count))
    pairs = np.array([one[:2] for one in network(count, (rank,))], np.int64).reshape(-1)
    source = drawn(seed, 50 + rows * step + columns, dtype)
    out = np.empty((rows, columns + 3), dtype)[:, 1:-2]
    loops.order(source, offsets, pairs, rank, step, out)
    places = (step * np.arange(rows))[:, np.newaxis, np.newaxis] + np.arange(columns)[:, np.newaxis]
    assert np.array_equal(out, np.sort(source[places + offsets], axis=-1)[..., rank])


@given(seeds, st.sampled_from(["float32", "float64"]), st.integers(0, 300))
def test_extremes_are_those_of_the_finite_values(seed, dtype, count):
    values = drawn(seed, count, dtype)
    special = np.random.default_rng(seed).choice([0, 1, 2, 3], count)
    values = np.select([special == 1, special == 2], [np.nan, -np.inf], values).astype(dtype)
    for kept in (values, np.abs(values), -np.abs(values), values[special < 1]):
        finite = kept[np.isfinite(kept)].astype(np.float64)
        expected = finite.min(initial=np.inf), finite.max(initial=-np.inf)
        assert loops.extremes(kept) == expected


def test_grey_of_every_colour_of_8_bits_is_exact():
    red, green = (part.reshape(-1) for part in np.mgrid[:256, :256].astype(np.uint8))
    colors = np.stack([red, green, np.zeros_like(red)], axis=-1).reshape(256, -1)
    out = np.empty((256, 256), np.uint8)
    for blue in range(256):
        colors[:, 2::3] = blue
        loops.gray(colors, 299, 587, 114, out)
        sums = np.array([299, 587, 114]) * colors.reshape(256, 256, 3)
        floor, rest = np.divmod(sums.sum(axis=-1), 1000)
        assert np.array_equal(out, floor + ((rest > 500) | ((rest == 500) & (floor % 2 == 1))))


@given(seeds, st.sampled_from(["float32", "float64"]), st.integers(0, 70))
def test_peak_is_the_largest_magnitude(seed, dtype, count):
    values = drawn(seed, count, dtype)
    assert loops.peak(values) == np.abs(values).max(initial=0)
    for largest in (-np.inf, np.nan):
        if count:
            values[seed % count] = largest
            assert np.array_equal(loops.peak(values), abs(largest), equal_nan=True)


@given(seeds, st.sampled_from([1, 2, 3, 4, 6, 8]), st.integers(1, 40), st.integers(0, PAETH))
def test_filters_are_those_of_numpy(seed, step, width, kind):
    rows = drawn(seed, (5, width * step), "uint8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convtool.io.png.filters.compiled", lambda: None)
        expected = filtered(rows, step, kind)
    assert np.array_equal(filtered(rows, step, kind), expected)


OFFSETS = np.array([0, 3])
GOOD = (zeros(100), zeros(40), zeros(2, 10), OFFSETS, zeros(2), NONE, zeros(0), 20, 0.0, 0.0, NONE)
SOURCE, SCRATCH, OUT, DOWN, WEIGHTS, ALONG, ALONG_WEIGHTS, STEP, DIVISOR, MARGIN, PLACES = range(11)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *[(SOURCE, zeros(24)), (SOURCE, zeros(32)), (SOURCE, zeros(10, 10))],
        *[(SOURCE, zeros(100, dtype="int32")), (SOURCE, zeros(100, dtype="float64"))],
        *[(SOURCE, zeros(200)[::2]), (SOURCE, zeros(100, dtype=">f4"))],
        *[(SOURCE, zeros(100, dtype="complex64")), (SOURCE, zeros(100, dtype="S4"))],
        *[(SOURCE, bytes(32)), (SOURCE, None), (SOURCE, 3)],
        *[(SCRATCH, zeros(40, dtype="float64")), (SCRATCH, bytes(400)), (SCRATCH, zeros(4, 40))],
        *[(OUT, zeros(10)), (OUT, zeros(2, 20)[:, ::2]), (OUT, zeros(2, 10)[::-1])],
        *[(OUT, zeros(9, 10)), (OUT, zeros(2, 90)), (OUT, zeros(2, 10, dtype="float64"))],
        *[(OUT, np.broadcast_to(zeros(1, 10), (2, 10))), (OUT, bytes(80))],
        *[(OUT, zeros(2, 10, dtype="uint8"))],
        *[(DOWN, np.array([0, -1])), (DOWN, np.array([0, 71])), (DOWN, np.array([0, 2**62]))],
        *[(DOWN, np.array([0, -(2**63)])), (DOWN, np.array([0])), (DOWN, OFFSETS.astype("int32"))],
        *[(DOWN, OFFSETS.astype("uint64")), (DOWN, zeros(2)), (DOWN, OFFSETS[np.newaxis])],
        *[(WEIGHTS, zeros(3)), (WEIGHTS, zeros(2, dtype="float64")), (WEIGHTS, zeros(1, 2))],
        *[(ALONG, OFFSETS), (ALONG_WEIGHTS, zeros(1)), (ALONG_WEIGHTS, zeros(0, dtype="int16"))],
        *[(STEP, -1), (STEP, 88), (STEP, 2**62), (STEP, 2**100), (STEP, 0.5), (STEP, None)],
        *[(DIVISOR, np.nan), (DIVISOR, None), (MARGIN, "x")],
        *[(PLACES, zeros(3)), (PLACES, None)],
    ],
)
def test_what_does_not_fit_raises_and_touches_nothing(place, value):
    arguments = [one.copy() if isinstance(one, np.ndarray) else one for one in GOOD]
    arguments[place] = value
    out = arguments[OUT]
    if isinstance(out, np.ndarray) and out.flags.writeable:
        out[...] = 7
    with pytest.raises((ValueError, TypeError, OverflowError, BufferError)):
        loops.correlate(*arguments)
    if isinstance(out, np.ndarray) and out.flags.writeable:
        assert (out == 7).all()


@pytest.mark.parametrize(
    ("along", "divisor", "to", "pixels"),
    [
        (NONE, 0.0, "float32", "uint8"),
        (OFFSETS, 0.0, "float32", "float32"),
        (NONE, 1.0, "uint8", "float32"),
        (OFFSETS, 1.0, "uint8", "uint8"),
    ],
)
def test_scratch_has_to_be_large_enough(along, divisor, to, pixels):
    weights = np.zeros(2, "f4"), np.zeros(len(along), "f4")
    source, out = np.zeros(100, pixels), np.zeros((2, 10), to)
    needed = 0
    needed += 10 + along.max(initial=0) + 3 if pixels != "float32" else 0
    needed += 2 * (10 + along.max(initial=0)) if len(along) else 0
    needed += 10 if divisor else 0
    for size in (needed, needed - 1):
        arguments = (source, np.empty(size, "f4"), out, OFFSETS, weights[0], along, weights[1], 20)
        if size == needed:
            loops.correlate(*arguments, divisor, 0.0, NONE)
        else:
            with pytest.raises(ValueError, match="scratch is too small"):
                loops.correlate(*arguments, divisor, 0.0, NONE)


def test_arrays_that_overlap_are_refused():
    memory = zeros(200)
    with pytest.raises(ValueError, match="overlap"):
        correlate(memory, memory[100:120].reshape(2, 10), OFFSETS, zeros(2), 20)
    correlate(memory[:100], memory[100:120].reshape(2, 10), OFFSETS, zeros(2), 20)
    for place in (SOURCE, SCRATCH, WEIGHTS, ALONG_WEIGHTS):
        arguments = list(GOOD)
        arguments[OUT] = zeros(2, 10)
        arguments[place] = arguments[OUT].reshape(-1)[: max(GOOD[place].size, 1)]
        with pytest.raises(ValueError):  # noqa: PT011
            loops.correlate(*arguments)
    places = np.zeros(4, np.int64)
    for corners, offsets in ((places, OFFSETS), (OFFSETS.repeat(2), places)):
        out = places.view(np.float64)
        with pytest.raises(ValueError, match="overlap"):
            loops.correlate_at(zeros(100), corners, out, offsets, np.zeros(len(offsets)))
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
        *[("peak", (values,)) for values in (zeros(2, 9), zeros(9, dtype="int16"), zeros(9)[::2])],
        *[
            ("order", (zeros(30), np.array(offsets), np.array(pairs), rank, step, out))
            for offsets, pairs, rank, step, out in (
                ([0, 1], [0, 1], 1, 5, zeros(2, 9, dtype="B")),
                ([0, 1], [0, 1], 2, 5, zeros(2, 9)),
                ([0, 1], [0, 1], -1, 5, zeros(2, 9)),
                ([0, 1], [0, 2], 1, 5, zeros(2, 9)),
                ([0, 1], [0, -1], 1, 5, zeros(2, 9)),
                ([0, 1], [1, 1], 1, 5, zeros(2, 9)),
                ([0, 1], [0, 1, 0], 1, 5, zeros(2, 9)),
                ([0] * 82, [0, 1], 1, 5, zeros(2, 9)),
                ([0, 22], [0, 1], 1, 0, zeros(2, 9)),
                ([0, -1], [0, 1], 1, 0, zeros(2, 9)),
                ([0, 1], [0, 1], 1, 21, zeros(2, 9)),
                ([0, 1], [0, 1], 1, -1, zeros(2, 9)),
                ([0, 2**62], [0, 1], 1, 1, zeros(2, 9)),
            )
        ],
        *[
            ("stretch", (values, *how, out))
            for values, how, out in (
                (zeros(2, 9), (1, 0, 1, 0, 255), zeros(2, 9, dtype="int16")),
                (zeros(2, 9, dtype="int64"), (1, 0, 1, 0, 255), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, 0, 1, 0, 255), zeros(2, 8, dtype="B")),
                (zeros(2, 9), (1, 0, 1, 0, 256), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, 0, 1, 9, 8), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, 0, 1, -1, 8), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, 0, 1, np.nan, 8), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, 1, 1, 0, 255), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, 2, 1, 0, 255), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, np.nan, 1, 0, 255), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (1, -1e308, 1e308, 0, 255), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (0, 0, 1, 0, 255), zeros(2, 9, dtype="B")),
                (zeros(2, 9), (np.inf, 0, 1, 0, 255), zeros(2, 9, dtype="B")),
            )
        ],
        *[
            ("extremes", (values,))
            for values in (zeros(2, 9), zeros(9, dtype="int16"), zeros(9)[::2])
        ],
        *[
            ("gray", (colors, *parts, out))
            for colors, parts, out in (
                (zeros(2, 9), (299, 587, 114), zeros(2, 3)),
                (zeros(2, 9, dtype="B"), (299, 587, 114), zeros(2, 3, dtype="H")),
                (zeros(2, 9, dtype="B"), (299, 587, 114), zeros(2, 4, dtype="B")),
                (zeros(2, 8, dtype="B"), (299, 587, 114), zeros(2, 2, dtype="B")),
                (zeros(3, 9, dtype="B"), (299, 587, 114), zeros(2, 3, dtype="B")),
                (zeros(2, 9, dtype="B"), (299, 587, 115), zeros(2, 3, dtype="B")),
                (zeros(2, 9, dtype="B"), (-1, 1000, 1), zeros(2, 3, dtype="B")),
                (zeros(2, 9, dtype="B"), (2**31 - 1, 2**31 - 1, 1002), zeros(2, 3, dtype="B")),
            )
        ],
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


FLAT = np.zeros(100, "f4")
BYTES, WIDER, BYTES_LINE = np.zeros((2, 9), "u1"), np.zeros((2, 10), "u1"), np.zeros(9, "u1")
CALLS = {
    "correlate": GOOD,
    "correlate and round": (
        *(np.zeros(100, "u1"), np.zeros(90, "f4"), np.zeros((2, 10), "u1"), OFFSETS),
        *(np.zeros(2, "f4"), OFFSETS, np.zeros(2, "f4"), 20, 3.0, 0.1, np.zeros(4, "i8")),
    ),
    "pool": POOL,
    "pool largest": (
        *(np.zeros(100, "u1"), np.zeros(40, "u1"), np.zeros((2, 9), "u1"), LARGEST),
        *((2, 20, 40), (2, 3, 3), 3, 0.0),
    ),
    "correlate_at": (FLAT, OFFSETS, np.zeros(2), OFFSETS, np.zeros(2)),
    "divide": (np.zeros((2, 9), "i2"), 3.0, BYTES),
    "round_sums": (np.zeros((2, 9), "f4"), 0.1, BYTES, np.zeros(4, "i8")),
    "peak": (FLAT,),
    "clip": (np.zeros((2, 9), "f4"), BYTES),
    "order": (FLAT, OFFSETS, np.array([0, 1]), 1, 20, np.zeros((2, 9), "f4")),
    "stretch": (np.zeros((2, 9), "f4"), 1.0, 0.0, 1.0, 1.0, 200.0, BYTES),
    "extremes": (FLAT,),
    "gray": (np.zeros((2, 27), "u1"), 299, 587, 114, BYTES),
    "undo_filters": (WIDER, BYTES_LINE, BYTES, 3),
    "apply_filters": (WIDER, BYTES_LINE, BYTES, 3, 2),
}
"""What each function takes."""


def spoilt(rng, good):
    """An argument that is of another type, size, step or kind than the good one, or nearly so."""
    if rng.random() < 0.1:
        return [None, 0, -1, 2**70, 0.5, "x", b"bytes"][rng.integers(7)]
    if isinstance(good, tuple):
        place = rng.integers(len(good))
        return (*good[:place], spoilt(rng, good[place]), *good[place + 1 :])
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
            getattr(loops, name.split()[0])(*arguments)
            done += 1
        except (ValueError, TypeError, OverflowError, BufferError):
            pass
    assert 600 < done < 2900
