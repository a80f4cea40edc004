"""One value of a volume explained: as the engine has it, and as loops have it."""

import numpy as np
import pytest
from helpers.reference import NUMPY_PAD, borders
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, conv2d, conv3d, pool3d
from convtool.core.image import Header, check_image
from convtool.inspect.explain import explain
from convtool.io.base import ArrayReader
from convtool.ops.base import on_array
from convtool.ops.conv import Conv
from convtool.ops.pointwise import Relu
from convtool.ops.pool import Pool
from convtool.render.serialize import json_of_explanation

three = st.tuples(*[st.integers(1, 3)] * 3)


def reader_of(volume, dimensions=3, *, may_have_alpha=False):
    pixels = check_image(volume, dimensions)
    header = Header.of_array(pixels, may_have_alpha=may_have_alpha)
    return ArrayReader(header, pixels.reshape(-1, *pixels.shape[-2:]))


@st.composite
def volumes(draw, dtypes=("uint8", "int16", "float32")):
    shape = draw(st.tuples(st.integers(2, 6), *[st.integers(1, 6)] * 2))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.integers(0, 200, shape).astype(dtype)


def any_place(data, map_):
    return tuple(data.draw(st.integers(0, size - 1)) for size in map_.shape[:3])


@given(volumes(), three, three, three, borders, st.integers(0, 2), st.data())
def test_a_convolution_is_what_loops_have(volume, taps, stride, dilation, border, pad, data):
    weights = np.random.default_rng(len(volume)).integers(-4, 5, taps)
    options = {"stride": stride, "dilation": dilation, "padding": pad, "border": border, "fill": 3}
    try:
        map_ = conv3d(volume, weights, divisor=2, **options)
    except ConvtoolError:
        return
    place = any_place(data, map_) if map_.shape[0] > 1 else any_place(data, map_)[1:]
    operator = Conv(weights, dimensions=3, divisor=2, **options)
    (path,) = explain(reader_of(volume), [operator], place).paths
    (one,) = path.calculations
    extra = {"constant_values": 3} if border == "constant" else {}
    padded = np.pad(volume.astype(float), pad, mode=NUMPY_PAD[border], **extra)
    starts = [o * s for o, s in zip((0, *place)[-3:], stride, strict=True)]
    window = padded[
        np.ix_(*[s + np.arange(k) * d for s, k, d in zip(starts, taps, dilation, strict=True)])
    ]
    assert np.array_equal([patch.pixels for patch in one.patches], window)
    assert [patch.slice for patch in one.patches] == [
        starts[0] - pad + i * dilation[0] for i in range(taps[0])
    ]
    inside = np.pad(np.zeros(volume.shape, bool), pad, constant_values=True)
    outside = inside[
        np.ix_(*[s + np.arange(k) * d for s, k, d in zip(starts, taps, dilation, strict=True)])
    ]
    assert np.array_equal([patch.border for patch in one.patches], outside)
    assert one.steps[0].value == (window * weights).sum()
    assert path.value == map_[(0, *place)[-3:]]


@given(
    volumes(), st.sampled_from(["max", "min", "mean", "sum", "median", "lp"]), three, three,
    st.sampled_from([0, 1, "same"]), st.booleans(), st.data(),
)  # fmt: skip
def test_a_pool_is_what_the_engine_has(volume, mode, size, stride, padding, has_footprint, data):
    footprint = np.random.default_rng(1).integers(0, 2, size) | (np.indices(size).sum(0) == 0)
    windows = {"footprint": footprint} if has_footprint else {"size": size}
    options = {"stride": stride, "padding": padding, **windows}
    try:
        map_ = pool3d(volume, mode=mode, **options)
    except ConvtoolError:
        return
    place = any_place(data, map_) if map_.shape[0] > 1 else any_place(data, map_)[1:]
    operator = Pool(mode=mode, dimensions=3, **options)
    (path,) = explain(reader_of(volume), [operator], place).paths
    (one,) = path.calculations
    assert path.value == map_[(0, *place)[-3:]]
    assert len(one.patches) == size[0]
    if mode in ("max", "min"):
        row, col = one.followed.source
        assert volume.reshape(-1, volume.shape[2])[row, col] == path.value


CHAINS = [
    Relu(), Conv([[1, 2], [3, -4]], border="wrap"), Pool(2), Pool((2, 1, 2), dimensions=3),
    Pool(2, "mean", stride=1, dimensions=3), Pool(3, "median", padding="same", dimensions=3),
    Conv(np.ones((3, 1, 2)), dimensions=3, divisor=3, bias=0.5),
    Conv(np.arange(-5, 7).reshape(3, 2, 2), dimensions=3, stride=(2, 1, 1), border="mirror"),
    Conv([[[1]], [[0]], [[-1]]], dimensions=3, border="constant", fill=3, padding="full"),
]  # fmt: skip


@given(volumes(), st.lists(st.sampled_from(CHAINS), min_size=1, max_size=3), st.data())
def test_a_value_depends_on_its_receptive_field_alone(volume, operators, data):
    map_ = volume
    try:
        for one in operators:
            map_ = made(one, map_)
    except ConvtoolError:
        return
    place = any_place(data, map_)
    given_place = place if map_.shape[0] > 1 else place[1:]
    found = explain(reader_of(volume), operators, given_place)
    assert found.paths[0].value == map_[place]
    along = found.fields[-1].region.seen_along
    seen = [[position for run in runs for position in range(*run)] for runs in along]
    inside = np.ix_(*([0], *seen)[-3:])
    other = np.random.default_rng(2).integers(0, 99, volume.shape).astype(volume.dtype)
    other[inside] = volume[inside]
    for one in operators:
        other = made(one, other)
    assert other[place] == pytest.approx(map_[place], rel=1e-5, abs=1e-2)


