import io
import json
import re

import numpy as np
import pytest
import tifffile
from PIL import Image

from convtool import (
    Kernel,
    conv2d,
    conv3d,
    find_kernel,
    find_kernels,
    read_image,
    write_image,
)
from convtool.kernel.files import parse_bytes

FIT = ("fit", "before.png", "after.png")


def ok(result):
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def same_as_gaussian3(kernel):
    expected = find_kernel("gaussian3")
    return kernel.divisor == 16 and np.array_equal(kernel.weights, expected.weights)


def test_the_kernel_goes_to_stdout_and_into_the_next_command(convtool, pair):
    result = convtool(*FIT, "--rational")
    (kernel,) = parse_bytes(ok(result), "stdout", "k")
    assert same_as_gaussian3(kernel)
    report = result.stderr.decode()
    assert "100% of the pixels exact, RMS 0 grey levels, PSNR infinite" in " ".join(report.split())
    assert "3x3 weights, whole, over 16, fitted to 1 pair of images" in report
    assert max(map(len, report.splitlines())) <= 80
    ok(convtool("conv", "before.png", "-k", "-", "-o", "again.png", stdin=result.stdout))
    assert np.array_equal(read_image("again.png"), read_image("after.png"))


@pytest.mark.parametrize("ending", ["json", "txt", "npy"])
def test_the_kernel_goes_to_a_file_and_the_report_to_stdout(convtool, pair, folder, ending):
    result = convtool(*FIT, "-o", f"learned.{ending}", "--threads", "1")
    assert ok(result).decode().endswith(f"wrote learned.{ending}\n")
    assert result.stderr == b""
    (kernel,) = parse_bytes((folder / f"learned.{ending}").read_bytes(), "f", "learned")
    assert kernel.name == "learned"
    assert np.abs(kernel.weights - find_kernel("gaussian3").weights / 16).max() < 0.01
    if ending != "npy":
        assert kernel.description.startswith("Fitted to 1 pair of images: 9")


def test_format_chooses_the_form_and_quiet_is_quiet(convtool, pair, folder):
    result = convtool(*FIT, "-q", "--format", "json", "-o", "learned.kernel")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert json.loads((folder / "learned.kernel").read_text())["name"] == "learned"
    result = convtool(*FIT, "-q", "--format", "json", "-o", "-")
    assert json.loads(ok(result))["name"] == "fitted"
    assert result.stderr == b""


def test_json_has_kernel_and_report(convtool, pair):
    found = json.loads(ok(convtool(*FIT, "--rational", "--bias", "--json")))
    assert (found["weights"], found["divisor"]) == ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16)
    assert (found["bias"], found["rational"], found["exact"], found["psnr"]) == (0, True, 1, "inf")
    assert np.shape(found["standard_errors"]) == (3, 3)
    assert found["used"] + found["border"] + found["clipped"] == pair.size
    assert (found["pairs"], found["notes"], found["files"]) == (1, [], [])
    found = json.loads(ok(convtool(*FIT, "--json", "-o", "k.json")))
    assert found["files"] == ["k.json"]
    assert found["rational"] is False


