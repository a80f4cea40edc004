import io
import shutil

import numpy as np
import pytest
from PIL import Image

from convtool import Kernel, conv2d, find_kernel, find_kernels, pool2d, read_image


def png(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def clipped(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def ok(result):
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def test_the_usage_line(convtool, small):
    ok(convtool("conv", "small.png", "--kernel", "edge.json", "-o", "out.png"))
    assert np.array_equal(read_image("out.png"), clipped(conv2d(small, find_kernel("edge"))))


def test_without_output_png_goes_to_the_pipe(convtool, small, folder):
    result = convtool("conv", "small.png", "-k", "box3")
    assert np.array_equal(png(ok(result)), clipped(conv2d(small, find_kernel("box3"))))
    assert result.stderr == b""
    assert [path.name for path in folder.iterdir()] == ["small.png"]


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_the_image_comes_from_stdin(convtool, small, folder, arguments):
    data = (folder / "small.png").read_bytes()
    found = png(ok(convtool("conv", *arguments, "-k", "sharpen", stdin=data)))
    assert np.array_equal(found, clipped(conv2d(small, find_kernel("sharpen"))))


def test_a_file_and_a_pipe_give_the_same_bytes(convtool, small, folder):
    data = (folder / "small.png").read_bytes()
    for format_ in ("png", "csv", "npy", "tiff"):
        arguments = ["-k", "gaussian5", "--format", format_]
        assert ok(convtool("conv", "small.png", *arguments)) == ok(
            convtool("conv", *arguments, stdin=data)
        )


def test_exact_values_through_a_pipe(convtool, small, folder):
    """conv --format npy | pool is the exact map, pooled."""
    exact = ok(convtool("conv", "small.png", "-k", "sobel_x", "--format", "npy"))
    values = conv2d(small, find_kernel("sobel_x"))
    assert np.array_equal(np.load(io.BytesIO(exact)), values)
    pooled = ok(convtool("pool", "--mode", "max", "--format", "npy", stdin=exact))
    assert np.array_equal(np.load(io.BytesIO(pooled)), pool2d(values))


OPTIONS = [
    (["--stride", "2"], {"stride": 2}),
    (["--stride", "2x3"], {"stride": (2, 3)}),
    (["--padding", "valid"], {"padding": "valid"}),
    (["--padding", "2"], {"padding": 2}),
    (["--padding", "0x3"], {"padding": (0, 3)}),
    (["--padding", "0,1,2,3"], {"padding": ((0, 1), (2, 3))}),
    (["--padding", "full", "--border", "constant", "--fill", "-7.5"],
     {"padding": "full", "border": "constant", "fill": -7.5}),
    (["--border", "wrap"], {"border": "wrap"}),
    (["--dilation", "1x4"], {"dilation": (1, 4)}),
    (["--flip"], {"flip": True}),
    (["--anchor", "0,2"], {"anchor": (0, 2)}),
    (["--divisor", "-3"], {"divisor": -3}),
    (["--bias", "0.5"], {"bias": 0.5}),
    (["--normalize"], {"divisor": 21}),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "options"), OPTIONS, ids=lambda value: str(value))
def test_every_option_does_what_conv2d_does(convtool, small, arguments, options):
    weights = [[1, 2, 3], [4, -5, 6], [7, 2, 1]]
    inline = "; ".join(" ".join(map(str, row)) for row in weights)
    data = ok(convtool("conv", "small.png", "-k", inline, *arguments, "--format", "npy"))
    assert np.array_equal(np.load(io.BytesIO(data)), conv2d(small, weights, **options))


def test_the_kernels_own_divisor_bias_and_anchor_give_way(convtool, small, folder):
    (folder / "k.txt").write_text("divisor = 2\nbias = 3\nanchor = 0 0\n1 2\n3 4\n")
    own = np.load(io.BytesIO(ok(convtool("conv", "small.png", "-k", "k", "--format", "npy"))))
    assert np.array_equal(own, conv2d(small, Kernel([[1, 2], [3, 4]], 2, 3, (0, 0))))
    changed = ["--divisor", "5", "--bias", "0", "--anchor", "1,1"]
    data = ok(convtool("conv", "small.png", "-k", "k", *changed, "--format", "npy"))
    assert np.array_equal(
        np.load(io.BytesIO(data)), conv2d(small, Kernel([[1, 2], [3, 4]], 5, 0, (1, 1)))
    )


def test_gray_and_relu(convtool, small):
    data = ok(convtool("conv", "small.png", "-k", "sobel_y", "--gray", "--relu", "--format", "npy"))
    luma = np.rint(small @ np.array([299, 587, 114]) / 1000)
    expected = np.maximum(conv2d(luma.astype(np.uint8), find_kernel("sobel_y")), 0)
    assert np.array_equal(np.load(io.BytesIO(data)), expected)


def test_several_kernels_make_a_file_each(convtool, small, folder):
    ok(convtool("conv", "small.png", "-k", "kirsch", "-k", "box3", "-o", "{kernel}.csv"))
    kernels = [*find_kernels("kirsch"), find_kernel("box3")]
    assert sorted(p.stem for p in folder.glob("*.csv")) == sorted(k.name for k in kernels)
    for kernel in kernels:
        assert np.array_equal(read_image(f"{kernel.name}.csv"), conv2d(small, kernel))


def test_two_kernels_of_one_name_do_not_overwrite_each_other(convtool, small, folder):
    ok(convtool("conv", "small.png", "-k", "1 2", "-k", "3 4", "-o", "{kernel}.csv"))
    assert np.array_equal(read_image("kernel.csv"), conv2d(small, [[1, 2]]))
    assert np.array_equal(read_image("kernel-2.csv"), conv2d(small, [[3, 4]]))


def test_a_kernels_name_leads_nowhere_else(convtool, small, folder):
    (folder / "k.json").write_text('{"name": "../../up/ä b", "weights": [[1]]}')
    (folder / "sub").mkdir()
    ok(convtool("conv", "small.png", "-k", "k.json", "-o", "sub/{kernel}.csv"))
    assert [path.name for path in (folder / "sub").iterdir()] == ["up_ä_b.csv"]


def test_combine_makes_one_map(convtool, small):
    kernels = ["-k", "sobel_x", "-k", "sobel_y", "--combine", "magnitude"]
    data = ok(convtool("conv", "small.png", *kernels, "--format", "npy"))
    x, y = (conv2d(small, find_kernel(name)).astype(float) for name in ("sobel_x", "sobel_y"))
    assert np.array_equal(np.load(io.BytesIO(data)), np.sqrt(x**2 + y**2).astype(np.float32))


def test_the_kernel_comes_from_stdin(convtool, small):
    data = ok(convtool("conv", "small.png", "-k", "-", "--format", "npy", stdin=b"1 2\n3 4\n"))
    assert np.array_equal(np.load(io.BytesIO(data)), conv2d(small, [[1, 2], [3, 4]]))


@pytest.mark.parametrize("range_", ["clip", "abs", "normalize", "center"])
def test_ranges(convtool, small, range_):
    result = convtool("conv", "small.png", "-k", "edge", "--range", range_)
    values = conv2d(small, find_kernel("edge")).astype(float)
    low, high = values.min(), values.max()
    expected = {
        "clip": values,
        "abs": abs(values),
        "normalize": (values - low) * 255 / (high - low),
        "center": 128 + values * 127 / max(-low, high),
    }[range_]
    assert np.array_equal(png(ok(result)), clipped(expected))
    assert (b"clipped" in result.stderr) == (range_ in ("clip", "abs"))


def test_clipping_is_told_in_one_line_with_the_share(convtool, folder):
    (folder / "m.csv").write_text("1,-2,3,400,5,6,7,8\n")
    result = convtool("conv", "m.csv", "-k", "1", "-o", "m.png")
    assert result.stderr.decode() == (
        "convtool: 25.0% of the values were clipped (12.5% below black, 12.5% above white); "
        "--range normalize shows them\n"
    )
    (folder / "m.csv").write_text("1,-2,3,4,5,6,7,8\n")
    result = convtool("conv", "m.csv", "-k", "1", "-o", "m.png")
    assert result.stderr.decode() == (
        "convtool: 12.5% of the values were clipped (12.5% below black); "
        "--range normalize shows them\n"
    )
    assert convtool("conv", "m.csv", "-k", "1", "-o", "m.png", "-q").stderr == b""


def test_numbers_are_not_toned_and_it_says_so(convtool, small):
    result = convtool("conv", "small.png", "-k", "edge", "--range", "abs", "-o", "map.csv")
    assert ok(result) == b""
    assert b"--range, --depth and --white are for pictures" in result.stderr
    assert read_image("map.csv").min() < 0


@pytest.mark.parametrize("name", ["out.jpg", "out.csv"])
def test_packing_is_for_png(convtool, small, folder, name):
    result = convtool("conv", "small.png", "-k", "edge", "--compress", "small", "-o", name)
    assert result.returncode == 0
    assert b"convtool: --compress small is for png and tiff, and " in result.stderr


@pytest.mark.parametrize("text", ["# Title\n\nwords", "# a layer\n[[stages]]\n"])
def test_a_text_that_starts_as_a_comment_is_no_image(convtool, folder, text):
    (folder / "page.md").write_text(text)
    result = convtool("pool", "page.md", "-o", "out.png")
    assert (result.returncode, b"page.md: is no image" in result.stderr) == (1, True)


def test_sixteen_bits_stay_and_can_be_chosen(convtool, small, folder):
    deep = np.arange(2000, dtype=np.uint16).reshape(40, 50) * 30
    Image.fromarray(deep).save("deep.png")
    found = png(ok(convtool("conv", "deep.png", "-k", "box3")))
    assert found.dtype == np.uint16
    assert np.array_equal(found, conv2d(deep, find_kernel("box3"), dtype=np.uint16))
    shallow = png(ok(convtool("conv", "deep.png", "-k", "identity", "--depth", "8")))
    assert np.array_equal(shallow, np.rint(deep / 257).astype(np.uint8))
    wide = png(ok(convtool("conv", "small.png", "-k", "identity", "--gray", "--depth", "16")))
    gray = png(ok(convtool("conv", "small.png", "-k", "identity", "--gray")))
    assert np.array_equal(wide, gray.astype(np.uint16) * 257)


def test_sixteen_bits_through_npy(convtool, folder):
    """Numbers have no white: --depth 16 shows them as they are, 65535 being white."""
    deep = np.arange(2000, dtype=np.uint16).reshape(40, 50) * 30
    Image.fromarray(deep).save("deep.png")
    values = ok(convtool("conv", "deep.png", "-k", "box3", "--format", "npy"))
    found = png(ok(convtool("pool", "--depth", "16", stdin=values)))
    assert np.array_equal(found, np.rint(pool2d(conv2d(deep, find_kernel("box3")))))


@pytest.fixture
def rgba(small, folder):
    """A picture with transparency, in rgba.png."""
    alpha = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    image = np.dstack([small, alpha])
    Image.fromarray(image).save("rgba.png")
    return image


def test_alpha_weighs_under_a_blur_and_is_kept_under_edges(convtool, small, rgba):
    blurred = png(ok(convtool("conv", "rgba.png", "-k", "box3")))
    box = find_kernel("box3")
    assert np.array_equal(blurred, conv2d(rgba, box, alpha="weight", dtype=np.uint8))
    edges = png(ok(convtool("conv", "rgba.png", "-k", "edge")))
    assert np.array_equal(edges[..., 3], rgba[..., 3])
    assert np.array_equal(edges[..., :3], clipped(conv2d(small, find_kernel("edge"))))
    kept = png(ok(convtool("run", "conv -k box3 --alpha keep", "rgba.png")))
    assert np.array_equal(
        kept, png(ok(convtool("conv", "rgba.png", "-k", "box3", "--alpha", "keep")))
    )
    assert np.array_equal(kept[..., :3], clipped(conv2d(small, box)))
    channel = png(ok(convtool("conv", "rgba.png", "-k", "box3", "--alpha", "channel")))
    assert np.array_equal(channel, clipped(conv2d(rgba, box)))
    pooled = png(ok(convtool("pool", "rgba.png", "-m", "mean")))
    assert np.array_equal(pooled[..., 3], np.rint(pool2d(rgba, 2, "mean")[..., 3]))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("conv", "-k", "edge", "--alpha", "weight"), "kernel edge has weights below 0"),
        (("pool", "--alpha", "weight"), "mode is max, which weights nothing"),
        (("conv", "-k", "box3", "--combine", "max", "--alpha", "weight"), "--combine takes"),
    ],
)  # fmt: skip
def test_what_cannot_be_weighted_by_alpha(convtool, rgba, arguments, told):
    command, *options = arguments
    result = convtool(command, "rgba.png", *options, "-o", "o.png")
    assert result.returncode in (1, 2)
    assert told in result.stderr.decode()


