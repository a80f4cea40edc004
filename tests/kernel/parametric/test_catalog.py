import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convtool import ConvtoolError, find_kernel, find_kernels
from convtool.core.errors import OptionError, quoted
from convtool.core.filenames import plain
from convtool.core.params import Word
from convtool.kernel.lookup import Lookup
from convtool.kernel.parametric.catalog import GENERATORS, generate

VALUES = {"size": "5", "length": "6", "axis": "y", "outer": "6", "number": "5", "neighbours": "18"}
"""What parameters are set to here, where it is not 3."""


BESIDE = {"gaussian": {"sigma": "3", "sigma2": "1"}}
"""Without which a parameter has no effect, or no meaning."""

CONTRADICTIONS = ("two different", "expected sigma too", "expected one of them")
"""In errors about parameters that are right on their own."""


def values_of(generator):
    return [VALUES.get(option.name, "3") for option in generator.parameters]


@pytest.mark.parametrize("generator", GENERATORS.values(), ids=GENERATORS)
def test_every_generator_is_made_of_nothing_and_of_its_example(folder, generator):
    assert generator.example.startswith(f"{generator.name}:")
    for spec in (generator.name, f"{generator.name}:", generator.example):
        kernel = generate(spec)
        assert np.any(kernel.weights)
        assert len(kernel.description) > 10
    assert find_kernel(generator.example) == generate(generator.example)


@pytest.mark.parametrize("generator", GENERATORS.values(), ids=GENERATORS)
def test_every_parameter_has_an_effect_and_its_help(generator):
    beside = BESIDE.get(generator.name, {})
    plainly = generator.make(beside)
    for option in generator.parameters:
        word = "y" if isinstance(option.kind, Word) else "11" if option.name == "size" else "6"
        word = "5" if option.name == "number" else word
        changed = generator.make({**beside, option.name: word})
        assert changed != plainly
        assert not np.array_equal(changed.weights, plainly.weights), option.name
        assert option.help.endswith(".")
        assert option.default or "Default: " in option.help


@pytest.mark.parametrize("generator", GENERATORS.values(), ids=GENERATORS)
def test_by_place_by_name_and_as_words_it_is_the_same_kernel(generator):
    names = [option.name for option in generator.parameters]
    words = dict(zip(names, values_of(generator), strict=True))
    if generator.name == "dog":
        words["sigma2"] = "4"
    if generator.name == "laplacian":
        del words["number"], words["neighbours"]
    by_place = generate(f"{generator.name}:{','.join(words.values())}")
    named = [f" {name} = {word} " for name, word in words.items()]
    by_name = generate(f"{generator.name}:{','.join(reversed(named))}")
    assert by_place == by_name == generator.make(words)
    assert by_place.name == f"{generator.name}:{','.join(words.values())}"


@given(data=st.data())
def test_the_name_of_what_is_made_makes_it_again(data):
    generator = data.draw(st.sampled_from(list(GENERATORS.values())))
    names = [option.name for option in generator.parameters]
    chosen = data.draw(st.sets(st.sampled_from(names)))
    parts = [f"{n}={w}" for n, w in zip(names, values_of(generator), strict=True) if n in chosen]
    try:
        kernel = generate(f"{generator.name}:{','.join(parts)}")
    except ConvtoolError as error:
        assume(not any(words in str(error) for words in CONTRADICTIONS))
        raise
    assert generate(kernel.name) == kernel
    assert plain(kernel.name) == kernel.name.translate({ord(sign): "_" for sign in ":,="})


@given(
    name=st.sampled_from(list(GENERATORS)),
    parts=st.lists(
        st.sampled_from(
            ["", "0", "1", "3", "5", "5x3", "-1", "0.5", "1e5", "1e-9", "nan", "9" * 30]
        )
        | st.sampled_from(["x", "y", "size=7", "sigma=2", "angle=33", "=", " ", "phase=-1e6"])
        | st.text(max_size=5),
        max_size=6,
    ),
)
def test_any_words_give_a_kernel_or_a_sentence(name, parts):
    spec = f"{name}:{','.join(parts)}"
    sentence = f"kernel {quoted(spec)}: "
    try:
        weights = generate(spec).weights
    except ConvtoolError as error:
        weights, sentence = np.zeros(1), str(error)
    assert np.all(np.isfinite(weights))
    assert sentence.startswith(f"kernel {quoted(spec)}: ")