def test_what_is_learned_of_a_result_that_no_kernel_made_comes_with_a_note(convtool, pair):
    Image.fromarray(255 - pair // 2).save("after.png")
    result = convtool(*FIT, "--rational")
    assert len(parse_bytes(ok(result), "stdout", "k")) == 1
    error = result.stderr.decode()
    assert "convtool: a bias of about 25" in error
    assert "convtool: no whole weights over a divisor were found that explain the pixels" in error
    assert "convtool: the kernel does not explain the result (PSNR " in error


def test_images_come_from_stdin_and_from_pipes(convtool, process, pair, folder):
    data = (folder / "after.png").read_bytes()
    kernels = [
        parse_bytes(ok(convtool("fit", "before.png", "-", "--rational", stdin=data)), "", "")
    ]
    data = (folder / "before.png").read_bytes()
    found = ok(process("fit", "/dev/stdin", "after.png", "--rational", stdin=data))
    kernels.append(parse_bytes(found, "", ""))
    assert all(same_as_gaussian3(kernel) for (kernel,) in kernels)


@pytest.mark.parametrize("ending", ["csv", "npy", "tiff", "ppm"])
def test_images_of_every_format(convtool, pair, ending):
    gray = pair[..., 0]
    write_image(f"a.{ending}", gray)
    after = conv2d(gray, find_kernel("gaussian3"))
    write_image(f"b.{ending}", after)
    (kernel,) = parse_bytes(ok(convtool("fit", f"a.{ending}", f"b.{ending}", "--rational")), "", "")
    assert same_as_gaussian3(kernel)


def test_alpha_is_left_out(convtool, pair):
    alpha = np.random.default_rng(0).integers(0, 256, (*pair.shape[:2], 1), dtype=np.uint8)
    Image.fromarray(np.concatenate([pair, alpha], axis=2)).save("before.png")
    (kernel,) = parse_bytes(ok(convtool(*FIT, "--rational")), "", "")
    assert same_as_gaussian3(kernel)


def test_pairs_from_a_list(convtool, pair, folder):
    for name, pixels in (("a b.png", pair[:50]), ("c.png", pair[50:, ::-1])):
        Image.fromarray(np.ascontiguousarray(pixels)).save(name)
        after = conv2d(pixels, find_kernel("gaussian3"), dtype=np.uint8)
        Image.fromarray(after).save(f"after {name}")
    text = "# pairs\n\n'a b.png' \"after a b.png\"\n  # and\nc.png\tafter c.png\n"
    (folder / "list.txt").write_text(text)
    for arguments, stdin, count in (
        (["--pairs", "list.txt"], b"", 2),
        (["--pairs", "-"], text.encode(), 2),
        (["before.png", "after.png", "--pairs", "list.txt"], b"", 3),
    ):
        result = convtool("fit", *arguments, "--rational", "--json", stdin=stdin)
        found = json.loads(ok(result))
        assert (found["divisor"], found["exact"], found["pairs"]) == (16, 1, count)


def test_a_layer_with_its_biases_is_ready_for_conv(convtool, pair, folder):
    rng = np.random.default_rng(0)
    weights, biases = rng.normal(size=(4, 3, 3, 3)) * 0.2, np.array([90, 100, 110, 120.0])
    np.save("after.npy", conv2d(pair, weights, bias=biases, dtype=np.float64))
    result = convtool("fit", "before.png", "after.npy", "--layer", "--bias", "-o", "layer.npy")
    assert ok(result).decode().endswith("wrote layer.npy\nwrote layer-bias.npy\n")
    assert np.allclose(np.load("layer.npy"), weights)
    assert np.allclose(np.load("layer-bias.npy"), biases)
    ok(convtool("conv", "before.png", "-k", "layer.npy", "--bias-file", "layer-bias.npy",
                "-o", "again.npy"))  # fmt: skip
    assert np.allclose(
        np.load("again.npy")[1:-1, 1:-1], np.load("after.npy")[1:-1, 1:-1], atol=1e-2
    )
    found = ok(convtool("fit", "before.png", "after.png", "--layer"))
    assert np.load(io.BytesIO(found)).shape == (3, 3, 3, 3)


CASES = {
    "no images": (["fit", "--bias"], 2, "no image given, expected two, BEFORE AFTER, or --pairs"),
    "one image": (["fit", "before.png"], 2, "1 image given, expected two"),
    "three images": (["fit", *["before.png"] * 3], 2, "3 images given, expected two; several"),
    "stdin twice": (["fit", "-", "-"], 2, "only one of BEFORE, AFTER and LIST can come from stdin"),
    "layer and rational": ([*FIT, "--layer", "--rational"], 2, "--rational is for kernels"),
    "layer as json": ([*FIT, "--layer", "-o", "k.json"], 2, "which json does not hold"),
    "bias as npy": ([*FIT, "--bias", "-o", "k.npy"], 2, "npy holds no bias of a kernel"),
    "two files to stdout": ([*FIT, "--bias", "--layer"], 2, "makes two files: use -o NAME.npy"),
    "unknown extension": ([*FIT, "-o", "k.doc"], 2, "extension '.doc' is unknown, expected one"),
    "unknown format": ([*FIT, "--format", "doc"], 2, "kernel format 'doc' is unknown"),
    "bad size": ([*FIT, "--size", "0"], 2, "found '0', expected 1 or more"),
    "missing image": (["fit", "nothere.png", "after.png"], 1, "nothere.png: no such file"),
    "no image": (["fit", "before.png", "pairs.txt"], 1, "pairs.txt: is no image"),
    "sizes": (["fit", "before.png", "small.png"], 1, "before.png, small.png: the image is 100x120"),
    "flat": (["fit", "flat.png", "flat.png"], 1, "the images do not determine 9 weights"),
    "pixel limit": ([*FIT, "--max-pixels", "99"], 1, "more than the limit of 99 pixels"),
    "huge size": ([*FIT, "--size", "999999999"], 1, "no window of 999999999x999999999 lies in"),
    "no folder": ([*FIT, "-o", "no/k.json"], 1, "no/k.json: cannot be written: there is no folder"),
    "missing list": (["fit", "--pairs", "nothere"], 1, "nothere: cannot be read: No such file"),
    "empty list": (["fit", "--pairs", "empty.txt"], 1, "empty.txt: holds no pairs"),
    "one name": (["fit", "--pairs", "words.txt"], 1, "words.txt: line 2: found 3 name(s)"),
    "open quote": (["fit", "--pairs", "quote.txt"], 1, "quote.txt: line 1: no closing quotation"),
    "no such pair": (["fit", "--pairs", "pairs.txt"], 1, "gone.png: no such file"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_leaves_nothing(convtool, pair, folder, case):
    arguments, code, message = CASES[case]
    Image.fromarray(np.full((30, 30), 9, np.uint8)).save("flat.png")
    Image.fromarray(pair[:40]).save("small.png")
    for name, text in (
        ("words.txt", "# a\nthese are words\n"), ("empty.txt", "# none\n"), ("quote.txt", "'a b"),
        ("pairs.txt", "before.png after.png\ngone.png after.png\n"),
    ):  # fmt: skip
        (folder / name).write_text(text)
    before = sorted(folder.iterdir())
    result = convtool(*arguments)
    error = result.stderr.decode()
    assert result.returncode == code, error
    assert message in error
    assert error.count("\n") == 1, error
    assert result.stdout == b""
    assert sorted(folder.iterdir()) == before


def test_a_closed_stdout_is_an_error_and_no_traceback(folder, pair):
    import subprocess

    from conftest import SCRIPT

    for redirection, code in ((">&-", 1), ("> /dev/full", 1), ("| true", 0),
                              ("2>&-", 0), ("2> /dev/full", 0)):  # fmt: skip
        line = f"{SCRIPT} fit before.png after.png {redirection}"
        result = subprocess.run(["bash", "-c", line], capture_output=True, cwd=folder, check=False)
        assert result.returncode == code
        assert b"Traceback" not in result.stderr


def test_a_bank_is_recovered_kernel_by_kernel(convtool, pair):
    for kernel in find_kernels("kirsch")[:2]:
        after = conv2d(pair, kernel, dtype=np.uint8)
        Image.fromarray(after).save("after.png")
        (found,) = parse_bytes(ok(convtool(*FIT, "--rational", "-q")), "", "")
        assert np.array_equal(found.weights, kernel.weights)


def test_names_in_a_list_between_tabs_and_errors_that_say_where(convtool, small, folder):
    (folder / "a b.png").write_bytes((folder / "small.png").read_bytes())
    convtool("conv", "small.png", "-k", "box3", "-o", "after.png")
    (folder / "list").write_text('# two\n "a b.png"\t after.png\na b.png\tafter.png\n')
    result = convtool("fit", "--pairs", "list", "--json")
    assert json.loads(result.stdout)["pairs"] == 2
    (folder / "list").write_text("small.png after.png\nsmall.png nope.png\n")
    result = convtool("fit", "--pairs", "list")
    assert result.returncode == 1
    assert b"list: line 2: nope.png: no such file" in result.stderr
    assert convtool("fit", "small.png", "after.png", "--json", "--format", "txt").returncode == 2


def test_no_image_is_replaced_by_the_kernel_or_its_biases(convtool, folder):
    rng = np.random.default_rng(0)
    for name in ("a.npy", "k-bias.npy"):
        np.save(name, rng.normal(size=(20, 20, 2)))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for arguments in (["a.npy", "k-bias.npy", "-o", "a.npy"],
                      ["k-bias.npy", "a.npy", "--layer", "--bias", "-o", "k.npy"]):  # fmt: skip
        result = convtool("fit", *arguments, "-s", "1")
        assert result.returncode == 2
        assert b"would replace an image that is learned from" in result.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


DEEP = Kernel([[[1, 2], [0, 1], [3, 1]], [[2, 8], [-1, 0], [0, 1]], [[1, 2], [5, 1], [2, 1]]], 32)


@pytest.fixture
def volume(folder):
    """v.tif and v.npy, the same volume; a.tif and a.npy, made of it by DEEP; flat.tif by box3."""
    found = np.random.default_rng(1).integers(0, 65536, (7, 30, 40), np.uint16)
    after = conv3d(found, DEEP.weights, divisor=DEEP.divisor, dtype=np.uint16)
    flat = [conv2d(one, find_kernel("box3"), dtype=np.uint16) for one in found]
    for name, pixels in (("v", found), ("a", after), ("flat", np.stack(flat))):
        tifffile.imwrite(f"{name}.tif", pixels, photometric="minisblack", metadata=None)
        np.save(f"{name}.npy", pixels)
    return found


@pytest.mark.parametrize("ending", ["json", "txt", "npy"])
@pytest.mark.parametrize(
    "images",
    [("v.tif", "a.tif"), ("v.npy", "a.npy", "--axes", "zyx"), ("v.tif", "a.npy", "--axes", "zyx"),
     ("v.npy", "a.tif", "--axes", "zyx")],
)  # fmt: skip
def test_a_kernel_with_depth_is_learned_from_pages_and_slices(
    convtool, volume, folder, images, ending
):
    words = convtool("fit", *images, "-s", "3x3x2", "--rational", "-o", f"k.{ending}")
    assert b"3x3x2 weights, whole, over 32, fitted to 1 pair of images" in ok(words)
    assert words.stderr == b""
    (kernel,) = parse_bytes((folder / f"k.{ending}").read_bytes(), "f", "k")
    assert np.array_equal(kernel.divided(), DEEP.divided())
    ok(convtool("conv", "v.tif", "-k", f"k.{ending}", "-o", "again.tif"))
    assert np.array_equal(tifffile.imread("again.tif"), tifffile.imread("a.tif"))


def test_strides_and_dilations_with_depth_and_json(convtool, volume):
    after = conv3d(volume, DEEP.weights, divisor=32, stride=(1, 2, 3), dilation=2)
    np.save("after.npy", after)
    words = ("fit", "v.tif", "after.npy", "--axes", "zyx", "-s", "3x3x2", "--json", "--rational")
    found = json.loads(ok(convtool(*words, "--stride", "1x2x3", "--dilation", "2")))
    assert (found["weights"], found["divisor"]) == (DEEP.weights.tolist(), 32)
    assert (found["size"], found["exact"]) == ([3, 3, 2], 1)
    assert np.shape(found["standard_errors"]) == (3, 3, 2)
    assert found["used"] + found["border"] == after.size


def test_a_layer_with_depth_is_ready_for_conv(convtool, folder):
    rng = np.random.default_rng(0)
    image, weights = rng.normal(size=(6, 9, 10, 3)), rng.normal(size=(5, 3, 2, 3, 1))
    np.save("v.npy", image)
    np.save("a.npy", conv3d(image, weights))
    words = ("fit", "v.npy", "a.npy", "--axes", "zyxc", "-s", "2x3x1", "--layer")
    found = json.loads(ok(convtool(*words, "-o", "k.npy", "--json")))
    assert found["size"] == [2, 3, 1]
    assert np.allclose(np.load("k.npy"), weights, atol=1e-12)
    ok(convtool("conv", "v.npy", "--axes", "zyxc", "-k", "k.npy", "-o", "again.npy"))
    assert np.allclose(np.load("again.npy"), np.load("a.npy"), atol=1e-9)


@pytest.mark.parametrize(
    ("frames", "used"), [((), 7 * 28 * 38), (("--frames", "2..3"), 2 * 28 * 38),
                         (("--frames", "first"), 28 * 38)],
)  # fmt: skip
def test_a_flat_kernel_is_learned_from_all_slices_or_those_asked_for(
    convtool, volume, frames, used
):
    for images in (("v.tif", "flat.tif"), ("v.npy", "flat.npy", "--axes", "zyx")):
        found = json.loads(ok(convtool("fit", *images, *frames, "--rational", "--json")))
        assert (found["divisor"], found["exact"], found["size"]) == (9, 1, [3, 3])
        assert found["used"] + found["clipped"] == used


def test_frames_of_an_animation_are_slices(convtool, folder):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (4, 20, 24, 3), np.uint8)
    first, *others = map(Image.fromarray, frames)
    first.save("a.png", save_all=True, append_images=others)
    ok(convtool("conv", "a.png", "-k", "box:3x3x1", "-o", "b.png"))
    found = json.loads(ok(convtool("fit", "a.png", "b.png", "-s", "3x3x1", "--rational", "--json")))
    assert (found["weights"], found["divisor"]) == ([[[1]] * 3] * 3, 9)
    assert found["used"] + found["clipped"] == 2 * 18 * 24 * 3


DEEP_CASES = {
    "fewer slices": (["v.tif", "one.tif"], 1, "v.tif, one.tif: the image is 7x30x40 and the result "
                     "1x30x40, expected 7x30x40 (same)"),
    "too deep": (["v.tif", "a.tif", "-s", "9x1x1"], 1, "no window of 9x1x1 lies in the image"),
    "axes not said": (["v.npy", "a.npy", "-s", "3x3x2"], 1, "images of several slices (of numbers: "
                      "--axes zyx)"),
    "no such frame": (["v.tif", "a.tif", "--frames", "7"], 1, "v.tif: has no frame 7: it holds 7"),
    "three strides": (["v.tif", "a.tif", "--stride", "1x2x2"], 1, "stride is (1, 2, 2), expected"),
    "four sizes": (["v.tif", "a.tif", "-s", "3x3x3x3"], 2, "'3x3x3x3'"),
    "zero": (["v.tif", "a.tif", "-s", "3x0x3"], 2, "found '3x0x3', expected 1 or more"),
    "a flat format": (["v.tif", "a.tif", "-s", "3x3x2", "-o", "k.mat"], 2, "--size 3x3x2: vips "
                      "holds kernels of rows and columns: use json, txt or npy"),
}  # fmt: skip


@pytest.mark.parametrize("case", DEEP_CASES)
def test_slices_that_do_not_go_together_are_one_line_and_leave_nothing(
    convtool, volume, folder, case
):
    tifffile.imwrite("one.tif", volume[0], photometric="minisblack", metadata=None)
    arguments, code, message = DEEP_CASES[case]
    before = sorted(folder.iterdir())
    result = convtool("fit", *arguments)
    error = result.stderr.decode()
    assert (result.returncode, error.count("\n")) == (code, 1), error
    assert message in error
    assert result.stdout == b""
    assert sorted(folder.iterdir()) == before


def test_a_volume_that_a_flat_kernel_does_not_explain(convtool, folder):
    volume = np.random.default_rng(0).integers(0, 256, (9, 20, 21), np.uint8)
    np.save("a.npy", volume)
    words = ("a.npy", "--axes", "zyx")
    assert (
        convtool("conv", *words, "-k", "box:3x3x3", "--depth", "8", "-o", "b.tif").returncode == 0
    )
    done = convtool("fit", "a.npy", "b.tif", "--axes", "zyx", "-o", "k.json")
    assert b"maybe by a larger one, one over slices (--size 3x3x3), a shift" in done.stderr
    picture = np.random.default_rng(1).integers(1, 255, (90, 100), np.uint8)
    np.save("c.npy", picture)
    np.save("d.npy", np.rint(np.sqrt(picture / 255) * 255).astype(np.uint8))
    done = convtool("fit", "c.npy", "d.npy", "-o", "k.json")
    assert b"maybe by a larger one, a shift" in done.stderr


@pytest.mark.parametrize("clear", [100, 255])
def test_transparency_is_named_as_what_may_have_made_the_result(convtool, pair, clear):
    alpha = np.full((*pair.shape[:2], 1), 255, np.uint8)
    alpha[20:60, 30:70] = clear
    Image.fromarray(np.concatenate([pair, alpha], axis=2)).save("before.png")
    ok(convtool("conv", "before.png", "-k", "gaussian3", "-o", "after.png"))
    error = convtool(*FIT).stderr
    assert (b"BEFORE's alpha, by which conv weights pixels" in error) == (clear < 255)
    assert (b"the kernel does not explain" in error) == (clear < 255)
    Image.fromarray(255 - np.sqrt(pair).astype(np.uint8)).save("after.png")
    error = convtool(*FIT).stderr
    assert b"the kernel does not explain" in error
    assert (b"BEFORE's alpha" in error) == (clear < 255)


@pytest.mark.parametrize("ending", ["npy", "csv", "png"])
def test_numbers_without_a_white_have_no_grey_levels(convtool, pair, ending):
    pixels = pair[..., 0] / (1 if ending == "png" else 2)
    write_image(f"a.{ending}", pixels if ending != "png" else pair[..., 0])
    noise = np.random.default_rng(0).normal(size=pixels.shape)
    write_image(
        f"b.{ending}",
        np.rint(conv2d(pixels, find_kernel("gaussian3")) + noise).astype(
            np.uint8 if ending == "png" else float
        ),
    )
    report = " ".join(convtool("fit", f"a.{ending}", f"b.{ending}").stderr.decode().split())
    assert report.count("grey levels") == (2 if ending == "png" else 0)
    assert re.search(r"residual [\d.]+ (grey levels )?RMS before rounding", report)


@pytest.mark.parametrize("size", [1e200, 4e307])
def test_squares_that_overflow_are_one_line_and_no_warning(process, folder, size):
    np.save("huge.npy", np.random.default_rng(0).uniform(-1, 1, (40, 50)) * size)
    (folder / "list").write_text("huge.npy huge.npy\nhuge.npy huge.npy\n")
    for images, name in (
        (["huge.npy"] * 2, "huge.npy, huge.npy"),
        (["--pairs", "list"], "2 pairs"),
    ):
        error = process("fit", *images, "-o", "k.txt").stderr.decode()
        assert error == f"convtool: {name}: pixels are so large that their squares overflow\n"


@pytest.mark.parametrize(
    ("weights", "told"),
    [(np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16, True), (np.eye(3), False),
     (np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) / np.pi, False)],
    ids=["sixteenths", "whole", "neither"],
)  # fmt: skip
def test_rational_is_hinted_at_where_it_would_do_as_well(convtool, folder, weights, told):
    before = np.random.default_rng(0).uniform(0, 200, (60, 80))
    np.save("a.npy", before)
    np.save("b.npy", conv2d(before, weights))
    report = convtool("fit", "a.npy", "b.npy").stderr.decode()
    assert "residual  about 0 RMS before rounding" in report
    assert ("try --rational" in report) == told
    assert "try --rational" not in convtool("fit", "a.npy", "b.npy", "--rational").stderr.decode()