def test_jpeg_gets_a_background_and_says_so(convtool, rgba):
    result = convtool("conv", "rgba.png", "-k", "box3", "-o", "o.jpg")
    assert b"jpeg holds no transparency: laid over white; --background COLOR" in result.stderr
    result = convtool("pool", "rgba.png", "-o", "o.jpg", "--background", "#102030")
    assert b"laid over #102030" in result.stderr
    assert read_image("o.jpg").shape == (20, 25, 3)


def test_gif_says_that_it_holds_few_colours(convtool, small):
    told = b"of the pixels became the nearest; PNG holds all"
    assert told in convtool("conv", "small.png", "-k", "box3", "-o", "o.gif").stderr
    assert told not in convtool("conv", "small.png", "-k", "box3", "--gray", "-o", "o.gif").stderr
    few = np.array([[[10, 20, 30], [200, 3, 77]]], np.uint8)
    Image.fromarray(few).save("few.png")
    assert convtool("pool", "few.png", "-s", "1", "-o", "o.gif").stderr == b""
    assert np.array_equal(read_image("o.gif"), few)


def test_shares_are_shown_black_with_a_word(convtool, folder):
    np.save("shares.npy", np.random.default_rng(0).random((9, 9)))
    told = b"all values lie between 0 and 1, and 255 is taken for white: --white 1 or "
    assert told in convtool("conv", "shares.npy", "-k", "box3", "-o", "o.png").stderr
    for options in (("--white", "1"), ("--range", "normalize"), ("--format", "npy")):
        assert (
            told not in convtool("conv", "shares.npy", "-k", "box3", "-o", "o.png", *options).stderr
        )
    ok(convtool("conv", "shares.npy", "-k", "identity", "-o", "o.png", "--white", "1"))
    assert np.array_equal(read_image("o.png"), np.rint(np.load("shares.npy") * 255))


