import importlib.util

import numpy as np
from conftest import REPOSITORY
from PIL import Image

from convtool import read_image

SAMPLES = REPOSITORY / "samples"


def test_the_samples_are_what_their_script_draws():
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    scene = script.draw()
    assert np.array_equal(read_image(SAMPLES / "scene.png"), np.asarray(scene))
    assert np.array_equal(read_image(SAMPLES / "scene-gray.png"), np.asarray(scene.convert("L")))
    assert read_image(SAMPLES / "matrix4x4.csv").tolist()[1] == [2, 9, 1, 1]
    for name, array in zip(("conv1", "bias1"), script.layer(), strict=True):
        assert np.array_equal(np.load(SAMPLES / f"{name}.npy"), array)
    alpha = np.asarray(script.with_alpha(scene))
    assert np.array_equal(read_image(SAMPLES / "scene-alpha.png"), alpha)
    assert np.array_equal(read_image(SAMPLES / "sticker.png"), np.asarray(script.sticker()))
    assert np.array_equal(read_image(SAMPLES / "sign.png"), np.asarray(script.sign()))
    with Image.open(SAMPLES / "sunrise.gif") as animation:
        for number, frame in enumerate(script.sunrise()):
            animation.seek(number)
            assert np.array_equal(np.asarray(animation.convert("RGB")), np.asarray(frame))
    assert np.array_equal(read_image(SAMPLES / "scene-16bit.png"), np.asarray(script.deep(scene)))


def test_the_kinds_of_picture_that_the_samples_cover():
    modes = {}
    for path in SAMPLES.glob("scene*.png"):
        with Image.open(path) as picture:
            modes[path.name] = picture.mode
    assert modes == {
        "scene.png": "RGB",
        "scene-gray.png": "L",
        "scene-alpha.png": "RGBA",
        "scene-16bit.png": "I;16",
        "scene-edge.png": "RGB",
    }