def made(operator, volume):
    """What one operator makes of a volume; those for images, of each slice."""
    if operator.dimensions == 3:
        return on_array(operator, volume, None, None)
    return np.stack([on_array(operator, slice_, None, None) for slice_ in volume])


def test_holes_and_alpha_have_their_slices():
    volume = np.random.default_rng(4).integers(1, 255, (4, 5, 6)).astype(np.float32)
    volume[1, 2, 3] = np.nan
    weights = np.arange(1, 28).reshape(3, 3, 3)
    operator = Conv(weights, dimensions=3, missing="skip")
    for place in ((2, 2, 3), (1, 1, 2), (3, 4, 5)):
        (path,) = explain(reader_of(volume), [operator], place).paths
        assert path.value == conv3d(volume, weights, missing="skip")[place]
    colors = np.random.default_rng(5).integers(0, 256, (4, 5, 6, 2), np.uint8)
    operator = Conv(weights, dimensions=3, alpha="weight", divisor=378)
    map_ = conv3d(colors, weights, alpha="weight", divisor=378)
    for place in ((2, 2, 3), (0, 1, 2), (3, 4, 5)):
        paths = explain(reader_of(colors, may_have_alpha=True), [operator], place).paths
        assert [path.value for path in paths] == map_[place].tolist()
    operator = Conv(weights, dimensions=3, alpha="keep", divisor=378)
    paths = explain(reader_of(colors, may_have_alpha=True), [operator], (2, 2, 3)).paths
    assert paths[1].calculations[0].steps[0].text == "alpha of slice 2, row 2, column 3"
    assert paths[1].value == colors[2, 2, 3, 1]


def test_a_layer_has_every_slice_of_every_channel():
    volume = np.random.default_rng(6).integers(0, 256, (4, 5, 6, 2), np.uint8)
    weights = np.random.default_rng(7).integers(-3, 4, (3, 2, 2, 3, 3))
    found = explain(reader_of(volume), [Conv(weights, dimensions=3)], (1, 2, 3))
    assert [path.value for path in found.paths] == conv3d(volume, weights)[1, 2, 3].tolist()
    (one,) = found.paths[2].calculations
    assert [(patch.number, patch.slice) for patch in one.patches] == [
        (0, 1),
        (0, 2),
        (1, 1),
        (1, 2),
    ]
    assert np.array_equal([patch.weights for patch in one.patches], weights[2].reshape(-1, 3, 3))


def test_a_kernel_for_images_sees_its_own_slice():
    volume = np.random.default_rng(8).integers(0, 256, (3, 5, 6), np.uint8)
    found = explain(reader_of(volume), [Conv([[1, 2, 1]])], (2, 4, 0))
    assert str(found.fields[0].region) == "slice 2, row 4, columns -1..1"
    assert found.paths[0].value == conv2d(volume[2], [[1, 2, 1]])[4, 0]


def test_json_has_slices():
    volume = np.random.default_rng(9).integers(0, 256, (3, 4, 4), np.uint8)
    operators = [Conv(np.ones((3, 1, 1)), dimensions=3), Pool(2, dimensions=3, stride=1)]
    found = json_of_explanation("v", "m", explain(reader_of(volume), operators, (1, 2, 2)))
    assert (found["slice"], found["row"], found["shape"]) == (1, 2, [2, 3, 3, 1])
    assert found["receptive_fields"][1]["slices"] == [0, 3]
    assert found["receptive_fields"][1]["seen_slices"] == [[0, 2]]
    pool, conv = found["channels"][0]["stages"]
    assert [window["slice"] for window in pool["windows"]] == [1, 2]
    followed = pool["followed"]
    assert (conv["slice"], conv["row"]) == (followed["slice"], followed["row"])
    sources = [window["source_slice"] for window in conv["windows"]]
    assert sources == [min(max(conv["slice"] + i, 0), 2) for i in (-1, 0, 1)]
    assert conv["windows"][0]["source_rows"] == [conv["row"]]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ((3, 0, 0), "has no slice 3, row 0, column 0: expected 0,0,0 to 2,3,3"),
        ((0, 0), "has no row 0, column 0: expected SLICE,ROW,COL"),
        ((0, 0, 4), "the map is 3x4x4 and has no slice 0"),
    ],
)
def test_a_place_outside_the_map(place, told):
    with pytest.raises(ConvtoolError, match=told):
        explain(reader_of(np.zeros((3, 4, 4), np.uint8)), [Relu()], place)
    with pytest.raises(
        ConvtoolError, match="has no slice 1, row 1, column 1: expected 0,0,0 to 0,3,3"
    ):
        explain(reader_of(np.zeros((4, 4), np.uint8), 2), [Relu()], (1, 1, 1))


def test_the_only_slice_of_a_map_may_be_named():
    volume = np.random.default_rng(10).integers(0, 256, (2, 4, 4), np.uint8)
    operator = Pool(2, dimensions=3)
    one, other = (explain(reader_of(volume), [operator], place) for place in ((0, 1, 1), (1, 1)))
    assert one.paths[0].value == other.paths[0].value == volume[:, 2:, 2:].max()
