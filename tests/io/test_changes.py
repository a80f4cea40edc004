"""Drawings as GIF, APNG and WebP: read back by Pillow, they are the frames that were drawn."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convtool.core.image import Header
from convtool.core.metadata import Metadata, Timing
from convtool.io.changes import SAME, Changes
from convtool.io.gif_changes import GifChangesWriter
from convtool.io.png.changes import PngChangesWriter
from convtool.io.webp_changes import WebpChangesWriter

WRITERS = {"gif": GifChangesWriter, "png": PngChangesWriter, "webp": WebpChangesWriter}
PALETTE = np.random.default_rng(0).permutation(256**3)[:255]
PALETTE = np.stack([PALETTE >> 16, PALETTE >> 8 & 255, PALETTE & 255], axis=-1).astype(np.uint8)


def written(name, drawings, palette=PALETTE, duration=500.0):
    count, height, _width, _ = drawings.shape
    header = Header.of_array(drawings[0])._replace(height=count * height, depth=count)
    file = io.BytesIO()
    timing = Timing((duration,) * (count - 1) + (4 * duration,), 0)
    writer = WRITERS[name](file, header, Metadata(timing=timing), Changes(palette))
    for drawing in drawings:
        writer.write(writer.encode(drawing))
    assert writer.close() == 0
    return file


def read_back(file):
    with Image.open(file) as found:
        frames = []
        for number in range(found.n_frames):
            found.seek(number)
            found.load()
            frames.append((np.asarray(found.convert("RGB")), found.info["duration"]))
        return frames, found.info["loop"]


@pytest.mark.parametrize("name", WRITERS)
@given(seed=st.integers(0, 2**32), count=st.integers(2, 6))
def test_frames_are_read_back_as_they_were(name, seed, count):
    random = np.random.default_rng(seed)
    drawings = np.empty((count, 9, 13, 3), np.uint8)
    drawings[0] = PALETTE[random.integers(0, 255, (9, 13))]
    for before, after in itertools.pairwise(drawings):
        after[...] = before
        top, left = random.integers(0, 9), random.integers(0, 13)
        part = after[top : top + 3, left : left + 4]
        some = random.random(part.shape[:2]) < 0.5
        some[0, 0] = True
        part[some] = PALETTE[random.integers(0, 255)]
    frames, loop = read_back(written(name, drawings))
    assert loop == 0, "without end"
    # Pillow counts frames that nothing changes in as one with the next: none is left out here.
    assert len(frames) == count
    for (pixels, duration), drawing in zip(frames, drawings, strict=True):
        assert np.array_equal(pixels, drawing)
        assert duration in (500, 2000)
    assert frames[-1][1] == 2000


@given(st.integers(0, 2**32))
def test_the_nearest_colour_is_taken(seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), np.uint8)
    numbers = Changes(PALETTE).next(pixels).numbers
    for place in np.ndindex(3, 4):
        off = [sum((int(a) - int(b)) ** 2 for a, b in zip(pixels[place], c, strict=True))
               for c in PALETTE]  # fmt: skip
        assert off[numbers[place]] == min(off)


def test_only_the_rectangle_that_changes_is_kept():
    changes = Changes(PALETTE)
    before = np.zeros((20, 30, 3), np.uint8)
    assert changes.next(before).numbers.shape == (20, 30)
    after = before.copy()
    after[5, 7] = after[8, 11] = 255
    left, top, numbers = changes.next(after)
    assert (left, top, numbers.shape) == (7, 5, (4, 5))
    assert (numbers == SAME).sum() == 18
    assert changes.next(after).numbers.tolist() == [[SAME]]
