import json

import numpy as np
import pytest

from convtool import ConvtoolError, Pipeline, conv2d, conv3d, find_kernel, pool2d, pool3d

LAYER = "conv --kernel edge.json --stride 2 | relu | pool --mode max --size 2"


def by_hand(photo):
    return pool2d(np.maximum(conv2d(photo, find_kernel("edge"), stride=2), 0), 2)


def test_words_are_the_operations_one_after_another(photo):
    assert np.array_equal(Pipeline.parse(LAYER).run(photo), by_hand(photo))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "layer.toml",
            '[[stages]]\nop = "conv"\nkernel = "edge"\nstride = 2\n'
            '[[stages]]\nop = "relu"\n[[stages]]\nop = "pool"\nsize = [2, 2]\n',
        ),
        (
            "layer.json",
            json.dumps({"stages": [
                {"op": "conv", "kernel": ["edge"], "stride": "2x2"}, {"op": "relu"},
                {"op": "pool", "mode": "max", "size": 2},
            ]}),
        ),
        ("LAYER.JSON", json.dumps([{"op": "conv", "kernel": "edge", "stride": [2, 2]},
                                   {"op": "relu"}, {"op": "pool"}])),
    ],
)  # fmt: skip
def test_files_say_the_same(folder, photo, name, text):
    (folder / name).write_text(text)
    found = Pipeline.load(folder / name)
    assert np.array_equal(found.run(photo), by_hand(photo))
    assert found.name == name.partition(".")[0]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("--padding 1,2,3,4", {"padding": ((1, 2), (3, 4))}),
        ("--padding=1x2", {"padding": (1, 2)}),
        ("--padding valid --dilation 1x2", {"padding": "valid", "dilation": (1, 2)}),
        ("--border constant --fill -3", {"border": "constant", "fill": -3}),
        ("--flip --anchor 0,1", {"flip": True, "anchor": (0, 1)}),
        ("--divisor 3 --bias -1.5", {"divisor": 3, "bias": -1.5}),
    ],
)
def test_every_option_means_what_conv2d_means(gray_photo, text, options):
    weights = np.array([[1, 2], [-3, 4]])
    found = Pipeline.parse(f"conv -k '1 2; -3 4' {text}").run(gray_photo)
    assert np.array_equal(found, conv2d(gray_photo, weights, **options))


def test_several_kernels_are_combined(gray_photo):
    found = Pipeline.parse("conv -ksobel_x -k sobel_y --combine magnitude")
    x, y = (conv2d(gray_photo, find_kernel(f"sobel_{axis}")).astype(float) for axis in "xy")
    assert np.allclose(found.run(gray_photo), np.hypot(x, y))
    assert found.name == "magnitude"


def test_pools_and_curves(gray_photo):
    found = Pipeline.parse("pool -m lp --p 3 -s 2x3 --ceil|tanh|abs | sigmoid").run(gray_photo)
    pooled = pool2d(gray_photo, (2, 3), "lp", p=3, ceil_mode=True)
    assert np.allclose(found, 1 / (1 + np.exp(-np.abs(np.tanh(pooled)))))


def test_names_say_what_is_done():
    assert Pipeline.parse("gray | conv -k edge --relu | pool --size 3x2").name == "gray-edge-max3x2"


@pytest.mark.parametrize("shape", [(5, 6), (7, 4, 3)])
def test_a_layer_as_it_is_exported(folder, shape):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, shape, dtype=np.uint8)
    channels = shape[2] if len(shape) == 3 else 1
    weights, bias = rng.normal(size=(4, channels, 3, 3)).astype(np.float32), rng.normal(size=4)
    np.save("conv1.npy", np.asfortranarray(weights))
    np.save("bias1.npy", bias)
    found = Pipeline.parse("conv --kernel conv1.npy --bias-file bias1.npy").run(image)
    assert np.array_equal(found, conv2d(image, weights, bias=bias))


def test_a_grouped_layer_and_a_kernel_from_npy(folder):
    image = np.random.default_rng(0).normal(size=(9, 9, 4))
    weights = np.random.default_rng(1).normal(size=(8, 2, 3, 3))
    np.save("w.npy", weights)
    np.save("k.npy", weights[0, 0])
    found = Pipeline.parse("conv -k w.npy --groups 2 | conv -k k.npy").run(image)
    assert np.array_equal(found, conv2d(conv2d(image, weights, groups=2), weights[0, 0]))


