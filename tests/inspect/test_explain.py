"""One value explained: as the engine has it, as loops have it, and as it is written."""

import io
import math
import tracemalloc

import numpy as np
import pytest
from helpers.reference import borders, images, kernels, pad, pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from convtool import ConvtoolError, Pipeline, conv2d
from convtool.core.choices import RANGES
from convtool.core.encoding import Look
from convtool.core.image import Header, check_image
from convtool.core.metadata import NONE
from convtool.inspect.explain import explain
from convtool.inspect.steps.base import largest_of
from convtool.io.base import ArrayReader
from convtool.io.formats import FORMATS
from convtool.ops.combine import Combine
from convtool.ops.conv import Conv
from convtool.ops.pointwise import Abs, LeakyRelu, Relu, Sigmoid, Tanh
from convtool.ops.pool import Pool, pool2d
from convtool.pipeline.run import filter_image

MATRIX = [[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]]
"""The 4x4 that textbooks pool to [[9, 2], [6, 3]]."""


def reader_of(image, *, may_have_alpha=False):
    pixels = check_image(image)
    return ArrayReader(Header.of_array(pixels, may_have_alpha=may_have_alpha), pixels)


def explained(image, text, place, **options):
    may_have_alpha = options.pop("may_have_alpha", False)
    reader = reader_of(image, may_have_alpha=may_have_alpha)
    return explain(reader, Pipeline.parse(text).operators, place, **options)


def positions(runs):
    return [position for run in runs for position in range(*run)]


def steps(one):
    return [(step.text, step.value) for step in one.steps]


def test_the_matrix_that_textbooks_pool():
    for place, value, source in (
        ((0, 0), 9, (1, 1)), ((0, 1), 2, (0, 2)), ((1, 0), 6, (3, 1)), ((1, 1), 3, (2, 3))
    ):  # fmt: skip
        (path,) = explained(MATRIX, "pool --mode max --size 2", place).paths
        (one,) = path.calculations
        assert (one.value, one.followed.source, one.followed.why) == (value, source, "the largest")


def test_an_edge_kernel_at_a_corner():
    found = explained(MATRIX, "conv -k edge", (0, 0))
    (one,) = found.paths[0].calculations
    (patch,) = one.patches
    assert patch.rows == patch.cols == (-1, 0, 1)
    assert patch.pixels.tolist() == [[1, 1, 3], [1, 1, 3], [2, 2, 9]]
    assert patch.border.tolist() == [[True] * 3, [True, False, False], [True, False, False]]
    assert patch.products.tolist() == [[-1, -1, -3], [-1, 8, -3], [-2, -2, -9]]
    assert steps(one) == [("sum of the products", -14)]
    assert (one.value, found.paths[0].pixel) == (-14, 0)
    assert steps(found.paths[0]) == [("clipped from -14", 0)]
    region = found.fields[0].region
    assert (region.spans[0], region.seen_along[0]) == ((-1, 2), ((0, 2),))
    assert str(region) == "rows -1..1, columns -1..1"


def test_divisor_and_bias_are_steps():
    text = "conv -k '1 2 1; 2 4 2; 1 2 1' --divisor 16 --bias -2.5"
    (path,) = explained(MATRIX, text, (1, 1)).paths
    assert steps(path.calculations[0]) == [
        ("sum of the products", 60), ("/ 16", 3.75), ("- 2.5", 1.25)
    ]  # fmt: skip
    assert (path.value, path.pixel) == (1.25, 1)


def test_a_pipeline_is_followed_back_to_the_image():
    image = np.zeros((8, 8, 3), np.uint8)
    image[3, 5:] = 10, 200, 30
    found = explained(image, "gray | conv -k sobel_x | relu | pool", (1, 2))
    pooled, cut, convolved, grey = found.paths[0].calculations
    assert [one.kind for one in found.paths[0].calculations] == ["max", "relu", "conv", "gray"]
    assert (pooled.value, pooled.followed.source) == (248, (3, 4))
    assert (cut.row, cut.col, cut.value) == (convolved.row, convolved.col, convolved.value)
    assert (convolved.value, convolved.followed.source) == (248, (3, 5))
    assert (grey.row, grey.col, grey.value) == (3, 5, 124)
    assert steps(grey) == [
        ("0.299 x 10 + 0.587 x 200 + 0.114 x 30", 123.81), ("rounded", 124)
    ]  # fmt: skip
    assert [str(field.region) for field in found.fields] == [
        "rows 2..3, columns 4..5", "rows 2..3, columns 4..5",
        "rows 1..4, columns 3..6", "rows 1..4, columns 3..6",
    ]  # fmt: skip