def test_exif_and_xmp_go_along_and_strip_leaves_them(convtool, folder):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6  # turned
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    Image.new("RGB", (30, 20), (9, 99, 199)).save("in.jpg", exif=exif, xmp=packet)
    for name in ("o.jpg", "o.png", "o.webp", "o.tif"):
        ok(convtool("conv", "in.jpg", "-k", "box3", "-o", name))
        with Image.open(name) as found:
            assert found.size == (20, 30)
            assert found.getexif()[0x010F] == "Maker"
            assert found.getexif().get(0x0112, 1) == 1
            assert name == "o.tif" or found.info["xmp"] == packet
        ok(convtool("conv", name, "-k", "box3", "-o", "again.png"))
        with Image.open("again.png") as found:
            assert found.getexif()[0x010F] == "Maker"
        ok(convtool("conv", "in.jpg", "-k", "box3", "--strip", "-o", name))
        with Image.open(name) as found:
            assert 0x010F not in found.getexif()
            assert "xmp" not in found.info


def test_quality(convtool, small, folder):
    sizes = []
    for quality in ("95", "10"):
        for name in ("q.jpg", "q.webp"):
            ok(convtool("conv", "small.png", "-k", "box3", "--quality", quality, "-o", name))
            sizes.append((folder / name).stat().st_size)
    assert sizes[2] < sizes[0]
    assert sizes[3] < sizes[1]
    result = convtool("conv", "small.png", "-k", "box3", "--quality", "5", "-o", "q.png")
    assert b"--quality is for jpeg, webp and avif, and png ignores it" in result.stderr


