"""The stage `unpool`: held to max_unpool2d and max_unpool3d of what the pool gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Pipeline, max_unpool2d, max_unpool3d, pool2d, pool3d
from convtool.core.image import Header, check_image
from convtool.inspect.explain import explain
from convtool.inspect.shapes import shapes
from convtool.io.base import ArrayReader
from convtool.ops.base import on_array, over_array, run_band
from convtool.ops.unpool import Unpool


@st.composite
def cases(draw):
    """An array of 2 or 3 dimensions with channels, the windows, and what is expected."""
    dimensions = draw(st.integers(2, 3))
    numbers = [st.tuples(*[st.integers(1, n)] * dimensions) for n in (6, 3, 3, 2)]
    shape, size, stride, dilation = (draw(one) for one in numbers)
    shape = (shape[0] + 1, *shape[1:])
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    array = rng.integers(1, 9, (*shape, 2)).astype(draw(st.sampled_from(["uint8", "float32"])))
    options = {
        "size": size,
        "stride": stride,
        "dilation": dilation,
        "padding": draw(st.integers(0, 1)),
        "ceil_mode": draw(st.booleans()),
    }
    pool, unpool = {2: (pool2d, max_unpool2d), 3: (pool3d, max_unpool3d)}[dimensions]
    try:
        values, indices = pool(array, **options, return_indices=True)
    except ConvtoolError:
        return array, options, None
    return array, options, unpool(values, indices, shape)


@given(cases())
def test_it_puts_the_largest_back(case):
    array, options, expected = case
    operator = Unpool(**options, dimensions=array.ndim - 1)
    if expected is None:
        with pytest.raises(ConvtoolError):
            on_array(operator, array, None, None)
        return
    assert np.array_equal(on_array(operator, array, None, None), expected)


@given(cases(), st.data())
def test_bands_are_parts_of_the_whole(case, data):
    array, options, expected = case
    if expected is None:
        return
    tall = array.reshape(-1, *array.shape[-2:])
    stage = Unpool(**options, dimensions=array.ndim - 1).bind(Header.of_array(array))
    whole = over_array(stage, tall)
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first + 1, len(whole)))
    start, stop = stage.rows_needed(first, last)
    assert np.array_equal(run_band(stage, tall[start:stop], start, first, last), whole[first:last])


@given(cases(), st.data())
def test_a_value_explained(case, data):
    array, options, expected = case
    if expected is None:
        return
    reader = ArrayReader(Header.of_array(array), array.reshape(-1, *array.shape[-2:]))
    place = tuple(data.draw(st.integers(0, size - 1)) for size in array.shape[:-1])
    operator = Unpool(**options, dimensions=array.ndim - 1)
    found = explain(reader, [operator], place)
    assert [path.value for path in found.paths] == expected[place].tolist()
    for path, pixel in zip(found.paths, array[place], strict=True):
        (one,) = path.calculations
        assert one.steps[-1].value == path.value
        patch = one.patches[one.followed.patch]
        assert patch.pixels[one.followed.row, one.followed.col] == pixel
    along = found.fields[0].region.seen_along
    seen = np.ix_(*[[at for run in runs for at in range(*run)] for runs in along])
    other = np.full_like(array, 9)
    other[seen] = array[seen]
    assert np.array_equal(on_array(operator, other, None, None)[place], expected[place])


def test_it_is_a_stage(convtool, folder):
    image = np.random.default_rng(1).integers(0, 256, (9, 8, 4), np.uint8)
    from PIL import Image

    Image.fromarray(image, "RGBA").save("p.png")
    assert convtool("run", "unpool --size 3 --stride 1 --padding 1", "p.png", "-o", "o.png")
    found = np.asarray(Image.open("o.png"))
    values, indices = pool2d(image, 3, stride=1, padding=1, return_indices=True)
    expected = max_unpool2d(values, indices, (9, 8))
    assert np.array_equal(found[..., :3], expected[..., :3])
    assert np.array_equal(found[..., 3], image[..., 3])
    (path,) = explain(ArrayReader(*described([[1, 5], [5, 2]])), [Unpool(2)], (1, 0)).paths
    told = "not the largest in its window"
    assert [(step.text, step.value) for step in path.calculations[0].steps] == [(told, 0)]
    volume = np.random.default_rng(2).integers(0, 256, (4, 6, 6), np.uint8)
    np.save("v.npy", volume)
    done = convtool("run", "unpool --size 2x2x2 | relu", "v.npy", "--axes", "zyx", "-o", "o.npy")
    assert done.returncode == 0, done.stderr
    values, indices = pool3d(volume, 2, return_indices=True)
    assert np.array_equal(np.load("o.npy"), max_unpool3d(values, indices, volume.shape))
    (row,) = shapes(
        Pipeline.parse("unpool").operators, Header(7, 9, ("L",), np.dtype(np.uint8))
    ).rows
    assert (row.stage, row.shape, row.field, row.step) == (
        "unpool 2x2", (7, 9, 1), (2, 2), (1, 1)
    )  # fmt: skip


def described(image):
    pixels = check_image(image)
    return Header.of_array(pixels), pixels
