"""PNG files of every kind there is, made byte by byte after the standard (ISO/IEC 15948)."""

import struct
import zlib
from itertools import pairwise

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [
    *((depth, 0) for depth in (1, 2, 4, 8, 16)),
    *((depth, 3) for depth in (1, 2, 4, 8)),
    *((depth, color) for color in (2, 4, 6) for depth in (8, 16)),
]
"""(bits of a sample, colour type)"""


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(height, width, depth, color, interlaced=0):
    return chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, color, 0, 0, interlaced))


def random_rows(rng, height, width, depth, color):
    """Unfiltered rows, (height, bytes), of pixels that hold together a little."""
    size = -(-width * SAMPLES[color] * depth // 8)
    steps = rng.integers(-3, 4, (height, size)) * rng.integers(0, 2)
    noise = rng.integers(0, 256, (height, size)) * rng.integers(0, 2)
    return (np.cumsum(steps, axis=0) + noise).astype(np.uint8)


def filtered(rows, kinds, step):
    """Each row by the filter of its number, one byte after another."""
    out = bytearray()
    above = [0] * rows.shape[1]
    for row, kind in zip(rows.tolist(), kinds, strict=True):
        out.append(kind)
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            predicted = (0, a, b, (a + b) // 2, nearest)[kind]
            out.append((value - predicted) % 256)
        above = row
    return bytes(out)


def idats(packed, rng=None):
    """The zlib stream as chunks: one, or at random many, empty ones among them."""
    if rng is None:
        return chunk(b"IDAT", packed)
    cuts = np.sort(rng.integers(0, len(packed) + 1, rng.integers(0, 6))).tolist()
    edges = [0, *cuts, len(packed)]
    return b"".join(chunk(b"IDAT", packed[a:b]) for a, b in pairwise(edges))


ADAM7 = [
    "16462646", "77777777", "56565656", "77777777",
    "36463646", "77777777", "56565656", "77777777",
]  # fmt: skip
"""The pass of each pixel of an interlaced picture, in squares of eight by eight."""


def passes(rows, width, depth, color):
    """The rows of each pass that has pixels."""
    bits = np.unpackbits(rows, axis=1)[:, : width * SAMPLES[color] * depth]
    pixels = bits.reshape(len(rows), width, -1)
    numbers = np.array([[int(number) for number in line] for line in ADAM7])
    for number in range(1, 8):
        down, across = ((numbers == number).any(axis=axis) for axis in (1, 0))
        found = pixels[np.resize(down, len(rows))][:, np.resize(across, width)]
        if found.size:
            yield np.packbits(found.reshape(len(found), -1), axis=1)


def random_png(rng, depth, color, height=None, width=None, **how):
    """A file of this kind, of `png`."""
    height = height or int(rng.integers(1, 12))
    width = width or int(rng.integers(1, 20))
    rows = random_rows(rng, height, width, depth, color)
    return png(rng, rows, width, depth, color, **how)


def png(rng, rows, width, depth, color, interlaced=False, before=b"", after=b""):
    """A file of these rows with every filter, at any compression, in any chunks."""
    step = max(SAMPLES[color] * depth // 8, 1)
    data = b"".join(
        filtered(part, rng.integers(0, 5, len(part)).tolist(), step)
        for part in (passes(rows, width, depth, color) if interlaced else [rows])
    )
    packer = zlib.compressobj(int(rng.integers(0, 10)), zlib.DEFLATED, int(rng.integers(9, 16)))
    packed = packer.compress(data) + packer.flush()
    palette = chunk(b"PLTE", np.random.default_rng(depth).bytes(3 << depth)) if color == 3 else b""
    start = header(len(rows), width, depth, color, int(interlaced))
    return b"".join(
        (SIGNATURE, start, palette, before, idats(packed, rng),
         after, chunk(b"IEND"))
    )  # fmt: skip


def endless_png():
    """1.8 gigapixels in 5 MB: no command is done with it before a test looks. It has no end."""
    height, width, pieces = 600_000, 3000, 6000
    packer = zlib.compressobj(wbits=-15)
    piece = packer.compress(bytes(height // pieces * (1 + 3 * width)))
    piece += packer.flush(zlib.Z_FULL_FLUSH)
    packed = b"\x78\x01" + piece * pieces
    return SIGNATURE + header(height, width, 8, 2) + chunk(b"IDAT", packed) + chunk(b"IEND")