def test_an_output_that_is_the_input(convtool, small):
    ok(convtool("conv", "small.png", "-k", "edge", "-o", "small.png", "--overwrite"))
    assert np.array_equal(read_image("small.png"), clipped(conv2d(small, find_kernel("edge"))))


def test_a_format_overrides_the_extension(convtool, small, folder):
    ok(convtool("conv", "small.png", "-k", "edge", "-o", "map.data", "--format", "csv"))
    assert np.array_equal(
        read_image(shutil.copy("map.data", "map.csv")), conv2d(small, find_kernel("edge"))
    )


def test_any_folder_and_kernels_beside_the_work(convtool, small, folder):
    (folder / "kernels").mkdir()
    (folder / "kernels" / "edge.json").write_text("[[2]]")
    data = ok(convtool("conv", "small.png", "-k", "edge.json", "--format", "npy"))
    assert np.array_equal(np.load(io.BytesIO(data)), small * np.float32(2))


def test_the_photo_with_every_bundled_kernel(convtool, photo, folder):
    from convtool.kernel.lookup import bundled_folder, file_names

    Image.fromarray(photo).save("photo.png")
    arguments = [word for name in file_names(bundled_folder()) for word in ("-k", name)]
    ok(convtool("conv", "photo.png", *arguments, "-q", "-o", "out-{kernel}.png"))
    kernels = [k for name in file_names(bundled_folder()) for k in find_kernels(name)]
    assert len(kernels) == 39
    for kernel in kernels:
        expected = clipped(conv2d(photo, kernel))
        assert np.array_equal(read_image(f"out-{kernel.name}.png"), expected)