def test_what_a_file_refers_to_is_looked_for_beside_it(folder):
    (folder / "nets").mkdir()
    (folder / "edge.json").write_text("[[1]]")
    (folder / "nets" / "edge.json").write_text("[[5]]")
    np.save("nets/w.npy", np.full((2, 1, 1, 1), 7))
    np.save("nets/b.npy", [1, 2])
    stages = [{"op": "conv", "kernel": "edge.json"},
              {"op": "conv", "kernel": "w.npy", "bias_file": "b.npy"}]  # fmt: skip
    (folder / "nets" / "net.json").write_text(json.dumps(stages))
    assert Pipeline.load("nets/net.json").run([[3]]).tolist() == [[[106, 107]]]
    assert Pipeline.parse("conv -k edge.json").run([[3]]).tolist() == [[3]]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads_gives_the_same(photo, threads):
    image = np.tile(photo, (3, 2, 1))
    found = Pipeline.parse("conv -k log5 | leaky_relu --slope 0.1 | conv -k gaussian7 | pool")
    assert np.array_equal(found.run(image, threads=threads), found.run(image, threads=3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pipeline: holds no stage"),
        (" ", "pipeline: holds no stage"),
        ("relu | conv --stirde 2", "stage 2: conv: no such option --stirde, nearest: --stride"),
        ("relu |", "pipeline: found no stage before or behind a |"),
        ("relu || abs", "found no stage before or behind a |"),
        ("conf -k edge", "stage 1: found 'conf', expected one of: conv, pool, unpool"),
        ("relu | conv", "stage 2: conv: Missing option '--kernel'"),
        ("conv -k", "conv: --kernel requires a value"),
        ("conv -k edge --size 2", "stage 1: conv: no such option --size, nearest: --stride"),
        ("conv -k edge photo.png", "conv: unexpected word 'photo.png'"),
        ("conv -k edge --flip=yes", "conv: --flip takes no value"),
        ("conv -k 'edge", "a quote is not closed"),
        ("conv -k nothere", "stage 1: conv: kernel 'nothere' is not found"),
        ("conv -k kirsch", "stage 1: conv: 8 kernels make 8 maps: --combine makes one"),
        ("conv -k -", "kernel '-' is not found"),
        ("conv -k edge --stride 0", "stage 1: conv: stride: found '0', expected 1 or more"),
        ("conv -k edge --fill 3", "--fill goes with --border constant"),
        ("conv -k edge --bias-file b.npy", "--bias-file goes with a layer"),
        ("leaky_relu --slope x", "leaky_relu: slope: found 'x', expected a number"),
        ("tanh --slope 1", "stage 1: tanh: no such option --slope, tanh takes none"),
    ],
)
def test_words_that_are_no_pipeline(folder, text, message):
    with pytest.raises(ConvtoolError) as caught:
        Pipeline.parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.toml", "stages = 3", "p.toml: stages is no list"),
        ("p.toml", "[[stages]\n", "p.toml: "),
        ("p.toml", "", "p.toml: found no stages, expected a list of stages under stages"),
        ("p.toml", "stages = []", "p.toml: holds no stage"),
        ("p.toml", "a = 1\nstages = []", "p.toml: found key 'a'"),
        ("p.toml", f"a = {'[' * 4000}", "p.toml: "),
        ("p.toml", f"a = {'9' * 5000}", "p.toml: "),
        ("p.json", "[" * 10**5, "p.json: nested too deeply"),
        ("p.json", "{", "p.json: line 1"),
        ("p.json", '"conv"', "p.json: stages is no list"),
        ("p.json", "[3]", "p.json: stage 1: has no op"),
        ("p.json", '[{"op": "relu"}, {"op": 3}]', "p.json: stage 2: found 3, expected one of"),
        (
            "p.json",
            '[{"op": "relu", "slope": 1}]',
            "stage 1: relu: no option 'slope', relu takes none",
        ),
        ("p.json", '[{"op": "pool", "size": true}]', "pool: size: found True, expected a size"),
        ("p.json", '[{"op": "pool", "size": [1, 2, 3, 4]}]', "found [1, 2, 3, 4], expected a size"),
        ("p.json", '[{"op": "pool", "ceil": "yes"}]', "found 'yes', expected true or false"),
        ("p.json", '[{"op": "conv", "kernal": "edge"}]', "no option 'kernal', nearest: kernel"),
        ("p.json", '[{"op": "conv", "kernel": [[1, 2]]}]', "expected weights as a text: '0 1 0;"),
        ("p.json", '[{"op": "pool", "count-include-pad": 1}]', "found 1, expected true or false"),
        ("p.json", '[{"op": "conv", "kernel": 3}]', "kernel: found 3, expected a text"),
        ("p.json", '[{"op": "conv", "kernel": "edge", "kernel": "edge"}]', "stands twice"),
        ("p.txt", "relu", "p.txt: extension '.txt', expected .toml or .json"),
        ("p.json", b"\xff", "p.json: is no text"),
    ],
)
def test_files_that_are_no_pipeline(folder, name, text, message):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConvtoolError) as caught:
        Pipeline.load(name)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_missing_file(folder):
    with pytest.raises(ConvtoolError, match=r"nothere.toml: cannot be read: No such file"):
        Pipeline.load("nothere.toml")