def test_a_layer_has_every_product_of_every_channel():
    rng = np.random.default_rng(0)
    image, weights = rng.integers(0, 256, (6, 7, 4), np.uint8), rng.normal(size=(6, 2, 3, 3))
    bias = rng.normal(size=6)
    operators = [Conv(weights, bias=bias, groups=2, border="mirror")]
    found = explain(reader_of(image), operators, (0, 6))
    padded = pad(image, ((1, 1), (1, 1)), "mirror")[0:3, 6:9].astype(float)
    for number, path in enumerate(found.paths):
        first = 2 * (number // 3)
        (one,) = path.calculations
        assert [patch.number for patch in one.patches] == [first, first + 1]
        products = np.stack([patch.products for patch in one.patches])
        expected = padded[..., first : first + 2].transpose(2, 0, 1) * weights[number]
        assert np.allclose(products, expected)
        assert math.isclose(path.value, expected.sum() + bias[number], rel_tol=1e-3)
        assert path.pixel is None


def test_combined_maps_are_terms():
    found = explained(MATRIX, "conv -k sobel_x -k sobel_y --combine magnitude", (1, 2))
    (one,) = found.paths[0].calculations
    x, y = (term.value for term in one.terms)
    assert (x, y) == (conv2d(MATRIX, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])[1, 2],
                      conv2d(MATRIX, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]])[1, 2])  # fmt: skip
    assert math.isclose(one.value, math.hypot(x, y), rel_tol=1e-6)
    assert one.steps[0].text == "root of (-18)^2 + 2^2"
    assert one.followed.term == int(abs(y) > abs(x))


def test_alpha_is_carried():
    image = np.random.default_rng(1).integers(0, 256, (5, 5, 4), np.uint8)
    found = explained(image, "conv -k edge --stride 2 | abs", (1, 1), may_have_alpha=True)
    alpha = found.paths[3]
    assert [one.kind for one in alpha.calculations] == ["carried", "carried"]
    assert alpha.value == alpha.pixel == image[2, 2, 3]


def test_an_element_that_a_border_makes_up_is_not_followed():
    text = "abs | conv -k '9 1' --border constant --fill 100"
    (path,) = explained([[5, 6]], text, (0, 0)).paths
    assert path.calculations[0].followed.source == (0, 0)
    text = "abs | conv -k 1 --padding 2 --border constant --fill 7"
    (path,) = explained([[5, 6]], text, (0, 0)).paths
    assert (path.value, len(path.calculations), path.calculations[0].followed) == (7, 1, None)


def test_a_zero_window_is_followed_from_its_middle():
    (path,) = explained(np.zeros((5, 5)), "abs | conv -k box3", (2, 2)).paths
    assert path.calculations[0].followed.source == (2, 2)


CHAINS = [
    Relu(), Abs(), Sigmoid(), Tanh(), LeakyRelu(0.2),
    Pool(2), Pool((2, 1), "mean", padding=(1, 0), count_include_pad=True), Pool(2, "min"),
    Pool(2, "lp", p=3, ceil_mode=True), Pool(2, "sum", stride=1, padding="same"),
    Pool(3, "median", stride=2),
    Conv([[1, 2], [3, -4]], border="wrap"), Conv([[1, 1, 1]], divisor=3, bias=0.5),
    Conv([[0.25, -0.7, 1.3]] * 3, stride=(2, 1), border="mirror", padding="full"),
    Conv([[1, 0, -1]], dilation=2, border="constant", fill=3),
    Combine([Conv([[1, -1]]), Conv([[1], [-1.5]])], "magnitude"),
    Combine([Conv([[1, -1]]), Conv([[1], [-1]])], "abs-sum"),
    Combine([Conv([[1, -1]]), Conv([[1], [-2]])], "abs-max"),
    Combine([Conv([[1, -1]]), Conv([[2, 2]], border="constant", fill=-1)], "max"),
]  # fmt: skip
"""What is chained at random."""

chains = st.lists(st.sampled_from(CHAINS), min_size=1, max_size=4)


def run(operators, image):
    return Pipeline(operators, "p").run(image)


def any_place(data, map_):
    place = tuple(data.draw(st.integers(0, size - 1)) for size in map_.shape[:2])
    return place, np.atleast_1d(map_[place])


