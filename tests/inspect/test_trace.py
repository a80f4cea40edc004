"""The maps on the way to a row: the rows that are read, and what is made of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.inspect.trace import joined, read_rows, rows_needed, trace
from convtool.io.base import ArrayReader
from convtool.ops.segment import segments

TEXTS = [
    "conv -k box5 | pool | conv -k edge --stride 3", "abs", "pool -s 3x1 --stride 2", "relu | pool",
    "conv -k edge --border wrap | tanh", "gray | conv -k log5 --dilation 3 --border mirror | abs",
]  # fmt: skip


@given(st.sampled_from(TEXTS), st.integers(0, 2**32), st.data())
def test_the_last_bands_hold_the_rows_as_the_whole_map_does(text, seed, data):
    image = np.random.default_rng(seed).normal(size=(41, 9000, 3)).astype(np.float32)
    header = Header.of_array(image)
    chain = segments(Pipeline.parse(text).operators, header)
    map_ = Pipeline.parse(text).run(image)
    first = data.draw(st.integers(0, len(map_) - 1))
    last = data.draw(st.integers(first + 1, len(map_)))
    start, stop = rows_needed(chain, (first, last))
    traced = trace(chain, image[start:stop], start, (first, last))
    top, rows = joined(traced[-1])
    assert np.array_equal(rows[first - top : last - top].squeeze(), map_[first:last].squeeze())
    assert [len(band.maps) for band in traced[-1]] == [1 + len(chain[-1].stages)] * len(traced[-1])


@given(st.integers(0, 29), st.integers(1, 30), st.integers(1, 12))
def test_rows_are_cut_out_of_blocks(start, count, height):
    image = np.arange(60).reshape(30, 2, 1)
    stop = min(start + count, 30)

    class Blocks(ArrayReader):
        def blocks(self):
            for top in range(0, 30, height):
                assert top < stop, "read too far"
                yield image[top : top + height]

    found = read_rows(Blocks(Header.of_array(image), image), start, stop)
    assert np.array_equal(found, image[start:stop])


def test_an_image_that_ends_early():
    image = np.zeros((5, 2, 1))
    reader = ArrayReader(Header.of_array(image), image)
    with pytest.raises(ConvtoolError, match="ends after 5 rows, expected 6"):
        read_rows(reader, 2, 6)
