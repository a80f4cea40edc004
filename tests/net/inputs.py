"""The files that the commands of the net are run on, the same whenever they are made.

python tests/net/inputs.py FOLDER makes them, to try a command by hand.
"""

import io
import json
import shutil
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

SAMPLES = Path(__file__).parent.parent.parent / "samples"

SIGNATURE = b"\x89PNG\r\n\x1a\n"

HEIGHT, WIDTH = 17, 23
"""Of nearly all images: odd, so that windows and strides do not come out even."""

PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
          (1, 0, 2, 1)]  # fmt: skip
"""The first row and column, and the steps, of each pass of an interlaced PNG."""

GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
"""Colour types of PNG."""


def make(folder: Path) -> None:
    """Make all inputs in an empty folder."""
    shutil.copytree(SAMPLES, folder / "samples", ignore=shutil.ignore_patterns("out", "*.py"))
    for name in ("photos/sub/deep", "photos/empty", "mixed", "clash", "names", "own/kernels",
                 "more", "beside", "nothing", "there", "bad", "bad-p"):  # fmt: skip
        (folder / name).mkdir(parents=True)
    files = _pictures() | _pngs() | _numbers() | _broken() | _large()
    files |= _kernels() | _bad_kernels() | _pipelines() | _folders(files) | _lists() | _pairs()
    for name, data in files.items():
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "names" / "caf\udce9.png").write_bytes(files["rgb.png"])  # no UTF-8