def test_a_default_is_what_is_taken():
    for generator in GENERATORS.values():
        given = {o.name: o.default for o in generator.parameters if o.default}
        assert np.array_equal(generator.make(given).weights, generate(generator.name).weights)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gaussian:5x", "size: found '5x', expected a size as 3, 3x5"),
        ("gaussian:5,0", "sigma: found '0', expected a number from 0.01 to 10000"),
        ("gaussian:5,nan", "sigma: found 'nan', expected a finite number"),
        ("gaussian:5," + "9" * 400, "sigma: found '9+[.]{3}9+', expected a "),
        ("gaussian:5,1,2,3,4", "5 parameters, expected gaussian:size,sigma,sigma2,angle$"),
        ("gaussian:radius=2", "no parameter 'radius', expected gaussian:size,sigma,sigma2,angle$"),
        ("gaussian:5,sigma2=2", "sigma2 or angle is given without sigma, expected sigma too"),
        ("gaussian:5,1,0", "sigma2: found '0', expected a number from 0.01 to 10000"),
        ("gaussian:5,size=5", "size is given a second time, expected it once"),
        ("gaussian:sigma=1,2", "found '2' after a name, expected a name=value"),
        ("gaussian:sigma=", "sigma: found '', expected a number"),
        ("gaussian:5:7", "size: found '5:7', expected a size"),
        ("log:4", "size: found '4', expected an odd size as 3, 3x5 or 3x3x5"),
        ("log:3x4x3", "size: found '3x4x3', expected an odd size"),
        ("unsharp:3x4", "size: found '3x4', expected an odd size"),
        ("sobel:33", "size: found '33', expected sides of 31 at most"),
        ("sobel:3x33", "size: found '3x33', expected sides of 31 at most"),
        ("sobel:4", "size: found '4', expected an odd size"),
        ("sobel:axis=z", "axis is z and size is 3x3, expected one as 3x3x3"),
        ("laplacian:29", "size: found '29', expected sides of 27 at most"),
        ("laplacian:1", "size is 1x1, expected 3 or more along one side"),
        ("laplacian:5,5", "size is 5x5 and number is 5, expected one of them"),
        ("laplacian:neighbours=8", "neighbours: found '8', expected one of: 6, 18, 26$"),
        ("laplacian:number=4", "number: found '4', expected one of: 0, 1, 2, 3, 5, 7, 15, 19$"),
        ("laplacian:number=x", "number: found 'x', expected a number"),
        ("freichen:10", "number: found '10', expected one of: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9$"),
        ("freichen:0.5", "number: found '0.5', expected one of: 0, 1"),
        ("sobel:3,w", "axis: found 'w', expected one of: x, y, z"),
        ("gabor:21,1", "wavelength: found '1', expected a number from 2 to 10000"),
        ("box:0", "size: found '0', expected 1 or more"),
        ("diamond:1.5", "radius: found '1.5', expected a whole number from 1"),
        ("circle:0", "radius: found '0', expected a number from 0.01 to 10000"),
        ("ring:-1", "inner: found '-1', expected a number from 0 to 10000"),
        ("ring:3,3", "inner is 3 and outer is 3, expected a larger outer"),
        ("comet:1.5", "length: found '1.5', expected a whole number from 1"),
        ("comet:5,0,0", "sigma: found '0', expected a number from 0.01 to 10000"),
        ("motion:0", "length: found '0', expected a whole number from 1"),
    ],
)
def test_wrong_parameters_name_the_kernel_what_is_found_and_what_is_expected(spec, message):
    with pytest.raises(OptionError, match=f"^kernel '.*': {message}"):
        generate(spec)


def test_windows_too_large_are_named():
    with pytest.raises(ConvtoolError, match="kernel 'box:1025': the kernel would be 1025x1025"):
        generate("box:1025")
    assert generate("box:1024").shape == (1024, 1024)


def test_an_unknown_name_is_an_error():
    with pytest.raises(
        ConvtoolError, match="is no parametric kernel, expected one of: gaussian, box"
    ):
        generate("gauss:3")


def test_files_win(folder):
    (folder / "gaussian:5").write_text("1 2\n")
    (folder / "box.txt").write_text("3\n")
    assert find_kernel("gaussian:5").weights.tolist() == [[1, 2]]
    assert find_kernel("box").weights.tolist() == [[3]]
    assert find_kernel("unsharp").name == "unsharp", "the bundled one"
    assert find_kernel("gaussian:3").shape == (3, 3)
    assert Lookup(beside="nowhere").filters("triangle")[0].name == "triangle"


@pytest.mark.parametrize(
    ("spec", "nearest"),
    [("gausian:5,1.5", "gaussian:5,1.5"), ("gaus:5", "gaussian:5"), ("sobl", "sobel"),
     ("laplace:5", "laplacian:5"), ("GABOR:7", "gabor:7"), ("qqq:7", None)],
)  # fmt: skip
def test_not_found_suggests_what_can_be_made(folder, spec, nearest):
    expected = rf"nearest: .*{nearest}" if nearest else "all names: convtool kernel list"
    with pytest.raises(ConvtoolError, match=rf"kernel '{spec}' is not found; .*{expected}"):
        find_kernels(spec)


def test_the_table_needs_no_numpy():
    code = "import sys, convtool.kernel.parametric.catalog; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
