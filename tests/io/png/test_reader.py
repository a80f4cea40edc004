"""PNG row by row, against Pillow's reading of the whole file and against the standard."""

import io
import struct
import tracemalloc
import zlib
from itertools import count

import numpy as np
import pytest
from helpers.pngs import (
    KINDS,
    SAMPLES,
    SIGNATURE,
    chunk,
    filtered,
    header,
    idats,
    passes,
    png,
    random_png,
    random_rows,
)
from PIL import Image

from convtool import ConvtoolError, read_image
from convtool.core.metadata import Metadata
from convtool.io.pillow import read_picture
from convtool.io.source import open_image, open_stream

END = chunk(b"IEND")


class Pipe(io.RawIOBase):
    """Bytes that can be read once."""

    def __init__(self, data):
        self._file = io.BytesIO(data)

    def read(self, size=-1):
        return self._file.read(size)


def pixels_of(reader):
    pixels = np.concatenate(list(reader.blocks()))
    header = reader.header
    assert pixels.shape == (header.height, header.width, len(header.channels))
    assert pixels.dtype == header.dtype
    return pixels


def from_file(data):
    return pixels_of(open_stream(Pipe(data)))


def from_pipe(data):
    return pixels_of(open_stream(Pipe(data), again=False))


WAYS = [from_file, from_pipe]


def by_pillow(data):
    return pixels_of(read_picture(io.BytesIO(data), 10**9))


def outcome(read, data):
    try:
        return read(data)
    except ConvtoolError as error:
        return str(error)


def assert_as_pillow(found, data):
    """Equal pixels, but that Pillow keeps 8 of 16 bits of colour, and makes grey RGB there."""
    expected = by_pillow(data)
    if found.dtype == np.uint16 and expected.dtype == np.uint8:
        found = (found >> 8).astype(np.uint8)
        expected = expected[..., -found.shape[2] :]
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interlaced", [False, True])
def test_every_kind_filter_and_chunking(kind, read, interlaced):
    rng = np.random.default_rng(kind)
    for _ in range(15):
        data = random_png(rng, *kind, interlaced=interlaced)
        found = read(data)
        assert found.dtype == (np.uint16 if kind[0] == 16 else np.uint8)
        assert_as_pillow(found, data)


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 9)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_thin_pictures(kind, size, read, interlaced):
    data = random_png(np.random.default_rng(1), *kind, *size, interlaced=interlaced)
    found = read(data)
    assert found.dtype == (np.uint16 if kind[0] == 16 else np.uint8)
    assert_as_pillow(found, data)


@pytest.mark.parametrize("read", WAYS)
def test_more_rows_than_are_read_at_once(read, photo):
    large = np.concatenate([photo] * 9)
    file = io.BytesIO()
    Image.fromarray(large).save(file, "PNG")
    assert np.array_equal(read(file.getvalue()), large)
    deep = large[..., 0].astype(np.uint16) * 257 + 5
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "PNG")
    assert np.array_equal(read(file.getvalue())[..., 0], deep)