@pytest.mark.parametrize(
    "text",
    [
        "conv -k '1 1' --padding 800000000 --border constant | pool -s 800000000",
        "conv -k edge --padding full --dilation 99999999 --border wrap",
        "conv -k 1 --padding 30000000x0 | conv -k 1 --stride 60000000",
    ],
)
def test_maps_too_large_to_hold_are_refused_at_once(text):
    with pytest.raises(ConvtoolError, match=r"the map: is .* more than the limit"):
        Pipeline.parse(text).run(np.ones((50, 60), np.uint8))


@pytest.mark.parametrize("name", ["words", "p.toml", "p.json"])
def test_a_pipeline_has_a_hundred_stages_at_most(folder, name):
    def pipeline(count):
        if name == "words":
            return Pipeline.parse(" | ".join(["pool --size 1"] * count))
        stages = [{"op": "pool", "size": 1}] * count
        lines = '[[stages]]\nop = "pool"\nsize = 1\n' * count
        (folder / name).write_text(json.dumps(stages) if name == "p.json" else lines)
        return Pipeline.load(name)

    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(pipeline(100).run(pixels), pixels)
    place = "pipeline" if name == "words" else name
    with pytest.raises(ConvtoolError, match=f"^{place}: holds 101 stages, expected 100 at most$"):
        pipeline(101)


@pytest.mark.parametrize(
    "stage",
    [
        "conv -k edge --gray --relu",
        "conv -k edge -k box3 --combine mean",
        "conv -k '1 0 1' --border wrap --divisor 2",
        "pool -m median -s 3 --stride 1 --padding 1",
        *("relu", "leaky_relu", "sigmoid", "tanh", "abs", "gray"),
    ],
)
def test_a_hundred_stages_of_any_kind_run(stage):
    pixels = np.arange(60, dtype=np.uint8).reshape(6, 10)
    assert Pipeline.parse(" | ".join([stage] * 100)).run(pixels).shape == (6, 10)


def test_operators_from_python_are_counted_too():
    pools = Pipeline.parse("pool --size 1").operators * 400
    with pytest.raises(ConvtoolError, match="more than 100 stages look at windows"):
        Pipeline(pools, "pools").run(np.zeros((3, 3)))


def test_an_image_that_no_stage_takes(photo):
    with pytest.raises(ConvtoolError, match="has no grey"):
        Pipeline.parse("gray").run(np.zeros((3, 3, 2)))


@pytest.mark.parametrize("dots", [".", " . ", ". \t"])
def test_a_key_of_toml_that_is_nested_too_deeply_is_refused_before_it_is_read(folder, dots):
    """tomllib would take gigabytes for 100 kB of it."""
    for text in (dots.join(["a"] * 50_000) + " = 1", "[" + dots.join(["'b'"] * 50_000) + "]"):
        (folder / "p.toml").write_text(text)
        with pytest.raises(ConvtoolError, match=r"^p.toml: nested too deeply"):
            Pipeline.load("p.toml")
    (folder / "p.toml").write_text(f'stages = [{{op = "relu"}}]\n# {"a." * 90}')
    assert Pipeline.load("p.toml").name == "p"


def test_volumes():
    """As stage by stage; windows without depth lie on each slice."""
    volume = np.random.default_rng(5).integers(0, 256, (5, 7, 6), np.uint8)
    found = Pipeline.parse("conv -k gaussian:3x3x3 | conv -k edge | pool -s 2x2x2").run(volume)
    soft = conv3d(volume, find_kernel("gaussian:3x3x3").weights)
    edges = np.stack([conv2d(one, find_kernel("edge")) for one in soft])
    assert np.array_equal(found, pool3d(edges, 2))
    flat = Pipeline.parse("conv -k edge")
    slices = [conv2d(one, find_kernel("edge")) for one in volume]
    assert np.array_equal(flat.run(volume, dimensions=3), slices)
    assert np.array_equal(flat.run(volume), conv2d(volume, find_kernel("edge")))
    colors = np.stack([volume, volume[::-1]], -1)
    deep = Pipeline.parse("conv -k box:3x1x1")
    box = np.ones((3, 1, 1), int)
    assert np.array_equal(deep.run(colors), conv3d(colors, box, divisor=3))
    with pytest.raises(ConvtoolError, match=r"volume has shape \(5, 7\), expected \(D, H, W\)"):
        deep.run(volume[..., 0])


@pytest.mark.parametrize("dimensions", ["3", 1, 2.5, (1, 2), np.nan])
def test_dimensions_are_two_or_three(dimensions):
    with pytest.raises(ConvtoolError, match="expected 2 or 3"):
        Pipeline.parse("relu").run(np.ones((3, 4, 5)), dimensions=dimensions)
