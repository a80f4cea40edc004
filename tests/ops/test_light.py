"""Sums of light: decoded by the image's own curve, and encoded by it again."""

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
from helpers.icc import cmyk_profile, curved_profile, parametric, sampled

from convtool import ConvtoolError, Pipeline, conv2d, find_kernel, read_image
from convtool.core.image import Header
from convtool.core.metadata import Transfer
from convtool.io.icc import curves_of
from convtool.ops.base import over_array
from convtool.ops.light import Encode, Linear

SCENE = Path(__file__).parents[2] / "samples" / "scene.png"


def srgb_light(value):
    """The light of a value, both shares of white: IEC 61966-2-1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def srgb_value(light):
    """The value of light, both shares of white."""
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def of_picture(operator, image, transfer=Transfer()):  # noqa: B008
    image = image[..., np.newaxis] if image.ndim == 2 else image
    header = Header.of_array(image, may_have_alpha=True)
    stage = operator.bind(header._replace(transfer=transfer))
    return stage, over_array(stage, image, 1)


def every_value(dtype):
    top = int(np.iinfo(dtype).max)
    return np.arange(top + 1).astype(dtype).reshape(-1, 256), top


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_value_has_the_light_of_srgb(dtype):
    values, top = every_value(dtype)
    stage, light = of_picture(Linear(), values)
    expected = [[srgb_light(v / top) * top for v in row] for row in values.tolist()]
    assert light.dtype == np.float32
    assert stage.output.white == top
    np.testing.assert_allclose(light[..., 0], expected, rtol=3e-7)


SQUARES = [round(65535 * (n / 255) ** 2) + (n == 1) for n in range(256)]
CURVES = [
    Transfer(),
    Transfer(gamma=0.45455),
    Transfer(gamma=1.0),
    Transfer(curved_profile(b"GRAY", sampled(round(1.8 * 256)))),
    Transfer(curved_profile(b"GRAY", sampled(*SQUARES))),
    Transfer(curved_profile(b"GRAY", parametric(3, 2.2, 0.9, 0.1, 0.1, 0.05))),
    Transfer(curved_profile(b"GRAY", parametric(4, 2.0, 1, 0, 0.25, 0.25, 0.125, 0.125))),
]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("transfer", CURVES)
def test_what_is_decoded_and_encoded_is_what_it_was(transfer, dtype):
    values, top = every_value(dtype)
    stage, light = of_picture(Linear(), values, transfer)
    assert (np.diff(light.ravel()) > 0).all()
    back = over_array(Encode().bind(stage.output), light, 1)
    assert np.abs(back - values[..., np.newaxis].astype(float)).max() < top * 2e-6
    assert Encode().bind(stage.output).output.transfer == transfer


def light_of(data, value, space=b"GRAY"):
    (curve,) = curves_of(Transfer(curved_profile(space, data)))
    return float(curve.decode(np.array(value)))


def test_curves_of_profiles():
    assert light_of(sampled(), 0.3) == pytest.approx(0.3)  # ICC.1: none is the identity
    assert light_of(sampled(round(1.75 * 256)), 0.3) == pytest.approx(0.3**1.75)
    assert light_of(sampled(0, 10000, 65535), 0.75) == pytest.approx((10000 + 65535) / 2 / 65535)
    assert light_of(parametric(0, 2), 0.5) == pytest.approx(0.25)
    assert light_of(parametric(1, 2, 1, -0.25), 0.75) == pytest.approx(0.25)
    assert light_of(parametric(1, 2, 1, -0.25), 0.125) == 0
    assert light_of(parametric(2, 2, 0.5, 0.25, 0.125), 0.5) == pytest.approx(0.375)
    assert light_of(parametric(3, 2, 1, 0, 0.25, 0.25), 0.125) == pytest.approx(0.03125)
    assert light_of(parametric(4, 2, 1, 0, 0.25, 0.25, 0.125, 0.0625), 0.5) == pytest.approx(0.375)
    assert light_of(parametric(4, 2, 1, 0, 0.25, 0.25, 0.125, 0.0625), 0.125) == pytest.approx(
        0.09375
    )


def test_the_profile_of_srgb_is_srgb():
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    values, _ = every_value("uint8")
    _, by_profile = of_picture(Linear(), np.dstack([values] * 3), Transfer(profile))
    _, plain = of_picture(Linear(), values)
    np.testing.assert_allclose(by_profile, np.repeat(plain, 3, axis=2), rtol=1e-4, atol=1e-3)


def test_each_channel_has_its_own_curve():
    gammas = (1.0, 2.0, 3.0)
    profile = curved_profile(b"RGB ", *(sampled(round(g * 256)) for g in gammas))
    values, top = every_value("uint8")
    colors = np.dstack([values] * 3)
    stage, light = of_picture(Linear(), colors, Transfer(profile))
    for n, gamma in enumerate(gammas):
        np.testing.assert_allclose(light[..., n], (values / top) ** gamma * top, rtol=1e-6)
    back = over_array(Encode().bind(stage.output), light, 1)
    assert np.array_equal(np.rint(back), colors)
    with pytest.raises(ConvtoolError, match="a curve for each of 3 channels, and the image has 1"):
        of_picture(Linear(), values, Transfer(profile))


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (cmyk_profile(lambda *inks: (50, 0, 0)), "'inks' is for CMYK colours"),
        (
            curved_profile(b"GRAY", b"sf32" + bytes(12)),
            "'bent' has a curve of the unknown type sf3",
        ),
        (curved_profile(b"GRAY", parametric(7)), "unknown function 7"),
        (curved_profile(b"GRAY", sampled(9, 5, 1)), "does not rise"),
        (curved_profile(b"GRAY", sampled(7, 7)), "does not rise"),
        (curved_profile(b"GRAY", parametric(0, -1)), "does not rise"),
        (curved_profile(b"GRAY", parametric(1, 2, 0, 0)), "does not rise"),
        (curved_profile(b"GRAY", b"curv" + bytes(2)), "is broken"),
        (curved_profile(b"GRAY", sampled())[:140], "is broken"),
        (curved_profile(b"GRAY", sampled()).replace(b"kTRC", b"A2B0"), "has no curve kTRC"),
    ],
)
def test_a_profile_without_a_known_curve_is_named(profile, told):
    with pytest.raises(ConvtoolError, match="light is decoded by curves of grey and RGB") as error:
        curves_of(Transfer(profile))
    assert told in str(error.value)


def test_a_blur_of_light_is_the_exact_one():
    rng = np.random.default_rng(5)
    image = rng.integers(0, 256, (40, 50), np.uint8)
    found = Pipeline.parse("conv -k box3 --light linear").run(image)
    padded = np.pad(image, 1, mode="symmetric")  # whatever the border, the middle is compared
    for row, col in rng.integers(2, 38, (200, 2)):
        under = padded[row : row + 3, col : col + 3].ravel()
        light = sum(srgb_light(int(v) / 255) for v in under) / 9
        assert found[row, col] == pytest.approx(srgb_value(light) * 255, abs=1e-3)


def test_stages_give_what_the_option_gives():
    image = read_image(SCENE)
    by_stages = Pipeline.parse("linear | conv -k disk:5 | encode").run(image)
    assert np.array_equal(by_stages, Pipeline.parse("conv -k disk:5 --light linear").run(image))
    pooled = Pipeline.parse("linear | pool -m mean | encode").run(image)
    assert np.array_equal(pooled, Pipeline.parse("pool -m mean --light linear").run(image))
    gray = Pipeline.parse("gray | linear | conv -k box3 | encode").run(image)
    assert np.array_equal(gray, Pipeline.parse("conv -k box3 --gray --light linear").run(image))


def test_alpha_is_no_light_and_weighs_it():
    white, red = (255, 255, 255, 255), (255, 0, 0, 0)
    image = np.array([[white, red, (0, 0, 0, 255)]], np.uint8)
    words = "conv -k '1 1 1' --divisor 3 --alpha weight --light linear --padding valid"
    found = Pipeline.parse(words).run(image)
    assert found[0, 0, 3] == pytest.approx(170)
    expected = srgb_value(float(Fraction(1, 2))) * 255
    np.testing.assert_allclose(found[0, 0, :3], expected, rtol=1e-6)
    _, light = of_picture(Linear(), image)
    assert light[..., 3].tolist() == [[255, 0, 255]]


def test_below_black_a_curve_is_mirrored_and_above_white_it_goes_on():
    for transfer in CURVES:
        header = Header.of_array(np.zeros((1, 3, 1), np.float32))
        header = header._replace(white=1, transfer=transfer._replace(linear=True))
        light = np.array([[[-0.5], [0.5], [2]]], np.float32)
        values = over_array(Encode().bind(header), light, 1)
        assert values[0, 0] == -values[0, 1]
        assert values[0, 2] > 1


def test_light_is_asked_of_pictures_and_once():
    with pytest.raises(ConvtoolError, match="none of these values of float64 is known to be white"):
        Pipeline.parse("linear").run(np.ones((3, 3)))
    image = np.zeros((3, 3), np.uint8)
    with pytest.raises(ConvtoolError, match="linear: the values are linear light already"):
        Pipeline.parse("linear | conv -k box3 --light linear").run(image)
    with pytest.raises(ConvtoolError, match="encode: the values are no linear light"):
        Pipeline.parse("conv -k box3 | encode").run(image)


def test_light_of_files(convtool, folder):
    """The profile and the gamma of a file are heeded, and go along."""
    pixels = np.array([[0, 255]], np.uint8)
    profile = curved_profile(b"GRAY", sampled(round(2.0 * 256)))
    PIL.Image.fromarray(pixels).save("profile.png", icc_profile=profile)
    PIL.Image.fromarray(pixels).save("profile.tif", icc_profile=profile)
    half = ("-k", "1 1", "--divisor", "2", "--padding", "valid", "--light", "linear")
    for name in ("profile.png", "profile.tif"):
        assert convtool("conv", name, *half, "-o", "half.png").stderr == b""
        assert read_image("half.png").tolist() == [[round(255 * 0.5**0.5)]]
        with PIL.Image.open("half.png") as image:
            assert image.info["icc_profile"] == profile
    odd = curved_profile(b"GRAY", sampled(3, 2, 1), name="odd")
    PIL.Image.fromarray(pixels).save("odd.png", icc_profile=odd)
    result = convtool("conv", "odd.png", *half, "-o", "x.png")
    assert (result.returncode, result.stderr) == (
        1,
        b"convtool: odd.png: the ICC profile 'odd' has a curve that does not rise from black to "
        b"white: light is decoded by curves of grey and RGB\n",
    )
    assert convtool("conv", "odd.png", "-k", "box3", "-o", "x.png").returncode == 0


def test_negative_light_is_told(convtool, folder):
    rng = np.random.default_rng(1)
    PIL.Image.fromarray(rng.integers(0, 256, (20, 20), np.uint8)).save("a.png")
    told = convtool("conv", "a.png", "-k", "sharpen", "--light", "linear", "-o", "x.png").stderr
    assert b"negative light" in told
    told = convtool("run", "linear | conv -k box3", "a.png", "-o", "x.png").stderr
    assert told == (
        b"convtool: the map is linear light, which looks too dark in a picture: encode is to come "
        b"last\n"
    )
    assert convtool("run", "linear | conv -k box3", "a.png", "-o", "x.npy").stderr == b""


def test_explain_shows_the_curve(convtool, folder):
    PIL.Image.fromarray(np.array([[188, 255]], np.uint8)).save("a.png")
    text = convtool("explain", "a.png", "linear | encode", "--at", "0,0").stdout.decode()
    assert "(0.947867 x 0.737255 + 0.0521327)^2.4" in text
    assert "^(1 / 2.4) - 0.0521327) / 0.947867" in text
    light = srgb_light(188 / 255) * 255
    found = json.loads(convtool("explain", "a.png", "linear", "--at", "0,0", "--json").stdout)
    assert json.dumps(found).count(f"{light:.3f}"[:6]) >= 1


@pytest.mark.parametrize("kernel", ["gaussian:7", "box3"])
def test_it_is_what_vips_makes_of_scrgb(convtool, folder, kernel):
    if not shutil.which("vips"):
        pytest.skip("vips is not installed")
    weights = np.asarray(find_kernel(kernel).weights)
    divisor = find_kernel(kernel).divisor
    lines = [" ".join(map(str, row)) for row in weights.tolist()]
    with open("k.mat", "w") as file:
        file.write(f"{weights.shape[1]} {weights.shape[0]} {divisor} 0\n" + "\n".join(lines))
    for step in (
        f"colourspace {SCENE} linear.v scrgb",
        "conv linear.v blurred.v k.mat --precision float",
        "colourspace blurred.v theirs.png srgb",
    ):
        subprocess.run(["vips", *step.split()], check=True)
    convtool("conv", SCENE, "-k", kernel, "--light", "linear", "-o", "ours.png")
    apart = read_image("ours.png").astype(int) - read_image("theirs.png")
    assert np.abs(apart[8:-8, 8:-8]).max() <= 1


def test_a_mean_of_black_and_white_lines_keeps_their_light():
    """What the eye sees from afar: half of the light is 188 of 255, and no 128."""
    lines = np.tile(np.array([0, 255], np.uint8), (8, 8))
    found = Pipeline.parse("pool -m mean --light linear").run(lines)
    assert set(np.rint(found).ravel().tolist()) == {188}
    assert set(np.unique(conv2d(lines, np.full((1, 2), 0.5), padding="valid"))) == {127.5}