@pytest.mark.parametrize("kind", [(4, 3), (8, 2), (16, 6)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_file_is_read_anew_each_time(kind, interlaced):
    data = random_png(np.random.default_rng(3), *kind, 200, 30, interlaced=interlaced)
    reader = open_stream(Pipe(data))
    first = pixels_of(reader)
    next(iter(reader.blocks()))  # and one that is given up
    assert np.array_equal(pixels_of(reader), first)


def damaged(rng, data):
    """The file with one thing wrong with it."""
    data = bytearray(data)
    place = int(rng.integers(len(data)))
    size = int(rng.integers(1, 9))
    match rng.integers(5):
        case 0:
            del data[place:]
        case 1:
            data[place] ^= 1 << rng.integers(8)
        case 2:
            data[place:place] = rng.bytes(size)
        case 3:
            del data[place : place + size]
        case 4:  # a chunk whose checksum is right
            starts, start = [], 8
            while start < len(data):
                starts.append(start)
                start += 12 + int.from_bytes(data[start : start + 4])
            start = starts[rng.integers(len(starts))]
            end = start + 8 + int.from_bytes(data[start : start + 4])
            if end > start + 8:
                data[int(rng.integers(start + 8, end))] ^= 1 << rng.integers(8)
            data[end : end + 4] = zlib.crc32(data[start + 4 : end]).to_bytes(4)
    return bytes(data)


def test_what_pillow_refuses_is_refused():
    rng = np.random.default_rng(5)
    refused = 0
    for i in range(600):
        kind = KINDS[i % len(KINDS)]
        text = chunk(b"tEXt", b"a\0b")
        data = damaged(rng, random_png(rng, *kind, after=text, interlaced=bool(i % 2)))
        if isinstance(outcome(by_pillow, data), str):
            refused += 1
            for read in WAYS:
                assert isinstance(outcome(read, data), str)
        else:
            for read in WAYS:
                found = outcome(read, data)
                if not isinstance(found, str):  # its checksums are told to be wrong
                    assert_as_pillow(found, data)
    assert refused > 200


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (lambda data: zlib.compress(data)[:-1] + b"?", "broken"),
        (lambda data: zlib.compress(data)[:-4], "checksum is missing"),
        (lambda data: zlib.compress(data[:-4]), "end after 2 of 3 rows"),
        (lambda data: zlib.compress(b"\5" + data[1:]), "filter"),
        (lambda data: b"\x78\x02" + zlib.compress(data)[2:], "broken"),
        (lambda data: b"", "truncated|end after 0 of 3 rows"),
    ],
)
@pytest.mark.parametrize("read", WAYS)
def test_broken_pixels(read, packed, message):
    rows = np.arange(9, dtype=np.uint8).reshape(3, 3)
    data = packed(filtered(rows, [0, 1, 2], 1))
    with pytest.raises(ConvtoolError, match=message):
        read(SIGNATURE + header(3, 3, 8, 0) + idats(data) + END)


@pytest.mark.parametrize("read", WAYS)
def test_what_follows_the_last_row_is_left_alone(read):
    rows = np.arange(9, dtype=np.uint8).reshape(3, 3)
    data = filtered(rows, [0, 1, 2], 1)
    for packed in (zlib.compress(data + bytes(10**7)), zlib.compress(data) + b"more"):
        file = SIGNATURE + header(3, 3, 8, 0) + idats(packed) + END + b"and more"
        assert np.array_equal(read(file)[..., 0], rows)


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize("over", [0, 1, 7, 300, 1900, 2100])
def test_rows_that_pack_to_nothing(read, over):
    """All of the stream may have been taken in when a piece of what it unpacks to is full."""
    for width, height in ((2**20 - 1 + over, 1), (1023, 1024 + (over > 0))):
        file = io.BytesIO()
        Image.new("L", (width, height), 7).save(file, "PNG")
        assert (read(file.getvalue()) == 7).all()


@pytest.mark.parametrize("read", WAYS)
def test_the_size_limit_comes_before_the_pixels(read):
    file = SIGNATURE + header(70000, 70000, 8, 0) + idats(zlib.compress(bytes(99))) + END
    with pytest.raises(ConvtoolError, match="70000x70000, more than the limit"):
        read(file)


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey(depth, read):
    """Pillow compares it with 8 bits, whatever the depth."""
    values = np.arange(min(2**depth, 8))
    bits = "".join(f"{value:0{depth}b}" for value in values)
    row = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))
    transparent = chunk(b"tRNS", struct.pack(">H", 1))
    data = SIGNATURE + header(1, len(values), depth, 0) + transparent
    found = read(data + idats(zlib.compress(b"\0" + row)) + END)
    white = 65535 if depth == 16 else 255
    scale = 1 if depth == 16 else 255 // (2**depth - 1)
    assert found[0, :, 0].tolist() == (values * scale).tolist()
    assert found[0, :, 1].tolist() == [white if value != 1 else 0 for value in values]


