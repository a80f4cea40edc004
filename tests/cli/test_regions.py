"""--only and --within on commands, in pipelines and batches, and explained."""

import json

import numpy as np
import pytest
from PIL import Image

from convtool import conv2d, find_kernel, pool2d, read_image


@pytest.fixture
def mask(small):
    """m.png: a bar that is white, with a grey rim; half of it is 127 and 128."""
    values = np.zeros(small.shape[:2], np.uint8)
    values[10:20, 5:45] = 255
    values[9, 5:25], values[9, 25:45] = 127, 128
    Image.fromarray(values).save("m.png")
    return values


def saved(values, name="m.png"):
    Image.fromarray(values).save(name)


def test_conv_and_pool_and_run_take_them(convtool, small, mask):
    blur = conv2d(small, find_kernel("box5"))
    share = mask[..., None] / 255
    expected = np.rint(share * blur.astype(float) + (1 - share) * small)
    for words in (
        ("conv", "-k", "box5", "--only", "m.png", "small.png"),
        ("run", "conv -k box5 --only m.png", "small.png"),
    ):
        done = convtool(*words, "-o", "o.png")
        assert (done.returncode, done.stderr) == (0, b"")
        assert np.abs(read_image("o.png") - expected).max() == 0
    pooled = pool2d(small, 3, "median", stride=1, padding="same")
    words = ("-m", "median", "-s", "3", "--stride", "1", "--padding", "same", "--only", "m.png")
    assert convtool("pool", "small.png", *words, "-o", "o.png").returncode == 0
    found = read_image("o.png")
    assert np.array_equal(found[mask == 255], pooled[mask == 255])
    assert np.array_equal(found[mask == 0], small[mask == 0])


def test_gray_comes_first_and_relu_before_only(convtool, small, mask):
    words = ("-k", "sobel_x", "--gray", "--relu", "--only", "m.png", "--format", "npy")
    done = convtool("conv", "small.png", *words, "-o", "o.npy")
    assert done.returncode == 0, done.stderr
    gray = small @ np.array([299, 587, 114]) / 1000
    gray = np.rint(gray)
    slope = np.maximum(conv2d(gray, find_kernel("sobel_x")), 0)
    share = mask / 255
    assert np.allclose(np.load("o.npy"), share * slope + (1 - share) * gray, atol=1e-4)


def test_a_mask_beside_the_file_of_a_pipeline(convtool, small, mask, folder):
    (folder / "job").mkdir()
    saved(255 - mask, "job/m.png")
    stages = [{"op": "conv", "kernel": "box5", "only": "m.png"}]
    (folder / "job" / "p.json").write_text(json.dumps(stages))
    text = '[[stages]]\nop = "conv"\nkernel = "box5"\nonly = "m.png"\n'
    (folder / "job" / "p.toml").write_text(text)
    for name in ("p.json", "p.toml"):
        assert convtool("run", f"job/{name}", "small.png", "-o", "o.png").returncode == 0
        found = read_image("o.png")
        assert np.array_equal(found[mask == 255], small[mask == 255])
        assert not np.array_equal(found[mask == 0], small[mask == 0])


def test_within_alone_is_told_and_leaves_black(convtool, small, mask):
    done = convtool("conv", "small.png", "-k", "box3", "--within", "m.png", "-o", "o.png")
    assert done.returncode == 0
    inside = mask >= 128
    share = 1 - inside.mean()
    told = f"convtool: {share:.1%} of the values are NaN: black; --only keeps the image there\n"
    assert done.stderr.decode() == told
    assert not read_image("o.png")[~inside].any()
    words = ("-k", "box3", "--within", "m.png", "--only", "m.png", "-o", "o.png")
    done = convtool("conv", "small.png", *words)
    assert (done.returncode, done.stderr) == (0, b"")
    found = read_image("o.png")
    assert np.array_equal(found[mask == 0], small[mask == 0])
    assert np.array_equal(found[9, 5:25], small[9, 5:25])  # 127: not to be read, so the image stays
    marked = np.where(inside[..., None], small.astype(float), np.nan)
    skipped = conv2d(marked, find_kernel("box3"), missing="skip")
    assert np.array_equal(found[mask == 255], np.rint(skipped[mask == 255]))


