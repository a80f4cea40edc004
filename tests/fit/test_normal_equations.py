import numpy as np
import pytest
from helpers.blocks import Blocks

from convtool.fit.normal_equations import gather
from convtool.fit.pairs import ImagePair, Model, overlay

RNG = np.random.default_rng(0)


def image_of(dtype, channels):
    """An image of the largest pixels there are, for sums to be wrong if they can be."""
    shape = (37, 41, channels)
    if np.dtype(dtype).kind == "f":
        return RNG.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    pixels = RNG.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    pixels[:20] = info.max
    return pixels


def windows_of(image, model):
    """All windows inside the image, a row each, by plain slices."""
    reach = [(n - 1) * d for n, d in zip(model.size, model.dilation, strict=True)]
    columns = []
    channels = range(image.shape[2]) if model.layer else [slice(None)]
    for channel in channels:
        for i in range(model.size[0]):
            for j in range(model.size[1]):
                top, left = i * model.dilation[0], j * model.dilation[1]
                taken = image[
                    top : len(image) - reach[0] + top : model.stride[0],
                    left : image.shape[1] - reach[1] + left : model.stride[1],
                    channel,
                ]
                columns.append(taken.reshape(-1))  # fmt: skip
    return np.array(columns, dtype=object if image.dtype.kind != "f" else float)


@pytest.mark.parametrize("dtypes", [("uint8", "uint8"), ("uint16", "uint16"), ("int8", "int16"),
                                    ("uint8", "float32"), ("float64", "float64")])  # fmt: skip
@pytest.mark.parametrize("model", [
    Model((3, 3)), Model((2, 4), stride=(2, 1), dilation=(1, 3)), Model((3, 2), layer=True)
])  # fmt: skip
def test_sums_are_those_of_all_products(dtypes, model):
    """Of whole pixels exactly, in Python's own integers."""
    before, after = image_of(dtypes[0], 2), image_of(dtypes[1], 2)
    reach = [(n - 1) * d + 1 for n, d in zip(model.size, model.dilation, strict=True)]
    height, width = (
        (size - r) // step + 1 for size, r, step in zip((37, 41), reach, model.stride, strict=True)
    )
    after = after[:height, :width]
    images = overlay(ImagePair(lambda: Blocks(before, 5), lambda: Blocks(after, 3)), model)
    assert images.padding == "valid"
    found = gather(images, model, 2)
    windows = windows_of(before, model)
    assert len(found) == (2 if model.layer else 1)
    for output, sums in enumerate(found):
        values = after[..., output] if model.layer else after
        values = np.array(values.reshape(-1), dtype=windows.dtype)
        white = images.after.white
        kept = np.ones(len(values), bool) if white is None else (values != 0) & (values != white)
        rows = np.vstack([windows[:, kept], np.ones((1, kept.sum()), int).astype(windows.dtype)])
        wanted, scale = values[kept], images.scale
        assert sums.pixels == kept.sum()
        close = {"rtol": 1e-12} if windows.dtype == float or scale != 1 else {"rtol": 0}
        np.testing.assert_allclose(sums.gram, (rows @ rows.T).astype(float), atol=1e-9, **close)
        expected = (rows @ wanted).astype(float) * scale
        np.testing.assert_allclose(sums.products, expected, atol=1e-9, **close)
        np.testing.assert_allclose(sums.square, float(wanted @ wanted) * scale**2, rtol=1e-12)


def test_sums_of_many_8_bit_pixels_are_exact():
    """More of them than float32 adds up without rounding, at the ends of the range."""
    before = RNG.choice(np.array([0, 1, 254, 255], np.uint8), (300, 400, 1), p=[0.7, 0.1, 0.1, 0.1])
    after, model = before[:-1, :-1], Model((2, 2))
    pair = ImagePair(lambda: Blocks(before, 50), lambda: Blocks(after, 50))
    (found,) = gather(overlay(pair, model), model, 2)
    kept = (after > 0) & (after < 255)
    windows = windows_of(before, model)[:, kept.ravel()].astype(np.int64)
    assert np.array_equal(found.gram[:4, :4], windows @ windows.T)
    assert np.array_equal(found.gram[4, :4], windows.sum(axis=1))