@pytest.mark.parametrize("read", WAYS)
def test_a_transparent_colour_of_16_bits(read):
    pixels = np.array([[[1, 2, 3], [1, 2, 4]]], ">u2")
    data = header(1, 2, 16, 2) + chunk(b"tRNS", pixels[0, 0].tobytes())
    found = read(SIGNATURE + data + idats(zlib.compress(b"\0" + pixels.tobytes())) + END)
    assert found.tolist() == [[[1, 2, 3, 0], [1, 2, 4, 65535]]]


def test_colour_of_16_bits_is_kept(folder):
    deep = np.random.default_rng(0).integers(0, 65536, (5, 4, 3), dtype=np.uint16)
    rows = deep.astype(">u2").view(np.uint8).reshape(5, -1)
    data = zlib.compress(filtered(rows, [4, 3, 2, 1, 0], 6))
    (folder / "a.png").write_bytes(SIGNATURE + header(5, 4, 16, 2) + idats(data) + END)
    assert open_image("a.png").notes == ()
    assert np.array_equal(read_image("a.png"), deep)


def with_orientation(before, orientation=6):
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    tag = chunk(b"eXIf", exif.tobytes()[6:])
    data = idats(zlib.compress(filtered(pixels, [0, 0], 1)))
    parts = (tag, data) if before else (data, tag)
    return SIGNATURE + header(2, 3, 8, 0) + b"".join(parts) + END, pixels


@pytest.mark.parametrize("before", [True, False])
def test_a_picture_that_is_turned(before):
    data, pixels = with_orientation(before)
    assert np.array_equal(from_file(data)[..., 0], np.rot90(pixels, -1))
    if before:
        assert np.array_equal(from_pipe(data)[..., 0], np.rot90(pixels, -1))
    else:
        with pytest.raises(ConvtoolError, match="too late in a pipe; read it from a file"):
            from_pipe(data)


@pytest.mark.parametrize("before", [True, False])
def test_a_picture_that_is_upright_and_says_so(before):
    data, pixels = with_orientation(before, 1)
    for read in WAYS:
        assert np.array_equal(read(data)[..., 0], pixels)


def test_passes_of_a_picture_by_hand():
    pixels = np.arange(30, dtype=np.uint8).reshape(5, 6)
    found = [part.tolist() for part in passes(pixels, 6, 8, 0)]
    assert found == [
        [[0]], [[4]], [[24, 28]], [[2], [26]], [[12, 14, 16]],
        [[1, 3, 5], [13, 15, 17], [25, 27, 29]], [[6, 7, 8, 9, 10, 11], [18, 19, 20, 21, 22, 23]],
    ]  # fmt: skip


def transparent(depth, color):
    """A tRNS chunk: a colour of bytes 0xA5, or an alpha for each number of the palette."""
    if color == 3:
        return chunk(b"tRNS", bytes(range(2**depth)))
    samples = [0xA5A5 % 2**depth] * SAMPLES[color]
    return b"" if color in (4, 6) else chunk(b"tRNS", struct.pack(f">{len(samples)}H", *samples))


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_interlaced_or_not_the_pixels_are_the_same(kind, read):
    """In every size that leaves passes out, and with a transparent colour that is there."""
    rng = np.random.default_rng(kind)
    for height in range(1, 10):
        for width in range(1, 10):
            rows = random_rows(rng, height, width, *kind)
            if kind[0] >= 8:
                rows[rng.random(height) < 0.5] = 0xA5
            for before in (b"", transparent(*kind)):
                plain, interlaced = (
                    png(rng, rows, width, *kind, interlaced=how, before=before)
                    for how in (False, True)
                )
                found = read(interlaced)
                assert np.array_equal(found, read(plain))
                assert found.dtype == (np.uint16 if kind[0] == 16 else np.uint8)


@pytest.mark.parametrize("read", WAYS)
def test_an_interlaced_picture_that_ends_early(read):
    rows = np.zeros((9, 9), np.uint8)
    parts = [filtered(part, [0] * len(part), 1) for part in passes(rows, 9, 8, 0)]
    data = zlib.compress(b"".join(parts)[:-1])
    count = 2 + 2 + 1 + 3 + 2 + 5 + 4
    with pytest.raises(ConvtoolError, match=f"end after {count - 1} of {count} rows .of all pass"):
        read(SIGNATURE + header(9, 9, 8, 0, 1) + idats(data) + END)