HOLES = "1,2,3,4,5\n6,-9,8,9,10\n11,12,-9,14,15\n16,17,18,19,20\n"


@pytest.mark.parametrize(
    ("options", "row"),
    [
        ((), "-9,-9,-9,-9,9.666666666666666"),
        (("--missing", "zero"), "5.555555555555555,4.777777777777778,5.777777777777778,"
         "7.555555555555555,9.666666666666666"),
        (("--missing", "skip"), "6.25,-9,7.428571428571429,8.5,9.666666666666666"),
        (("--missing", "skip", "--fill-missing"), "6.25,6.142857142857143,7.428571428571429,8.5,"
         "9.666666666666666"),
        (("--missing", "skip", "--min-valid", "0.8"), "6.25,-9,-9,8.5,9.666666666666666"),
    ],
)  # fmt: skip
def test_numbers_that_mark_what_is_missing(convtool, folder, options, row):
    (folder / "holes.csv").write_text(HOLES)
    result = convtool(
        "conv", "holes.csv", "-k", "box3", "--nodata", "-9", "--format", "csv", *options
    )
    assert ok(result).decode().splitlines()[1] == row
    words = " ".join(["conv -k box3", *options])
    assert (
        ok(convtool("run", words, "holes.csv", "--nodata", "-9", "--format", "csv"))
        == result.stdout
    )
    ok(convtool("conv", "holes.csv", "-k", "box3", "--nodata", "-9", *options, "-d", "maps",
                "--name", "{stem}.csv"))  # fmt: skip
    assert (folder / "maps" / "holes.csv").read_bytes() == result.stdout


