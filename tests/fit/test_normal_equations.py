import numpy as np
import pytest
from helpers.blocks import Blocks

from convtool.fit import normal_equations
from convtool.fit.normal_equations import gather
from convtool.fit.pairs import ImagePair, Model, overlay

RNG = np.random.default_rng(0)


SHAPES = {1: (500,), 2: (37, 41), 3: (40, 7, 8)}


def image_of(dtype, dimensions, channels=2):
    """An image of the largest pixels there are, for sums to be wrong if they can be."""
    shape = (*SHAPES[dimensions], channels)
    if np.dtype(dtype).kind == "f":
        return RNG.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    pixels = RNG.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    pixels[: len(pixels) // 2] = info.max
    return pixels


def windows_of(image, model):
    """All windows inside the image, a row each, by plain slices."""
    columns = []
    channels = range(image.shape[-1]) if model.layer else [slice(None)]
    for channel in channels:
        for taps in np.ndindex(model.size):
            cuts = []
            axes = zip(
                image.shape[:-1], model.size, model.stride, model.dilation, taps, strict=True
            )
            for length, count, stride, dilation, tap in axes:
                first = tap * dilation
                cuts.append(slice(first, length - (count - 1 - tap) * dilation, stride))
            columns.append(image[(*cuts, channel)].reshape(-1))
    return np.array(columns, dtype=object if image.dtype.kind != "f" else float)


@pytest.mark.parametrize("dtypes", [("uint8", "uint8"), ("uint16", "uint16"), ("int8", "int16"),
                                    ("uint8", "float32"), ("float64", "float64")])  # fmt: skip
@pytest.mark.parametrize("model", [
    Model.of((3, 3)),
    Model.of((2, 4), stride=(2, 1), dilation=(1, 3)),
    Model.of((3, 2), layer=True),
    Model.of((3,)),
    Model.of((4,), stride=2, dilation=3, layer=True),
    Model.of((3, 2, 1)),
    Model.of((2, 3, 2), stride=(2, 1, 3), dilation=(3, 1, 2)),
    Model.of((2, 1, 3), stride=(1, 2, 1), layer=True),
])  # fmt: skip
@pytest.mark.parametrize("chunk", [1024, 16])
def test_sums_are_those_of_all_products(dtypes, model, chunk, monkeypatch):
    """Of whole pixels exactly, in Python's own integers; in chunks of one strip, and of less."""
    monkeypatch.setattr(normal_equations, "PRODUCTS", chunk)
    monkeypatch.setattr(normal_equations, "SCRATCH", 0)
    before, after = (image_of(dtype, model.dimensions) for dtype in dtypes)
    reach = [(n - 1) * d + 1 for n, d in zip(model.size, model.dilation, strict=True)]
    sizes = (
        (size - r) // step + 1
        for size, r, step in zip(before.shape[:-1], reach, model.stride, strict=True)
    )
    after = after[tuple(map(slice, sizes))]
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
    after, model = before[:-1, :-1], Model.of((2, 2))
    pair = ImagePair(lambda: Blocks(before, 50), lambda: Blocks(after, 50))
    (found,) = gather(overlay(pair, model), model, 2)
    kept = (after > 0) & (after < 255)
    windows = windows_of(before, model)[:, kept.ravel()].astype(np.int64)
    assert np.array_equal(found.gram[:4, :4], windows @ windows.T)
    assert np.array_equal(found.gram[4, :4], windows.sum(axis=1))