@pytest.mark.parametrize("read", WAYS)
@pytest.mark.parametrize("color", [0, 2, 4, 6])
def test_an_interlaced_picture_of_many_blocks_keeps_its_16_bits(color, read):
    rng = np.random.default_rng(color)
    count = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    pixels = rng.integers(0, 65536, (203, 301, count), dtype=np.uint16)
    rows = pixels.astype(">u2").view(np.uint8).reshape(203, -1)
    data = png(rng, rows, 301, 16, color, interlaced=True)
    assert np.array_equal(read(data), pixels)
    assert_as_pillow(read(data), data)


@pytest.mark.parametrize("read", WAYS)
def test_an_interlaced_picture_as_opencv_reads_it(read):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    rng = np.random.default_rng(0)
    for depth, color in KINDS:
        if color == 4:
            continue  # as OpenCV makes four channels of it
        for _ in range(5):
            data = random_png(rng, depth, color, interlaced=True)
            expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            found = read(data)
            expected = expected.reshape(found.shape)
            if found.shape[2] > 1:
                expected = expected[..., [2, 1, 0, 3][: found.shape[2]]]
            assert np.array_equal(found, expected)


def animation():
    """Chunks of further frames, told before the pixels and behind them, and how many are told.

    The first is sound, the others have a chunk out of place.
    """

    def control(number, height=6, width=7):
        sizes = struct.pack(">5I2H2B", number, width, height, 0, 0, 1, 10, 0, 0)
        return chunk(b"fcTL", sizes)

    def data(number):
        return chunk(b"fdAT", struct.pack(">I", number) + zlib.compress(bytes(6 * 22)))

    two = chunk(b"acTL", struct.pack(">2I", 2, 0))
    yield two + control(0), control(1) + data(2), 2
    yield two, control(0) + data(1) + control(2) + data(3), 3
    yield two + control(1), control(2) + data(3), 2
    yield two + control(0, 3, 3), control(1) + data(2), 2
    yield two + control(0), data(1) + control(2), 2
    yield two + control(0), control(5) + data(7), 2
    yield two + control(0), control(1, 9, 9) + data(2), 2
    yield two + control(0) + data(1), b"", 2
    yield two + chunk(b"fcTL", b"abc"), chunk(b"fdAT", b"ab"), 2
    yield chunk(b"acTL", b""), control(0) + data(1), 1
    yield b"", two + control(0) + data(1), 1
    yield control(0), control(1) + data(2), 1
    yield b"", control(1) + data(2), 1
    yield b"", data(2), 1
    yield two + control(0), (control(1) + data(2))[:-9], 2


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("before", "after", "frames"), list(animation()), ids=count())
def test_the_still_picture_of_an_animation(before, after, frames, interlaced):
    rng = np.random.default_rng(0)
    rows = random_rows(rng, 6, 7, 8, 2)
    text = chunk(b"tEXt", b"a\0b")
    data = png(rng, rows, 7, 8, 2, interlaced, text + before, after)
    notes = (f"holds {frames} frames, only the first is read",) if frames > 1 else ()
    for again in (True, False):
        reader = open_stream(Pipe(data), again=again)
        assert reader.notes == notes
        assert np.array_equal(pixels_of(reader), rows.reshape(6, 7, 3))


def test_an_animation_as_pillow_writes_and_reads_it(folder):
    rng = np.random.default_rng(0)
    frames = [Image.fromarray(rng.integers(0, 256, (9, 8, 4), dtype=np.uint8)) for _ in range(3)]
    for apart in (False, True):
        frames[0].save(
            "a.png", save_all=True, append_images=frames[1:], default_image=apart, blend=1
        )
        reader = open_image("a.png")
        with open("a.png", "rb") as file:
            by_pillow = read_picture(file, 10**9)
        assert len(reader.notes) == 1
        assert reader.notes == by_pillow.notes
        assert np.array_equal(pixels_of(reader), pixels_of(by_pillow))