def test_missing_that_is_asked_for_is_heeded(convtool, small, mask):
    for how in ("zero", "propagate"):
        words = ("-k", "box3", "--within", "m.png", "--missing", how, "-o", "o.npy")
        assert convtool("conv", "small.png", *words).returncode == 0
        marked = np.where(mask[..., None] >= 128, small.astype(float), np.nan)
        expected = conv2d(marked, find_kernel("box3"), missing=how)
        assert np.array_equal(np.load("o.npy"), expected, equal_nan=True)
    words = ("-k", "sobel_x", "--within", "m.png", "--missing", "zero", "-o", "o.npy")
    assert convtool("conv", "small.png", *words).returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["conv", "-k", "edge", "--stride", "2"], "--only goes with --stride 1, and the stride is"),
        (["pool"], "--only goes with --stride 1, and the stride is the window's size"),
        (["pool", "-s", "2"], "--only goes with --stride 1, and the stride is 2x2"),
        (["conv", "-k", "edge", "--padding", "valid"],
         "small.png: mask m.png is 40x50 and the map 38x48, expected one size"),
        (["conv", "-k", "edge", "--only", "none.png"], "--only: none.png: no such file"),
        (["conv", "-k", "edge", "--within", "m.png"], "--within without --missing: missing is "
         "skip and kernel edge has weights below 0"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(convtool, small, mask, words, told):
    only = [] if "--only" in words else ["--only", "m.png"]
    done = convtool(words[0], "small.png", *words[1:], *only, "-o", "o.png")
    assert done.returncode != 0
    assert told.encode() in done.stderr


def test_an_empty_mask_is_told(convtool, small, mask):
    saved(mask * 0)
    done = convtool("conv", "small.png", "-k", "box3", "--only", "m.png", "-o", "o.png")
    assert done.stderr == b"convtool: m.png: the mask is empty: nothing is changed\n"
    assert np.array_equal(read_image("o.png"), small)
    done = convtool("pool", "small.png", "--within", "m.png", "-o", "o.png")
    assert b"convtool: m.png: the mask is empty: every pixel is missing\n" in done.stderr
    assert b"100.0% of the values are NaN" in done.stderr


def test_a_batch_has_one_mask_for_all(convtool, small, mask, folder):
    Image.fromarray(small[::-1]).save("turned.png")
    Image.fromarray(small[:20]).save("other.png")
    names = ["small.png", "turned.png", "other.png"]
    for threads in ("1", "2"):
        words = ("-k", "box5", "--only", "m.png", "-d", f"out{threads}", "--threads", threads)
        done = convtool("conv", *names, *words)
        assert done.returncode != 0
        assert b"other.png: mask m.png is 40x50 and the map 20x50" in done.stderr
        for name, image in (("small", small), ("turned", small[::-1])):
            found = read_image(f"out{threads}/{name}-box5.png")
            assert np.array_equal(found[mask == 0], image[mask == 0])
            blur = np.rint(conv2d(image, find_kernel("box5")))
            assert np.array_equal(found[mask == 255], blur[mask == 255])


def test_a_mask_is_not_replaced_unasked(convtool, small, mask):
    words = ("conv", "small.png", "-k", "box3", "--only", "m.png", "--within", "m.png")
    for files in (("-o", "m.png"), ("-d", ".", "--name", "m.png")):
        done = convtool(*words, *files)
        assert done.returncode == 2
        assert b"m.png would replace the mask; --overwrite allows it" in done.stderr
        assert np.array_equal(read_image("m.png"), mask)
    assert convtool(*words, "-o", "m.png", "--overwrite").returncode == 0


def test_explained(convtool, folder):
    (folder / "i.csv").write_text("0,0,0\n0,90,200\n0,0,0\n")
    (folder / "m.csv").write_text("0,0,0\n0,51,255\n0,0,0\n")
    words = ("-k", "box3", "--only", "m.csv", "--at")
    text = convtool("explain", "i.csv", *words, "1,1").stdout.decode()
    assert "mask 51 of 255: 0.2 x 32.2222 + 0.8 x 90  78.4444\n" in text
    text = convtool("explain", "i.csv", *words, "1,2").stdout.decode()
    assert "mask 255 of 255: the map" in text
    text = convtool("explain", "i.csv", *words, "0,1").stdout.decode()
    assert "mask 0 of 255: the image stays  0\n" in text
    text = convtool("explain", "i.csv", *words, "0,1", "--json").stdout
    (channel,) = json.loads(text)[0]["channels"]
    assert channel["stages"][0]["steps"] == [{"step": "mask 0 of 255: the image stays", "value": 0}]
    within = ("-k", "box3", "--within", "m.csv", "--only", "m.csv")
    text = convtool("explain", "i.csv", *within, "--at", "1,2").stdout.decode()
    assert "/ 2, the sum of the weights that have a value" in text
    text = convtool("explain", "i.csv", *within, "--at", "1,1").stdout.decode()
    assert "mask 51 of 255, and no value: the image stays" in text
    assert convtool("explain", "i.csv", *within, "--at", "1,1", "-o", "e.png").returncode == 0
    text = convtool("explain", "i.csv", "-k", "box3", "--within", "m.csv", "--at", "1,2").stdout
    assert "mask 255 of 255: read  200\n" in text.decode()


def test_every_value_is_explained(convtool, small, mask):
    """The explanation raises where its own arithmetic comes to another value."""
    for stage in (
        "conv -k gaussian:5 --only m.png", "conv -k box5 --only m.png --within m.png --relu",
        "pool -m max -s 3 --stride 1 --padding same --only m.png",
        "pool -m mean -s 3 --stride 1 --padding same --only m.png --within m.png",
        "conv -k sobel_x -k sobel_y --combine magnitude --only m.png",
    ):  # fmt: skip
        for at in ("0,0", "9,7", "9,30", "12,12", "39,49"):
            done = convtool("explain", "small.png", stage, "--at", at)
            assert done.returncode == 0, (stage, at, done.stderr)


def test_shape_of_a_stage_with_masks(convtool, small, mask):
    done = convtool("shape", "small.png", "conv -k box5 --only m.png --within m.png", "--json")
    (stage,) = json.loads(done.stdout)["stages"]
    assert stage["stage"] == "within m.png, conv box5 5x5, only m.png"
    assert (stage["shape"], stage["field"], stage["weights"]) == ([40, 50, 3], [5, 5], 25)


def test_a_range_that_stretches_is_not_for_what_stays(convtool, folder):
    Image.fromarray(np.arange(100, dtype=np.uint8).reshape(10, 10)).save("a.png")
    Image.fromarray(np.full((10, 10), 255, np.uint8)).save("m.png")
    for range_ in ("normalize", "center", "abs"):
        result = convtool("conv", "a.png", "-k", "edge", "--only", "m.png", "--range", range_)
        assert result.returncode == 2
        assert b"is for maps, and --only keeps some of the image" in result.stderr