@settings(max_examples=3 * settings.default.max_examples)
@given(images(), chains, st.data())
def test_values_are_those_of_the_whole_map(image, operators, data):
    try:
        map_ = run(operators, image)
    except ConvtoolError:
        return
    place, values = any_place(data, map_)
    found = explain(reader_of(image), operators, place)
    assert np.array_equal([path.value for path in found.paths], values, equal_nan=True)
    assert len(found.fields) == len(operators)
    for path in found.paths:
        for one in path.calculations:
            assert math.isclose(one.steps[-1].value, one.value, rel_tol=1e-4, abs_tol=1e-3)


@settings(max_examples=2 * settings.default.max_examples)
@given(
    images(), kernels(), pairs, pairs, st.sampled_from([0, 1, (2, 3)]), borders,
    st.integers(1, 9), st.integers(-3, 3), st.data(),
)  # fmt: skip
def test_a_convolution_is_what_loops_have(
    image, weights, stride, dilation, padding, border, divisor, bias, data
):
    options = {"stride": stride, "dilation": dilation, "padding": padding, "border": border,
               "divisor": divisor, "bias": bias, "fill": 2}  # fmt: skip
    try:
        map_ = conv2d(image, weights, **options)
    except ConvtoolError:
        return
    place, values = any_place(data, map_)
    found = explain(reader_of(image), [Conv(weights, **options)], place)
    rows, cols = (padding, padding) if isinstance(padding, int) else padding
    wide = image.astype(float if image.dtype.kind == "f" else int)
    padded = pad(wide, ((rows, rows), (cols, cols)), border, 2)
    top, left = (o * s for o, s in zip(place, stride, strict=True))
    kh, kw = weights.shape
    window = padded[top:, left:][: (kh - 1) * dilation[0] + 1 : dilation[0],
                                 : (kw - 1) * dilation[1] + 1 : dilation[1]]  # fmt: skip
    window = window.reshape(kh, kw, -1)
    for number, path in enumerate(found.paths):
        (one,) = path.calculations
        assert np.array_equal(one.patches[0].pixels, window[..., number])
        exact = sum(
            int(w) * int(p) for w, p in zip(weights.flat, window[..., number].flat, strict=True)
        )
        assert one.steps[0].value == exact
        assert path.value == values[number]


@settings(max_examples=2 * settings.default.max_examples)
@given(
    images(), st.sampled_from(["max", "min", "mean", "sum", "median", "lp"]), pairs, pairs,
    st.sampled_from([0, 1, "same"]), st.booleans(), st.data(),
)  # fmt: skip
def test_a_pool_is_what_its_pixels_make(image, mode, size, stride, padding, ceil, data):
    operator = Pool(size, mode, stride=stride, padding=padding, ceil_mode=ceil)
    try:
        map_ = pool2d(image, size, mode, stride=stride, padding=padding, ceil_mode=ceil)
    except ConvtoolError:
        return
    place, values = any_place(data, map_)
    merge = {"lp": lambda x: np.sqrt(np.sum(np.square(x))), "sum": np.sum, "mean": np.mean,
             "max": np.max, "min": np.min, "median": np.median}[mode]  # fmt: skip
    for path, value in zip(explain(reader_of(image), [operator], place).paths, values, strict=True):
        (patch,) = path.calculations[0].patches
        kept = patch.pixels[~patch.border].astype(float)
        assert np.array_equal(patch.border, ~patch.has_source)
        assert path.value == value
        assert math.isclose(value, merge(kept), rel_tol=1e-5)
        assert image[path.calculations[0].followed.source] is not None


@settings(max_examples=2 * settings.default.max_examples)
@given(images("int16", channels=(None,)), chains, st.data())
def test_a_value_depends_on_its_receptive_field_alone(image, operators, data):
    try:
        map_ = run(operators, image)
    except ConvtoolError:
        return
    place, _ = any_place(data, map_)
    region = explain(reader_of(image), operators, place).fields[-1].region
    other = np.random.default_rng(2).integers(-999, 999, image.shape, np.int16)
    inside = np.ix_(*map(positions, region.seen_along))
    other[inside] = image[inside]
    assert map_[place] == pytest.approx(run(operators, other)[place], rel=1e-5, abs=1e-2)


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2), borders, st.data()
)  # fmt: skip
def test_a_value_depends_on_all_of_its_receptive_field(size, other, stride, second, border, data):
    """Of positive weights, with no steps or dilations that leave something out."""
    image = np.zeros((11, 12), np.uint8)
    stages = [
        Conv(np.ones((taps, taps)), stride=min(step, taps), border=border)
        for taps, step in ((size, stride), (other, second))
    ]
    map_ = run(stages, image)
    place, _ = any_place(data, map_)
    region = explain(reader_of(image), stages, place).fields[-1].region
    single = np.eye(132, dtype=np.uint8).reshape(11, 12, 132)  # a channel for each pixel
    seen = (run(stages, single)[place] != 0).reshape(11, 12)
    expected = np.zeros((11, 12), bool)
    expected[np.ix_(*map(positions, region.seen_along))] = True
    assert np.array_equal(seen, expected)