def test_frames_behind_the_pixels_are_not_kept(folder):
    """Their bytes may be many more than those of the picture."""
    frame = chunk(b"fcTL", bytes(26)) + chunk(b"fdAT", bytes(2**20))
    data = random_png(np.random.default_rng(0), 8, 2, after=frame * 100)
    (folder / "a.png").write_bytes(data)
    tracemalloc.start()
    try:
        with open("a.png", "rb") as file:
            for reader in (open_image("a.png"), open_stream(file, again=False)):
                pixels_of(reader)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


CHECKED = [b"IHDR", b"PLTE", b"IDAT", b"IEND"]


@pytest.mark.parametrize("kind", CHECKED)
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("read", WAYS)
def test_a_wrong_checksum_of_what_makes_the_picture(kind, interlaced, turned, read):
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1
    tag = chunk(b"eXIf", exif.tobytes()[6:])
    data = random_png(np.random.default_rng(0), 8, 3, 9, 9, interlaced=interlaced, before=tag)
    assert len(read(data)) == 9
    start = data.rindex(kind) - 4  # of the pixels' chunks the last
    end = start + 8 + int.from_bytes(data[start : start + 4])
    wrong = bytearray(data)
    wrong[end + 3] ^= 1
    with pytest.raises(
        ConvtoolError, match=f"is broken and cannot be decoded: .*checksum.*{kind.decode()}"
    ):
        read(bytes(wrong))


def test_metadata(folder):
    profile = bytes(range(16)) + b"RGB " + bytes(150)
    chunks = (
        chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
        + chunk(b"gAMA", struct.pack(">I", 45455))
        + chunk(b"sRGB", b"\1")
        + chunk(b"iCCP", b"x\0\0" + zlib.compress(profile))
        + chunk(b"pHYs", struct.pack(">2IB", 11811, 3937, 1))
    )
    data = random_png(np.random.default_rng(0), 8, 2, before=chunks)
    found = open_stream(Pipe(data)).metadata
    assert found.icc_profile == profile
    assert found.dpi == pytest.approx((300, 100), abs=0.01)
    assert (found.srgb, found.gamma) == (1, 0.45455)
    assert found.chromaticities == (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
    assert open_stream(Pipe(random_png(np.random.default_rng(0), 8, 2))).metadata == Metadata()


def test_a_text_that_unpacks_to_very_much_is_refused():
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8), 9))
    for place in ("before", "after"):
        data = random_png(np.random.default_rng(0), 8, 2, **{place: bomb})
        for read in WAYS:
            assert isinstance(outcome(by_pillow, data), str)
            assert isinstance(outcome(read, data), str)


def packed_bombs():
    packed = zlib.compress(bytes(2**27), 9)
    yield chunk(b"zTXt", b"Comment\0\0" + packed)
    yield chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed)
    yield chunk(b"iCCP", b"profile\0\0" + packed)
    yield chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**20 - 9))) * 70


@pytest.mark.parametrize("bomb", list(packed_bombs()), ids=["zTXt", "iTXt", "iCCP", "many"])
@pytest.mark.parametrize("before", [True, False])
def test_text_and_profiles_that_unpack_to_much_are_refused(folder, bomb, before):
    rng = np.random.default_rng(0)
    where = {"before" if before else "after": bomb}
    (folder / "a.png").write_bytes(random_png(rng, 8, 0, 5, 5, **where))
    tracemalloc.start()
    try:
        with pytest.raises(ConvtoolError, match=r"a.png: holds text or a profile that unpacks"):
            read_image("a.png")
        assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [(16, 2), (16, 4), (8, 6)])
def test_without_its_last_chunk_the_pixels_are_the_same_from_anywhere(kind):
    data = random_png(np.random.default_rng(0), *kind)
    whole = from_file(data)
    for read in WAYS:
        found = read(data.removesuffix(chunk(b"IEND")))
        assert found.dtype == whole.dtype
        assert np.array_equal(found, whole)
