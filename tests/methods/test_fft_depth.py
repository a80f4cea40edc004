"""The Fourier transform in three axes: blocks of several slices."""

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given
from hypothesis import strategies as st

from convtool import conv3d, plan
from convtool.methods import fft_depth, planner

three = st.tuples(*[st.integers(1, 3)] * 3)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(fft_depth, "LARGEST", 300)
    monkeypatch.setattr(fft_depth, "WIDEST", 9)
    planner.plan.cache_clear()
    yield
    planner.plan.cache_clear()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_meet(small_blocks, dtype, channels):
    rng = np.random.default_rng(0)
    volume = rng.integers(-99 if dtype == "int16" else 0, 100, (17, 23, 29, channels)).astype(dtype)
    weights = rng.integers(-9, 10, (5, 3, 4))
    found = plan(weights, dtype, volume.shape, method="fft")
    assert isinstance(found.chosen, fft_depth.OverlapSaveInDepth)
    assert all(a < b for a, b in zip(found.chosen.tile, volume.shape, strict=False))
    expected = scipy.ndimage.correlate(
        volume.astype(float), weights[..., np.newaxis], mode="nearest", origin=(0, 0, -1, 0)
    )
    found = conv3d(volume, weights, method="fft")
    if dtype == "float64":
        assert np.abs(found - expected).max() < 1e-12 * np.abs(expected).max()
    else:
        assert np.array_equal(found, expected)


@given(st.tuples(*[st.integers(2, 9)] * 3), three, three, three, st.integers(0, 2**32))
def test_it_equals_the_definition(shape, taps, stride, dilation, seed):
    rng = np.random.default_rng(seed)
    volume, weights = rng.integers(0, 256, shape, np.uint8), rng.integers(-9, 10, (2, *taps[1:]))
    options = {"stride": stride, "dilation": dilation, "border": "wrap"}
    direct, fourier = (conv3d(volume, weights, method=way, **options) for way in ("direct", "fft"))
    assert np.array_equal(direct, fourier)


def test_one_huge_pixel_changes_its_own_windows_alone():
    rng = np.random.default_rng(1)
    volume, weights = rng.random((12, 30, 31)), rng.normal(size=(5, 5, 5))
    plain = conv3d(volume, weights, method="direct")
    volume[6, 15, 15] = 1e30
    found = conv3d(volume, weights, method="fft")
    elsewhere = np.ones(volume.shape, bool)
    elsewhere[4:9, 13:18, 13:18] = False
    assert np.allclose(found[elsewhere], plain[elsewhere], rtol=1e-12, atol=1e-12)
    volume[6, 15, 15] = np.nan
    found = conv3d(volume, weights, method="fft")
    assert np.array_equal(np.isnan(found), ~elsewhere)


def test_threads_change_nothing():
    rng = np.random.default_rng(2)
    volume = rng.random((40, 60, 70), dtype=np.float32)
    weights = rng.normal(size=(13, 13, 13))
    assert plan(weights, "float32", volume.shape).method == "fft"
    one, many = (conv3d(volume, weights, threads=count) for count in (1, 5))
    assert np.array_equal(one, many)