WRITTEN = [
    "conv -k edge", "conv -k gaussian5", "conv -k '0.3 -1.7 0.9; 2 0.1 -1' --bias 20",
    "conv -k sobel_x --relu", "pool", "pool -m mean -s 3", "pool -m lp -s 2",
    "gray | conv -k '.1 .2 .7' | relu | pool", "conv -k log5 | sigmoid", "abs",
    "conv -k sobel_x -k sobel_y --combine magnitude",
]  # fmt: skip


@pytest.mark.parametrize("range_", RANGES)
@pytest.mark.parametrize("depth", [None, 16])
@pytest.mark.parametrize("kind", ["RGB", "alpha", "deep", "float"])
def test_the_pixel_is_the_one_that_is_written(kind, range_, depth):
    rng = np.random.default_rng(3)
    image = {
        "RGB": lambda: rng.integers(0, 256, (13, 17, 3), np.uint8),
        "alpha": lambda: rng.integers(0, 256, (13, 17, 4), np.uint8),
        "deep": lambda: rng.integers(0, 65536, (13, 17, 1), np.uint16),
        "float": lambda: rng.normal(100, 90, (13, 17, 1)).astype(np.float32),
    }[kind]()
    for text in WRITTEN:
        reader = reader_of(image, may_have_alpha=True)
        operators = Pipeline.parse(text).operators
        file = io.BytesIO()
        filter_image(reader, operators, file, FORMATS["png"], look=Look(range_, depth))
        written = read_png(file)
        for place in ((0, 0), (1, 3), (written.shape[0] - 1, written.shape[1] - 1)):
            found = explain(reader, operators, place, look=Look(range_, depth))
            assert [path.pixel for path in found.paths] == written[place].tolist(), (text, place)
            assert all(path.steps[-1].value == path.pixel for path in found.paths)


def test_a_tie_is_rounded_as_it_is_when_written():
    """0.1 + 0.1 + 0.3 of 29 is a tie, but not in float32: rounding that alone would give 15."""
    image = np.full((3, 4), 29, np.uint8)
    operators = [Conv([[0.1, 0.1, 0.3]])]
    (path,) = explain(reader_of(image), operators, (1, 1)).paths
    assert (path.pixel, np.rint(np.float32(path.value))) == (14, 15)


def test_fields_are_the_arithmetic_one_and_what_is_read():
    image = np.zeros((9, 9), np.uint8)
    found = explained(image, "conv -k box3 | pool --size 2 | conv -k box3", (0, 3))
    assert [field.region.spans for field in found.fields] == [
        ((-1, 2), (2, 5)), ((-2, 4), (4, 10)), ((-3, 5), (3, 11))
    ]  # fmt: skip
    assert [field.region.seen_along for field in found.fields] == [
        (((0, 2),), ((2, 4),)), (((0, 4),), ((4, 8),)), (((0, 5),), ((3, 9),))
    ]  # fmt: skip


def test_a_mean_counts_the_padding_but_not_what_lies_past_it():
    image = np.full((4, 4), 6, np.uint8)
    mean = "pool -m mean --size 3 --stride 3 --padding 1 --ceil --count-include-pad"
    (path,) = explained(image, mean, (0, 0)).paths
    assert steps(path.calculations[0]) == [
        ("sum of 4 elements", 24), ("/ 9 elements, 5 of them padding", 24 / 9)
    ]  # fmt: skip
    mean = "pool -m mean --size 3 --stride 2 --padding 0,1,0,1 --ceil --count-include-pad"
    (path,) = explained(image, mean, (1, 1)).paths
    assert steps(path.calculations[0])[1] == ("/ 9 elements, 5 of them padding", 24 / 9)
    (path,) = explained(image[:3, :3], mean.replace("0,1,0,1", "0"), (0, 0)).paths
    assert path.value == 6
    mean = "pool -m mean --size 3 --stride 2 --ceil --count-include-pad"
    (path,) = explained(image, mean, (1, 1)).paths
    assert steps(path.calculations[0]) == [("sum of 4 elements", 24), ("/ 4 elements", 6)]


