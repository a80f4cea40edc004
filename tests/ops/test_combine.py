import numpy as np
import pytest

from convtool import ConvtoolError, Pipeline, conv2d, find_kernel
from convtool.core.image import Header
from convtool.ops.base import over_array
from convtool.ops.combine import Combine
from convtool.ops.conv import Conv

NAMES = ("sobel_x", "sobel_y", "gaussian7")


def combined(image, how, *, alpha=False, names=NAMES, **options):
    operators = [Conv(find_kernel(name), **options) for name in names]
    return over_array(
        Combine(operators, how).bind(Header.of_array(image, may_have_alpha=alpha)), image
    )


@pytest.mark.parametrize(
    ("how", "merge"),
    [
        ("sum", lambda maps: maps.sum(axis=0)),
        ("mean", lambda maps: maps.mean(axis=0)),
        ("max", lambda maps: maps.max(axis=0)),
        ("abs-sum", lambda maps: np.abs(maps).sum(axis=0)),
        ("abs-max", lambda maps: np.abs(maps).max(axis=0)),
        ("magnitude", lambda maps: np.sqrt((maps**2).sum(axis=0))),
    ],
)
def test_combinations(photo, how, merge):
    maps = np.stack([conv2d(photo, find_kernel(name)) for name in NAMES]).astype(np.float64)
    found = combined(photo, how)
    assert found.dtype == np.float32
    assert np.array_equal(found, merge(maps).astype(np.float32))


def test_alpha_is_carried_once():
    image = np.random.default_rng(0).integers(0, 256, (9, 9, 4), dtype=np.uint8)
    found = combined(image, "sum", alpha=True)
    assert np.array_equal(found[..., 3], image[..., 3])


def test_maps_of_different_sizes_do_not_combine():
    with pytest.raises(ConvtoolError, match="maps of 8x8 and 4x4, expected one size"):
        combined(np.zeros((10, 10, 1)), "sum", names=("edge", "gaussian7"), padding="valid")


def test_widened_maps_are_of_float64():
    image = np.random.default_rng(5).integers(0, 65536, (20, 20)).astype(np.uint16)
    kernels = [Conv(find_kernel("gaussian5")), Conv(find_kernel("box5"))]
    wide = Pipeline([Combine(kernels, "magnitude").widened()], "wide")
    floats = Pipeline([Combine(kernels, "magnitude")], "floats")
    np.testing.assert_allclose(wide.run(image), floats.run(image.astype(float)), rtol=1e-13)
