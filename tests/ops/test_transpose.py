"""conv_transpose1d, conv_transpose2d and conv_transpose3d."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, Pipeline, pool2d
from convtool.core.image import Header, check_image
from convtool.inspect.explain import explain
from convtool.inspect.shapes import shapes
from convtool.io.base import ArrayReader
from convtool.ops.base import over_array, run_band
from convtool.ops.transpose import (
    ConvTranspose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from convtool.render.text import lines_of

TRANSPOSE = {1: conv_transpose1d, 2: conv_transpose2d, 3: conv_transpose3d}


def laid(array, weights, stride, dilation, padding, more):
    """The definition: each element lays the kernel, times itself, on the result."""
    reach = [(k - 1) * d for k, d in zip(weights.shape, dilation, strict=True)]
    sizes = zip(array.shape, stride, reach, more, strict=True)
    out = np.zeros([(n - 1) * s + r + 1 + m for n, s, r, m in sizes])
    for place in np.ndindex(array.shape):
        starts = [o * s for o, s in zip(place, stride, strict=True)]
        steps = zip(starts, reach, dilation, strict=True)
        out[tuple(slice(a, a + r + 1, d) for a, r, d in steps)] += float(array[place]) * weights
    ends = zip(padding, out.shape, strict=True)
    return out[tuple(slice(before, max(size - after, 0)) for (before, after), size in ends)]


@st.composite
def cases(draw):
    dimensions = draw(st.integers(1, 3))
    numbers = [st.tuples(*[st.integers(1, n)] * dimensions) for n in (6, 4, 4, 3)]
    shape, taps, stride, dilation = (draw(one) for one in numbers)
    padding = draw(st.tuples(*[st.tuples(*[st.integers(0, 3)] * 2)] * dimensions))
    more = draw(st.tuples(*[st.integers(0, 5)] * dimensions))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return shape, taps, stride, dilation, padding, more, rng


@given(cases(), st.sampled_from(["uint8", "int16", "float32", "float64"]))
def test_it_equals_the_definition(case, dtype):
    shape, taps, stride, dilation, padding, more, rng = case
    array = rng.integers(0, 99, shape).astype(dtype)
    weights = rng.integers(-9, 10, taps)
    function = TRANSPOSE[len(shape)]
    options = {"stride": stride, "dilation": dilation, "padding": padding, "output_padding": more}
    expected = laid(array, weights, stride, dilation, padding, more)
    if 0 in expected.shape:
        with pytest.raises(ConvtoolError, match="expected less padding"):
            function(array, weights, **options)
        return
    found = function(array, weights, bias=3, divisor=2, **options)
    assert found.shape == expected.shape
    assert np.array_equal(found, expected / 2 + 3)


def test_it_equals_torchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    image = rng.integers(-9, 10, (6, 5, 4)).astype(np.float32)
    layer = rng.integers(-9, 10, (4, 3, 3, 2)).astype(np.float32)
    bias = rng.integers(-9, 10, 6).astype(np.float32)
    expected = torch.nn.functional.conv_transpose2d(
        torch.from_numpy(np.moveaxis(image, -1, 0).copy())[None], torch.from_numpy(layer),
        torch.from_numpy(bias), stride=(3, 2), padding=(1, 0), output_padding=(2, 1), groups=2,
        dilation=(2, 3),
    )  # fmt: skip
    found = conv_transpose2d(
        image, layer, bias=bias, stride=(3, 2), padding=(1, 0), output_padding=(2, 1), groups=2,
        dilation=(2, 3),
    )  # fmt: skip
    assert np.array_equal(np.moveaxis(found, -1, 0), expected[0].numpy())
    volume, cube = rng.integers(-9, 10, (3, 4, 5)), rng.integers(-9, 10, (2, 3, 2))
    expected = torch.nn.functional.conv_transpose3d(
        torch.from_numpy(volume.astype(np.float32))[None, None],
        torch.from_numpy(cube.astype(np.float32))[None, None], stride=2, padding=1,
    )  # fmt: skip
    found = conv_transpose3d(volume, cube, stride=2, padding=1)
    assert np.array_equal(found, expected[0, 0].numpy())


def test_channels_types_and_kernels():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (4, 5, 3), np.uint8)
    kernel = Kernel([[1, 2, 1], [2, 4, 2], [1, 2, 1]], divisor=4, bias=1)
    found = conv_transpose2d(image, kernel, stride=2, dtype=np.uint8)
    assert found.dtype == np.uint8
    for channel in range(3):
        alone = conv_transpose2d(image[..., channel], kernel, stride=2)
        assert alone.dtype == np.float32
        assert np.array_equal(found[..., channel], np.clip(np.rint(alone), 0, 255))
    assert conv_transpose2d([[70000]], [[300]]).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: conv_transpose2d([[1]], [[1]], padding="same"), "padding is 'same', expected num"),
        (lambda: conv_transpose2d([[1]], [[1]], padding=1), "the result would be -1 long"),
        (lambda: conv_transpose1d([1], [1], stride=0), "stride is 0, expected 1 or more"),
        (lambda: conv_transpose2d(np.ones((2, 2, 3)), np.ones((2, 1, 1, 1))),
         "weights of shape (2, 1, 1, 1) in 1 group(s) do not fit an image of 3 channel(s)"),
        (lambda: conv_transpose2d([[1]], Kernel([[1]]), divisor=2), "a Kernel has its own bias"),
        (lambda: conv_transpose3d([[1]], [[[1]]]), "volume has shape (1, 1), expected (D, H, W)"),
    ],
)  # fmt: skip
def test_wrong_arguments(call, told):
    with pytest.raises(ConvtoolError) as caught:
        call()
    assert told in str(caught.value)


@given(cases(), st.data())
def test_bands_are_parts_of_the_whole(case, data):
    shape, taps, stride, dilation, padding, more, rng = case
    array = check_image(rng.integers(0, 99, shape, np.uint8), len(shape))
    weights = rng.integers(-9, 10, taps)
    options = {"stride": stride, "dilation": dilation, "padding": padding, "output_padding": more}
    operator = ConvTranspose(weights, dimensions=len(shape), **options)
    tall = array.reshape(-1, *array.shape[-2:])
    try:
        stage = operator.bind(Header.of_array(array))
    except ConvtoolError:
        return
    whole = over_array(stage, tall)
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first + 1, len(whole)))
    start, stop = stage.rows_needed(first, last)
    found = run_band(stage, tall[start:stop], start, first, last)
    assert np.array_equal(found, whole[first:last])


@given(cases(), st.data())
def test_a_value_explained(case, data):
    """The pixels whose kernels lie on it, and its receptive field, which holds all of them."""
    shape, taps, stride, dilation, padding, more, rng = case
    if len(shape) == 1:
        return
    shape = (shape[0] + 1, *shape[1:])
    volume = rng.integers(1, 99, shape, np.uint8)
    weights = rng.integers(1, 10, taps)
    options = {"stride": stride, "dilation": dilation, "padding": padding, "output_padding": more}
    try:
        map_ = TRANSPOSE[len(shape)](volume, weights, **options)
    except ConvtoolError:
        return
    pixels = check_image(volume, len(shape))
    reader = ArrayReader(Header.of_array(pixels), pixels.reshape(-1, *pixels.shape[-2:]))
    place = tuple(data.draw(st.integers(0, size - 1)) for size in map_.shape)
    told = place if map_.shape[0] > 1 or len(shape) == 2 else place[1:]
    operator = ConvTranspose(weights, **options)
    found = explain(reader, [operator], told)
    (path,) = found.paths
    (one,) = path.calculations
    assert path.value == map_[place] == one.steps[-1].value
    assert (one.row, one.col) == (found.row, found.col)
    seen = [
        [at for run in runs for at in range(*run)] for runs in found.fields[0].region.seen_along
    ]
    other = rng.integers(1, 99, shape, np.uint8)
    if all(seen):
        other[np.ix_(*seen[-len(shape) :])] = volume[np.ix_(*seen[-len(shape) :])]
    assert TRANSPOSE[len(shape)](other, weights, **options)[place] == map_[place]


def test_it_is_a_stage_of_pictures_and_volumes(convtool, folder):
    rng = np.random.default_rng(2)
    picture, volume = rng.integers(0, 256, (9, 7, 3), np.uint8), rng.integers(0, 99, (3, 5, 4))
    np.save("p.npy", picture)
    np.save("v.npy", volume.astype(np.uint8))
    words = "conv_transpose -k '1 2 1; 2 4 2; 1 2 1' --divisor 3 --stride 2 --padding 1"
    assert convtool("run", words, "p.npy", "-o", "o.npy").returncode == 0
    weights = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    expected = conv_transpose2d(picture, weights, divisor=3, stride=2, padding=1)
    assert np.array_equal(np.load("o.npy"), expected)
    assert np.array_equal(Pipeline.parse(words).run(picture), expected)
    assert convtool("run", words, "p.npy", "-o", "o.csv", "--depth", "8").returncode == 0
    assert convtool("run", f"{words} | pool", "p.npy", "-o", "o.npy").returncode == 0
    assert np.array_equal(np.load("o.npy"), pool2d(expected, 2))
    (folder / "k.txt").write_text("1 1\n---\n1 -1\n")
    words = "conv_transpose -k k.txt --stride 1x2x2 --output-padding 1x0x0"
    done = convtool("run", words, "v.npy", "--axes", "zyx", "-o", "o.npy")
    assert done.returncode == 0, done.stderr
    cube = np.array([[[1, 1]], [[1, -1]]])
    expected = conv_transpose3d(volume, cube, stride=(1, 2, 2), output_padding=(1, 0, 0))
    assert np.array_equal(np.load("o.npy"), expected)
    done = convtool("run", "conv_transpose -k '1 1' --stride 1x2", "v.npy", "--axes", "zyx",
                    "-o", "o.npy")  # fmt: skip
    slices = [conv_transpose2d(one, [[1, 1]], stride=(1, 2)) for one in volume]
    assert np.array_equal(np.load("o.npy"), slices)


def test_pixels_are_rounded_once(convtool, folder):
    picture = np.random.default_rng(3).integers(0, 256, (30, 20), np.uint8)
    from PIL import Image

    Image.fromarray(picture).save("p.png")
    words = "conv_transpose -k '1 2 1; 2 4 2; 1 2 1' --divisor 8 --stride 2"
    assert convtool("run", words, "p.png", "-o", "o.png").returncode == 0
    exact = laid(picture, np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]), (2, 2), (1, 1),
                 ((0, 0), (0, 0)), (0, 0)) / 8  # fmt: skip
    assert np.array_equal(np.asarray(Image.open("o.png")), np.clip(np.rint(exact), 0, 255))


def test_shapes_and_cost_are_foretold():
    operators = Pipeline.parse(
        "conv -k box3 --stride 2 | conv_transpose -k '1 2 3; 4 5 6; 7 8 9' --stride 2"
    ).operators
    _, second = shapes(operators, Header(20, 30, ("L",), np.dtype(np.uint8))).rows
    assert (second.stage, second.shape) == ("conv_transpose kernel 3x3, stride 2", (21, 31, 1))
    assert (second.weights, second.step) == (9, (1, 1))
    assert second.field == (5, 5)  # two positions of the map before, each of 3 rows, 2 apart
    products = sum(
        len(range(place % 2, 3, 2)) * len(range(other % 2, 3, 2))
        for place in range(21)
        for other in range(31)
    )
    assert second.multiply_adds == products
    (alone,) = shapes(operators[1:], Header(20, 30, ("L",), np.dtype(np.uint8))).rows
    assert (alone.field, [float(step) for step in alone.step]) == ((2, 2), [0.5, 0.5])


def test_a_map_lies_where_its_pixels_do(convtool, folder):
    """A map of twice the size has pixels half as large; under a kernel of 2 its corner stays."""
    import tifffile

    tags = [(33550, 12, 3, (10.0, 10.0, 0.0)), (33922, 12, 6, (0.0, 0.0, 0.0, 500.0, 900.0, 0.0))]
    tifffile.imwrite("g.tif", np.ones((4, 6), np.uint8), photometric="minisblack", metadata=None,
                     extratags=[(*tag, True) for tag in tags])  # fmt: skip
    done = convtool("run", "conv_transpose -k '1 1; 1 1' --stride 2", "g.tif", "-o", "o.tif")
    assert done.returncode == 0, done.stderr
    with tifffile.TiffFile("o.tif") as file:
        page = file.pages[0]
        assert page.tags[33550].value == (5.0, 5.0, 0.0)
        column, row, _, x, y, _ = page.tags[33922].value
    assert (x - column * 5, y + row * 5) == (500.0, 900.0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("-k edge -k box3", "found 2 kernels, expected one --kernel"),
        ("", "found 0 kernels, expected one --kernel"),
        ("-k kirsch", "8 kernels make 8 maps"),
        ("-k edge --padding same", "padding is 'same', expected numbers"),
        ("-k edge --padding 99", "expected less padding"),
        ("-k edge --divisor 0", "--divisor is 0"),
        ("-k edge --groups 2", "--groups goes with a layer"),
        ("-k edge --output-padding -1", "found '-1', expected a size"),
    ],
)
def test_what_the_stage_refuses(convtool, small, words, told):
    done = convtool("run", f"conv_transpose {words}", "small.png", "-o", "o.png")
    assert done.returncode != 0
    assert told in done.stderr.decode()


@pytest.mark.parametrize("stride", [7, 10**6])
def test_a_wide_stride_leaves_the_bias_between_kernels(stride):
    """Only the positions that kernels reach are computed: no work grows with the stride squared."""
    operator = ConvTranspose([[1, 2], [3, 4]], stride=stride, bias=5)
    stage = operator.bind(Header(3, 4, ("L",), np.dtype(np.uint8)))
    assert (stage.output.height, stage.output.width) == (2 * stride + 2, 3 * stride + 2)
    assert len(stage.phases) == 4
    if stride == 7:
        array = np.random.default_rng(5).integers(0, 99, (3, 4), np.uint8)
        expected = laid(array, np.array([[1, 2], [3, 4]]), (7, 7), (1, 1), ((0, 0), (0, 0)), (0, 0))
        assert np.array_equal(
            conv_transpose2d(array, [[1, 2], [3, 4]], stride=7, bias=5), expected + 5
        )
        reader = ArrayReader(Header.of_array(array[..., np.newaxis]), array[..., np.newaxis])
        (path,) = explain(reader, [operator], (3, 3)).paths
        (one,) = path.calculations
        assert (path.value, one.steps[0].text) == (5, "no kernel lies here: the bias")
        assert "no kernel lies here" in "\n".join(
            lines_of("a.png", [explain(reader, [operator], (3, 3))], 80)
        )