def read_png(file):
    from convtool.io.source import open_stream

    file.seek(0)
    return np.concatenate(list(open_stream(file).blocks()))


def test_floats_are_added_up_as_in_the_whole_map():
    """In an image of many bands, by methods whose last bits depend on how these are cut."""
    rng = np.random.default_rng(4)
    image = rng.normal(100, 30, (900, 700, 3)).astype(np.float32)
    operators = [
        Conv(rng.normal(size=(7, 7))),
        Pool(3, "mean", stride=2),
        Conv(rng.normal(size=(15, 15))),
    ]
    map_ = run(operators, image)
    for row in (0, 200, map_.shape[0] - 1):
        found = explain(reader_of(image), operators, (row, 11))
        assert [path.value for path in found.paths] == map_[row, 11].tolist()


def test_no_more_rows_are_read_than_the_bands_need():
    taken = []

    class Watched:
        header, notes, metadata = reader_of(np.zeros((100_000, 100, 1), np.uint8)).header, (), NONE

        def blocks(self):
            for top in range(0, 100_000, 100):
                taken.append(top)
                yield np.full((100, 100, 1), top // 100 % 256, np.uint8)

    found = explain(Watched(), [Conv(np.ones((3, 3)), divisor=9)], (99, 50))
    assert found.paths[0].value == pytest.approx(1 / 3)
    assert len(taken) < 300


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324])
@pytest.mark.parametrize("text", [
    "conv -k edge", "conv -k '0 1' | relu", "pool", "pool -m mean", "pool -m median -s 3",
    "pool -m lp", "abs", "sigmoid", "tanh", "leaky_relu", "conv -k box3 -k edge --combine mean",
    "conv -k box3 -k edge --combine magnitude", "pool -m sum -s 4",
])  # fmt: skip
@pytest.mark.parametrize("range_", RANGES)
def test_numbers_at_the_ends(value, text, range_):
    image = np.arange(30.0).reshape(5, 6)
    image[1, 2] = image[3, 3] = value
    with np.errstate(all="ignore"):
        map_ = Pipeline.parse(text).run(image)
    for place in {(0, 0), (1, 2), (map_.shape[0] - 1, map_.shape[1] // 2)}:
        if place[0] < map_.shape[0] and place[1] < map_.shape[1]:
            (path,) = explained(image, text, place, look=Look(range_)).paths
            assert np.array_equal([path.value], [map_[place]], equal_nan=True)


def test_an_engine_that_is_wrong_is_found_out(monkeypatch):
    from convtool.methods.direct import Direct
    from convtool.methods.separable import Separable

    for method in (Direct, Separable):
        real = method.sums
        monkeypatch.setattr(method, "sums", lambda self, *rest, real=real: real(self, *rest) + 1)
    one = [Conv([[1]], name="one", method="direct")]
    with pytest.raises(
        ConvtoolError, match=r"row 1, column 1: conv one 1x1: the engine gives 2.0, expected 1.0"
    ):
        explain(reader_of(np.eye(4, dtype=np.int8)), one, (1, 1))


@pytest.mark.parametrize("place", [(4, 0), (0, 4), (-1, 0), (99, 99)])
def test_a_place_outside_the_map(place):
    with pytest.raises(ConvtoolError, match=r"the map is 4x4 and has no row .* 0,0 to 3,3"):
        explained(MATRIX, "conv -k edge", place)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int64", "uint64", "float32"])
def test_the_largest_pixel_of_many_is_found_in_little_memory(dtype):
    rows = np.zeros((1500, 1000, 2), dtype)
    rows[0, 0, 0], rows[-1, -1, -1] = 1, np.iinfo(dtype).min if dtype[0] == "i" else 1
    expected = float(np.abs(rows[-1, -1, -1].astype(float)))
    if dtype == "float32":
        rows[700, 3] = np.nan, -np.inf
    tracemalloc.start()
    found = largest_of(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == expected
    assert peak < 2**23  # a copy as float64 has 2**24.5


def test_grey_of_grey_and_of_floats():
    (path,) = explained([[3, 4]], "gray", (0, 1)).paths
    assert steps(path.calculations[0]) == [("grey already", 4)]
    (path,) = explained(np.array([[[0.5, 0.25, 1.0]]]), "gray", (0, 0)).paths
    assert path.value == pytest.approx(0.299 * 0.5 + 0.587 * 0.25 + 0.114)