def pixels(
    channels: int, depth: int = 8, height: int = HEIGHT, width: int = WIDTH, seed: int = 1
) -> np.ndarray:
    """Waves, a bright square and some noise, (height, width, channels), of 8 or 16 bits."""
    rows, cols, planes = np.mgrid[:height, :width, :channels]
    values = 110 + 90 * np.sin(rows / (3 + planes)) * np.cos(cols / (4 - planes / 2))
    values[height // 4 : height // 2, width // 3 : 2 * width // 3] = 240
    values += np.random.default_rng(seed).normal(0, 8, values.shape)
    top = 255 if depth == 8 else 65535
    return np.clip(np.rint(values * (top / 255)), 0, top).astype(f"u{depth // 8}")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    values: np.ndarray,
    depth: int,
    color: int,
    *,
    interlaced: bool = False,
    before: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A PNG of samples (height, width, channels), with chunks before and behind its pixels."""
    height, width = values.shape[:2]
    parts = [values]
    if interlaced:
        parts = [values[top::down, left::right] for top, left, down, right in PASSES]
    lines = []
    for part in parts:
        for row in part.reshape(len(part), -1) if part.size else ():
            lines.append(b"\0" + _packed(row, depth))
    header = struct.pack(">2I5B", width, height, depth, color, 0, 0, interlaced)
    data = chunk(b"IDAT", zlib.compress(b"".join(lines)))
    return SIGNATURE + chunk(b"IHDR", header) + before + data + behind + chunk(b"IEND", b"")


def _packed(samples: np.ndarray, depth: int) -> bytes:
    """A row of samples as a PNG has it."""
    if depth >= 8:
        return samples.astype(f">u{depth // 8}").tobytes()
    bits = np.unpackbits(samples.astype(np.uint8)[:, np.newaxis], axis=1)[:, 8 - depth :]
    return np.packbits(bits.ravel()).tobytes()


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    """An image in one of Pillow's formats."""
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    """An array as a .npy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def _profile() -> bytes:
    """A colour profile, without the time at which it was made."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes(12)
    return bytes(data)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _pictures() -> dict[str, bytes]:
    """Pictures that Pillow writes."""
    rgb, gray = Image.fromarray(pixels(3)), Image.fromarray(pixels(1)[..., 0])
    rgba = Image.fromarray(pixels(4))
    gray16 = Image.fromarray(pixels(1, 16)[..., 0])
    lab = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    del lab.info["icc_profile"]  # which has the time in it
    frames = [gray.rotate(angle) for angle in (0, 90, 180)]
    deep = pixels(1, 16)[..., 0]
    return {
        "photo.jpg": saved(rgb, "JPEG", quality=90),
        "gray.jpg": saved(gray, "JPEG"),
        "turned.jpg": saved(rgb, "JPEG", exif=_exif(6)),
        "cmyk.jpg": saved(rgb.convert("CMYK"), "JPEG"),
        "profile.jpg": saved(rgb, "JPEG", icc_profile=_profile(), dpi=(300, 300)),
        "photo.webp": saved(rgb, "WEBP", lossless=True),
        "alpha.webp": saved(rgba, "WEBP", lossless=True),
        "photo.avif": saved(rgb, "AVIF"),
        "photo.jp2": saved(rgb, "JPEG2000"),
        "still.gif": saved(gray, "GIF"),
        "frames.gif": saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "photo.bmp": saved(rgb, "BMP"),
        "photo.tga": saved(rgb, "TGA"),
        "photo.pcx": saved(rgb, "PCX"),
        "photo.sgi": saved(rgb, "SGI"),
        "photo.ico": saved(rgba, "ICO", sizes=[(16, 16)]),
        "photo.ppm": saved(rgb, "PPM"),
        "gray.pgm": saved(gray, "PPM"),
        "bit.pbm": saved(gray.convert("1"), "PPM"),
        "photo.xbm": saved(gray.convert("1"), "XBM"),
        "photo.dds": saved(rgba, "DDS"),
        "photo.tif": saved(rgb, "TIFF"),
        "lzw.tif": saved(rgb, "TIFF", compression="tiff_lzw", dpi=(72, 144)),
        "gray16.tif": saved(gray16, "TIFF"),
        "int32.tif": saved(Image.fromarray(deep.astype(np.int32) - 9000), "TIFF"),
        "float.tif": saved(Image.fromarray(deep.astype(np.float32) / 257 - 20), "TIFF"),
        "pages.tif": saved(gray, "TIFF", save_all=True, append_images=frames[1:]),
        "lab.tif": saved(lab, "TIFF"),
        "drawn.eps": saved(rgb, "EPS"),
        "drawn.pdf": b"%PDF-1.4\n%nothing\n",
    }  # fmt: skip


def _pngs() -> dict[str, bytes]:
    """PNGs of every kind, sound ones."""
    gray, rgb, rgba = pixels(1), pixels(3), pixels(4)
    indices = gray // 16
    palette = chunk(b"PLTE", pixels(3, height=4, width=4).tobytes())
    holes = chunk(b"tRNS", bytes(range(0, 256, 32)))
    text = chunk(b"tEXt", b"Comment\0made for the net")
    resolution = chunk(b"pHYs", struct.pack(">2IB", 11811, 5906, 1))
    packed_profile = b"sRGB\0\0" + zlib.compress(_profile())
    turned = chunk(b"eXIf", _exif(8).removeprefix(b"Exif\0\0"))
    return {
        "gray.png": png(gray, 8, GRAY),
        "rgb.png": png(rgb, 8, RGB),
        "rgba.png": png(rgba, 8, RGB_ALPHA),
        "la.png": png(pixels(2), 8, GRAY_ALPHA),
        "bit.png": png(gray // 128, 1, GRAY),
        "two.png": png(gray // 64, 2, GRAY),
        "four.png": png(gray // 16, 4, GRAY),
        "palette.png": png(indices, 8, PALETTE, before=palette),
        "palette4.png": png(indices, 4, PALETTE, before=palette),
        "palette-alpha.png": png(indices, 8, PALETTE, before=palette + holes),
        "gray-hole.png": png(gray, 8, GRAY, before=chunk(b"tRNS", b"\0\xf0")),
        "rgb-hole.png": png(rgb, 8, RGB, before=chunk(b"tRNS", rgb[3, 3].astype(">u2").tobytes())),
        "gray16.png": png(pixels(1, 16), 16, GRAY),
        "rgb16.png": png(pixels(3, 16), 16, RGB),
        "rgba16.png": png(pixels(4, 16), 16, RGB_ALPHA),
        "la16.png": png(pixels(2, 16), 16, GRAY_ALPHA),
        "lace.png": png(rgb, 8, RGB, interlaced=True),
        "lace-gray.png": png(gray, 8, GRAY, interlaced=True),
        "lace16.png": png(pixels(3, 16), 16, RGB, interlaced=True),
        "lace-bit.png": png(gray // 128, 1, GRAY, interlaced=True),
        "lace-palette.png": png(indices, 4, PALETTE, interlaced=True, before=palette + holes),
        "gamma.png": png(rgb, 8, RGB, before=chunk(b"gAMA", struct.pack(">I", 50000))),
        "srgb.png": png(rgb, 8, RGB, before=chunk(b"sRGB", b"\1")),
        "dpi.png": png(gray, 8, GRAY, before=resolution + text),
        "profile.png": png(rgb, 8, RGB, before=chunk(b"iCCP", packed_profile) + resolution),
        "turned.png": png(rgb, 8, RGB, before=turned),
        "turned-late.png": png(rgb, 8, RGB, behind=turned),
        "pixel.png": png(gray[:1, :1], 8, GRAY),
        "row.png": png(gray[:1], 8, GRAY),
        "column.png": png(gray[:, :1], 8, GRAY),
        "white.png": png(np.full_like(gray, 255), 8, GRAY),
        "black.png": png(np.zeros_like(rgb), 8, RGB),
        "other.png": png(pixels(3, seed=2), 8, RGB),
        "wide.png": png(pixels(3, width=40), 8, RGB),
    }


def _large() -> dict[str, bytes]:
    """Images of several bands, which threads share, and one that a batch gives all threads."""
    tall = pixels(3, height=1400, width=700) & 0xE0
    many = pixels(1, height=2200, width=2000) & 0xC0
    return {
        "tall.png": png(tall, 8, RGB),
        "tall-lace.png": png(tall, 8, RGB, interlaced=True),
        "many.png": png(many, 8, GRAY),
    }


def _numbers() -> dict[str, bytes | str]:
    """Images of numbers, sound ones and others."""
    gray, rgb = pixels(1)[..., 0], pixels(3)
    signed = gray.astype(float) / 3 - 40
    odd = signed.copy()
    odd[2, 3], odd[4, 5], odd[6, 7] = np.nan, np.inf, -np.inf
    return {
        "plain.csv": "1,2,3,4\n5,6,7,8\n9,10,11,12\n250,251,252,253\n",
        "signed.csv": "-1.5,2,3e2\n0.25,-7,1e-3\n4,5,6\n",
        "odd.csv": "1,nan,3\n4,inf,6\n-inf,8,9\n",
        "channels.csv": "# channel 0: R\n1,2\n3,4\n# channel 1: G\n5,6\n7,8\n"
        "# channel 2: B\n9,10\n11,12\n",
        "windows.csv": "\ufeff1,2\r\n3,4\r\n",
        "ragged.csv": "1,2,3\n4,5\n",
        "words.csv": "1,2\n3,four\n",
        "blanks.csv": "1 2\n3 4\n",
        "empty.csv": "",
        "gap.csv": "1,2\n\n3,4\n",
        "uneven.csv": "# channel 0: R\n1,2\n# channel 1: G\n1,2\n3,4\n",
        "hole.csv": "1,,3\n4,5,6\n",
        "huge.csv": "1e999,2\n",
        "wide.csv": "9007199254740993,2\n3,4\n",
        "u8.npy": npy(gray),
        "u16.npy": npy(pixels(1, 16)[..., 0]),
        "u32.npy": npy(gray.astype(np.uint32) * 1000),
        "u64.npy": npy(gray.astype(np.uint64) << 50),
        "i8.npy": npy((gray // 2).astype(np.int8) - 60),
        "i16.npy": npy(gray.astype(np.int16) * 3 - 300),
        "i32.npy": npy(gray.astype(np.int32) * 3 - 300),
        "i64.npy": npy(gray.astype(np.int64) * 3 - 300),
        "f16.npy": npy(signed.astype(np.float16)),
        "f32.npy": npy(signed.astype(np.float32)),
        "f64.npy": npy(signed),
        "bool.npy": npy(gray > 100),
        "rgb.npy": npy(rgb),
        "rgb-f32.npy": npy(rgb.astype(np.float32) / 255),
        "two.npy": npy(pixels(2)),
        "four.npy": npy(pixels(4)),
        "five.npy": npy(pixels(5)),
        "one.npy": npy(pixels(1)),
        "fortran.npy": npy(np.asfortranarray(rgb)),
        "big.npy": npy(gray.astype(">f4")),
        "odd.npy": npy(odd),
        "tie.npy": npy(np.array([[0.5, 1.5, 2.5], [-0.5, 254.5, 255.5]])),
        "line.npy": npy(gray[0]),
        "cube.npy": npy(np.zeros((2, 3, 2, 2))),
        "none.npy": npy(np.zeros((0, 3))),
        "complex.npy": npy(signed.astype(complex)),
        "object.npy": npy(np.array([[{"a": 1}]], dtype=object)),
        "struct.npy": npy(np.zeros((2, 2), [("a", "f4")])),
    }


def _broken() -> dict[str, bytes]:
    """Files that are not what they seem."""
    sound = png(pixels(3), 8, RGB)
    jpeg, tiff = _pictures()["photo.jpg"], _pictures()["photo.tif"]
    array = npy(pixels(1)[..., 0])
    start = sound.index(b"IDAT")
    wrong_sum = bytearray(sound)
    wrong_sum[29] ^= 1
    wrong_data = bytearray(sound)
    wrong_data[start + 60] ^= 0x55
    huge = struct.pack(">2I5B", 40000, 40000, 8, RGB, 0, 0, 0)
    few_rows = chunk(b"IDAT", zlib.compress(bytes(5 * (3 * WIDTH + 1))))
    bad_filter = zlib.compress((b"\x09" + bytes(3 * WIDTH)) * HEIGHT)
    packed = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**21)))
    head, end = sound[:33], chunk(b"IEND", b"")
    return {
        "cut.png": sound[: len(sound) // 2],
        "cut-head.png": sound[:20],
        "cut-end.png": sound[:-12],
        "sum.png": bytes(wrong_sum),
        "damaged.png": bytes(wrong_data),
        "few.png": head + few_rows + end,
        "filter.png": head + chunk(b"IDAT", bad_filter) + end,
        "no-data.png": head + end,
        "no-palette.png": png(pixels(1) // 16, 8, PALETTE),
        "bomb.png": SIGNATURE + chunk(b"IHDR", huge) + few_rows + end,
        "comment.png": png(pixels(3), 8, RGB, before=packed),
        "flat.png": SIGNATURE + chunk(b"IHDR", struct.pack(">2I5B", 0, 4, 8, 0, 0, 0, 0)) + end,
        "text.png": b"This is no picture.\n",
        "empty.png": b"",
        "really-jpeg.png": jpeg,
        "cut.jpg": jpeg[: len(jpeg) // 2],
        "cut.tif": tiff[: len(tiff) // 2],
        "cut.gif": _pictures()["still.gif"][:100],
        "cut.webp": _pictures()["photo.webp"][:100],
        "cut.npy": array[:-50],
        "cut-head.npy": array[:40],
        "long.npy": array + b"more",
        "header.npy": b"\x93NUMPY\x01\x00\x10\x00{'shape': (2,2)}" + bytes(32),
        "binary.csv": b"1,2\n\xff\xfe,4\n",
        "unknown.bin": bytes(range(256)),
    }


def _kernels() -> dict[str, bytes | str]:
    """Kernels in every form."""
    rng = np.random.default_rng(3)
    spot = np.zeros((5, 5), np.uint8)
    spot[1:4, 2], spot[0, 0] = (50, 100, 50), 20
    two = [{"name": "left", "weights": [[1, 0, -1]]}, [[1], [0], [-1]]]
    alpha = np.dstack([spot, np.full_like(spot, 128)])
    return {
        "k-grid.json": "[[0, 1, 0], [1, -4, 1], [0, 1, 0]]",
        "k-whole.json": json.dumps({
            "name": "blurred", "description": "A blur with all its keys",
            "weights": [[1, 2, 1], [2, 4, 2]], "divisor": 18, "bias": 3.5, "anchor": [0, 2],
        }),
        "k-bank.json": json.dumps({"kernels": two, "name": "bank", "description": "Two of them"}),
        "k-float.json": "[[0.1, 0.2, 0.3], [-0.1, 0.25, 1e-3]]",
        "k-mark.json": b"\xef\xbb\xbf[[1, 1]]",
        "k-same.json": json.dumps({"kernels": [
            {"name": "a/b", "weights": [[1]]}, {"name": "a/b", "weights": [[2]]},
            {"name": "", "weights": [[3]]}, {"name": "\u00e9\u4e2d", "weights": [[4]]},
        ]}),
        "k-rows.txt": "1 2 1\n2,4,2\n1;2;1\n",
        "k-set.txt": "# comment\nname = my ridge\ndescription = words\nbias = 128\nanchor = 1 1\n"
        "divisor = 2\n 0 -1 0\n-1 4 -1\n 0 -1 0\n",
        "k-ninth.txt": "1/9 1/9 1/9\n1/9 1/9 1/9\n1/9 1/9 1/9\n",
        "k-bank.txt": "name = up\n1\n-1\n\nname = across\n1 -1\n",
        "k-plain.npy": npy(np.array([[1, 0, -1], [2, 0, -2]])),
        "k-float.npy": npy(rng.normal(0, 1, (3, 3))),
        "k-bool.npy": npy(np.eye(3, dtype=bool)),
        "layer.npy": npy(rng.normal(0, 0.2, (4, 3, 3, 3)).astype(np.float32)),
        "layer-one.npy": npy(rng.normal(0, 1, (1, 3, 2, 2))),
        "layer-gray.npy": npy(np.arange(-9, 9).reshape(2, 1, 3, 3)),
        "layer-group.npy": npy(rng.normal(0, 0.3, (6, 1, 3, 3))),
        "layer-three.npy": npy(rng.normal(0, 0.3, (3, 3, 3, 3)).astype(np.float32)),
        "bias4.npy": npy(np.array([1.0, -2, 3.5, 40])),
        "bias6.npy": npy(np.arange(6)),
        "bias-nan.npy": npy(np.array([1, np.nan, 3, 4])),
        "bias-flat.npy": npy(np.ones((2, 2))),
        "k-vips.mat": "3 3 16 128\n1 2 1\n2 4 2\n1 2 1\n",
        "k-even.mat": "2 2\n1 2\n3 4\n",
        "k-fine.mat": "3 1 2.5 -1\n0.5 1e1 0.5\n",
        "k-magick.kernel": "3x3+1+1: 0,1,0  1,-4,1  0,1,0",
        "k-bank.kernel": "3x1: 1,0,-1; 2x2+1+0: 1 2 - nan",
        "k-turns.kernel": "3x3@: 1,2,1 0,0,0 -1,-2,-1",
        "k-quarter.kernel": "3x3>: 1,2,1 0,0,0 -1,-2,-1",
        "k-mirror.kernel": "3x1<: 1,0,-1",
        "k-spot.png": png(spot[..., np.newaxis], 8, GRAY),
        "k-alpha.png": png(alpha, 8, GRAY_ALPHA),
        "k-color.png": png(pixels(3, height=3, width=3), 8, RGB),
        "k-deep.png": png(pixels(1, 16, 3, 3), 16, GRAY),
        "k-spot.bmp": saved(Image.fromarray(spot), "BMP"),
        "k-large.txt": "\n".join(" ".join(str((r * c) % 7 - 3) for c in range(31))
                                 for r in range(29)),
        "own/kernels/mine.json": '{"description": "My own", "weights": [[1, -1]]}',
        "own/kernels/edge.json": "[[1, 2, 3]]",
        "own/kernels/broken.json": "[[1, 2",
        "own/here.txt": "1 2 3\n",
        "own/rgb.png": png(pixels(3), 8, RGB),
        "more/far.txt": "description = From far\n1 1\n",
        "more/sobel_x.json": "[[9]]",
        "more/spot.png": png(spot[..., np.newaxis], 8, GRAY),
    }  # fmt: skip


def _bad_kernels() -> dict[str, bytes | str]:
    """Kernels that are none, each for a reason of its own."""
    return {
        "bad/cut.json": "[[1, 2], [3",
        "bad/ragged.json": "[[1, 2], [3]]",
        "bad/empty.json": "",
        "bad/none.json": "[]",
        "bad/text.json": '[["a", "b"]]',
        "bad/null.json": '{"weights": null}',
        "bad/number.json": "7",
        "bad/key.json": '{"weights": [[1]], "scale": 2}',
        "bad/zero.json": '{"weights": [[1]], "divisor": 0}',
        "bad/anchor.json": '{"weights": [[1]], "anchor": [1, 0]}',
        "bad/anchor3.json": '{"weights": [[1]], "anchor": [0, 0, 0]}',
        "bad/bias.json": '{"weights": [[1]], "bias": "much"}',
        "bad/bank.json": '{"kernels": []}',
        "bad/both.json": '{"kernels": [[[1]]], "weights": [[1]]}',
        "bad/nan.json": "[[NaN, 1]]",
        "bad/deep.json": "[" * 2000,
        "bad/digits.json": f"[[{'9' * 6000}]]",
        "bad/ragged.txt": "1 2\n3\n",
        "bad/word.txt": "1 2\n3 four\n",
        "bad/key.txt": "scale = 2\n1 2\n",
        "bad/late.txt": "1 2\ndivisor = 3\n",
        "bad/twice.txt": "bias = 1\nbias = 2\n1\n",
        "bad/only.txt": "bias = 1\n",
        "bad/empty.txt": "",
        "bad/comment.txt": "# nothing else\n",
        "bad/divides.txt": "1/0 2\n",
        "bad/two.txt": "divisor = 1 2\n1\n",
        "bad/binary.txt": b"\xff\xfe\x00\x01",
        "bad/line.npy": npy(np.ones(3)),
        "bad/cube.npy": npy(np.ones((2, 2, 2))),
        "bad/nan.npy": npy(np.array([[1, np.nan]])),
        "bad/complex.npy": npy(np.ones((2, 2), complex)),
        "bad/none.npy": npy(np.ones((0, 2))),
        "bad/cut.npy": npy(np.ones((3, 3)))[:-8],
        "bad/matlab.mat": b"MATLAB 5.0 MAT-file",
        "bad/short.mat": "3 3\n1 2 3\n",
        "bad/long.mat": "2 1\n1 2\n3 4\n",
        "bad/row.mat": "2 2\n1 2 3\n1 2\n",
        "bad/head.mat": "3\n1 2 3\n",
        "bad/zero.mat": "1 1 0 0\n1\n",
        "bad/size.mat": "1.5 1\n1\n",
        "bad/few.kernel": "3x3: 1,2,3",
        "bad/size.kernel": "0x3: 1",
        "bad/origin.kernel": "2x2+5+5: 1,2,3,4",
        "bad/outside.kernel": "2x1: -,-",
        "bad/turn.kernel": "2x2@: 1,2,3,4",
        "bad/slant.kernel": "3x2>: 1,2,3,4,5,6",
        "bad/none.kernel": "1,2,3",
        "bad/black.png": png(np.zeros((3, 3, 1)), 8, GRAY),
        "bad/cut.png": png(pixels(1), 8, GRAY)[:60],
    }


def _pipelines() -> dict[str, bytes | str]:
    """Pipelines in files, sound ones and others."""
    stages = [{"op": "conv", "kernel": "edge", "stride": 2}, {"op": "relu"},
              {"op": "pool", "mode": "max", "size": [2, 2]}]  # fmt: skip
    many = [{"op": "conv", "kernel": ["sobel_x", "sobel_y"], "combine": "magnitude"},
            {"op": "leaky_relu", "slope": 0.1}]  # fmt: skip
    return {
        "p.json": json.dumps({"stages": stages}),
        "p-list.json": json.dumps(many),
        "p-layer.toml": '[[stages]]\nop = "conv"\nkernel = "layer.npy"\nbias-file = "bias4.npy"\n'
        '\n[[stages]]\nop = "relu"\n\n[[stages]]\nop = "pool"\nsize = "3x2"\nceil = true\n',
        "p-all.toml": "".join(
            f'[[stages]]\nop = "{op}"\n'
            for op in ("gray", "abs", "relu", "leaky_relu", "sigmoid", "tanh")
        ),
        "beside/p.toml": '[[stages]]\nop = "conv"\nkernel = "near.txt"\n',
        "beside/near.txt": "1 0 -1\n",
        "bad-p/cut.toml": "[[stages]\n",
        "bad-p/op.toml": '[[stages]]\nop = "blur"\n',
        "bad-p/none.toml": "",
        "bad-p/no-op.toml": "[[stages]]\nsize = 2\n",
        "bad-p/key.toml": '[[stages]]\nop = "pool"\nsizes = 2\n',
        "bad-p/type.toml": '[[stages]]\nop = "pool"\nsize = true\n',
        "bad-p/kernel.toml": '[[stages]]\nop = "conv"\nkernel = "nowhere.json"\n',
        "bad-p/cut.json": '{"stages": [',
        "bad-p/word.json": '"pool"',
        "bad-p/other.json": '{"stage": []}',
        "bad-p/stages.json": '{"stages": 7}',
        "bad-p/extra.json": '{"stages": [{"op": "relu"}], "name": "x"}',
        "bad-p/deep.json": "[" * 3000,
        "bad-p/binary.json": b"\xff\xfe{}",
        "bad-p/stages.yaml": "stages: []\n",
    }


def _folders(made: dict[str, bytes]) -> dict[str, bytes | str]:
    """Folders of images: some that lie deeper, hidden ones, and what is no image."""
    return {
        "photos/a.png": made["rgb.png"],
        "photos/b.jpg": made["photo.jpg"],
        "photos/c.CSV": made["plain.csv"],
        "photos/.hidden.png": made["rgb.png"],
        "photos/notes.txt": "no image\n",
        "photos/sub/d.png": made["gray16.png"],
        "photos/sub/deep/e.npy": made["f32.npy"],
        "mixed/bad.png": made["cut.png"],
        "mixed/good.png": made["rgb.png"],
        "mixed/worse.jpg": made["cut.jpg"],
        "mixed/zero.csv": made["words.csv"],
        "clash/a.png": made["gray.png"],
        "clash/a.jpg": made["gray.jpg"],
        "names/with space.png": made["gray.png"],
        "names/-dash.png": made["gray.png"],
        "names/{kernel}.png": made["gray.png"],
        "names/\u00fc\u4e2d.png": made["gray.png"],
        "names/a'b\"c.png": made["gray.png"],
        "names/e\x1b[31m\nx.png": made["gray.png"],
        "names/.png": made["gray.png"],
        "names/two.dots.png": made["gray.png"],
        "there/rgb-edge.png": "what was there before\n",
        "there/.convtool-00000000.tmp": "what a killed command left\n",
    }


def _lists() -> dict[str, bytes | str]:
    """Lists of images."""
    return {
        "list.txt": "rgb.png\ngray.png\nphotos\nrgb.png\n",
        "list0.txt": "rgb.png\0photos/a.png\0",
        "list-bad.txt": "rgb.png\nnowhere.png\n\n",
        "list-mark.txt": "\ufeffrgb.png\r\n",
        "list-empty.txt": "",
        "list-long.txt": "x" * 70000,
        "list-dash.txt": "rgb.png\n-\n",
    }


def _pairs() -> dict[str, bytes | str]:
    """Images and what was made of them, by arithmetic of its own, for `fit`."""
    before = pixels(3, height=40, width=50)
    padded = np.pad(before.astype(float), ((1, 1), (1, 1), (0, 0)), "edge")
    weights = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
    exact = sum(weights[r, c] * padded[r : r + 40, c : c + 50] for r in range(3) for c in range(3))
    mixing = np.array([[0.5, 0.25, 0.25], [1, -0.5, 0.1]])
    numbers = np.random.default_rng(5).normal(0, 1, (30, 30))
    return {
        "before.png": png(before, 8, RGB),
        "after.png": png(np.rint(exact).astype(np.uint8), 8, RGB),
        "after.npy": npy(exact.astype(np.float32)),
        "valid.npy": npy(exact[1:-1, 1:-1]),
        "half.npy": npy(exact[::2, ::2]),
        "brighter.npy": npy(exact * 0.5 + 20),
        "mixed.npy": npy(before @ mixing.T + [3, -4]),
        "squared.npy": npy(before.astype(float) ** 2 / 255),
        "noise.npy": npy(numbers),
        "noise2.npy": npy(np.roll(numbers, 1, axis=1)),
        "large-numbers.npy": npy(numbers * 1e200),
        "pairs.txt": "# two\nbefore.png after.png\n\nbefore.png\tafter.npy\n",
        "pairs-quoted.txt": "'before.png' \"after.png\"\n",
        "pairs-one.txt": "before.png\n",
        "pairs-quote.txt": "'before.png after.png\n",
        "pairs-none.txt": "# nothing\n",
        "pairs-missing.txt": "before.png nowhere.png\n",
        "pairs-differ.txt": "before.png after.png\ngray.png gray.png\n",
        "pairs-stdin.txt": "- after.png\n",
    }


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    make(target)