def test_a_pool_skips_what_is_missing(convtool, folder):
    (folder / "holes.csv").write_text(HOLES)
    result = convtool("pool", "holes.csv", "-m", "mean", "--nodata", "-9", "--missing", "skip",
                      "--format", "csv")  # fmt: skip
    assert ok(result) == b"3,6\n14,17\n"
    result = convtool("pool", "holes.csv", "--nodata", "-9", "-o", "o.png")
    assert b"are NaN: black" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("conv", "-k", "edge", "--missing", "skip"), b"kernel edge has weights below 0"),
        (("conv", "-k", "box3", "--missing", "interpolate"), b"interpolate is called skip here"),
        (("pool", "--min-valid", "0.5"), b"--min-valid goes with --missing skip"),
        (("pool", "--missing", "skip", "--min-valid", "2"), b"--min-valid is a share, expected 0"),
    ],
)
def test_what_cannot_be_skipped(convtool, small, arguments, told):
    command, *options = arguments
    result = convtool(command, "small.png", *options, "-o", "o.png")
    assert result.returncode in (1, 2)
    assert told in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("0,1", "-k", "gaussian3"), "/ 14, the sum of the weights that have a value"),
        (("1,1", "-k", "gaussian3"), "the pixel in the middle is missing, and so is the value"),
        (("1,1", "-k", "gaussian3", "--fill-missing"), "/ 11, the sum of the weights that have a"),
        (("0,0", "-k", "box3", "--min-valid", "0.9"), "89% of the weights have a value, too few"),
        (("0,0", "--pool", "mean"), "/ 3 elements"),
        (("0,0", "--pool", "median"), "the middle one of 3 elements in order"),
        (("0,0", "--pool", "max", "--min-valid", "1"), "3 of 4 elements have a value, too few"),
    ],
)
def test_what_is_missing_is_explained(convtool, folder, arguments, told):
    (folder / "holes.csv").write_text(HOLES)
    place, *options = arguments
    result = convtool("explain", "holes.csv", "--at", place, "--nodata", "-9", "--missing", "skip",
                      *options)  # fmt: skip
    assert told in ok(result).decode()


def test_alpha_that_weighs_is_explained(convtool, rgba):
    for options in (
        ("-k", "gaussian:5,1"),
        ("--pool", "mean", "--count-include-pad", "--padding", "1"),
    ):
        for place in ("0,0", "5,7"):
            told = ok(convtool("explain", "rgba.png", "--at", place, *options)).decode()
            assert "the sum of the weights times alpha" in told


@pytest.mark.parametrize("value", ["-9999", "0.5", "256", "1e300", "1e-320"])
def test_a_nodata_that_pixels_cannot_be_marks_none(convtool, small, value):
    plain = ok(convtool("conv", "small.png", "-k", "box3"))
    assert ok(convtool("conv", "small.png", "-k", "box3", "--nodata", value)) == plain
    csv = "conv", "-k", "1", "--nodata", value, "--format", "csv"
    assert ok(convtool(*csv, stdin=b"0,7\n")) == b"0,7\n"


def test_white_leaves_transparency_alone(convtool, folder):
    Image.fromarray(np.full((9, 9, 4), 128, np.uint8)).save("half.png")
    for white in ("1", "100", "1000"):
        found = png(ok(convtool("conv", "half.png", "-k", "identity", "--white", white)))
        assert (found[..., 3] == 128).all()


def test_what_carries_no_xmp_says_so(convtool, folder):
    for name, size in (("in.webp", 10), ("long.webp", 70_000)):
        packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b" " * size + b"</x:xmpmeta>"
        Image.new("RGB", (9, 9)).save(name, xmp=packet)
    ok(convtool("conv", "in.webp", "-k", "box3", "-o", "o.tif"))
    with Image.open("o.tif") as found:
        assert found.info["xmp"].endswith(b"</x:xmpmeta>")
    told = convtool("conv", "in.webp", "-k", "box3", "-o", "o.bmp").stderr
    assert b"bmp holds no XMP, which stays behind" in told
    result = convtool("conv", "long.webp", "-k", "box3", "-o", "o.jpg")
    assert result.returncode == 1
    assert b"JPEG holds no XMP of 70048 bytes; --strip leaves it behind" in result.stderr
    ok(convtool("conv", "long.webp", "-k", "box3", "--strip", "-o", "o.jpg"))
