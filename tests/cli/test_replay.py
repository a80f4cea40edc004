"""convtool fit --replay: what is written, and what is refused."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from convtool import conv2d, find_kernel, read_image, write_image

FIT = ("fit", "before.png", "after.png")


def facts(path):
    text = re.search(r'<script type="application/json" id="facts">(.*?)</script>', path.read_text())
    found = json.loads(text[1])
    return {**found, **found["descent"]}


def ok(result):
    assert result.returncode == 0, result.stderr.decode()
    return result


@pytest.mark.parametrize("options", [[], ["--rational"], ["--bias"], ["-o", "k.json"], ["-q"]])
def test_the_page_is_beside_the_kernel_and_changes_nothing_else(convtool, pair, folder, options):
    plain = ok(convtool(*FIT, *options))
    kernel = (folder / "k.json").read_bytes() if "-o" in options else None
    also = ok(convtool(*FIT, *options, "--replay", "a.html"))
    told = b"" if "-q" in options else b"wrote a.html\n"
    if kernel is None:
        assert also.stdout == plain.stdout
        assert also.stderr == plain.stderr + told
    else:
        assert (folder / "k.json").read_bytes() == kernel
        assert (also.stdout, also.stderr) == (plain.stdout + told, plain.stderr)
    assert facts(folder / "a.html")["bias"] == ("--bias" in options)


def test_the_facts_are_those_of_the_report(convtool, pair, folder):
    found = json.loads(ok(convtool(*FIT, "--json", "--replay", "a.htm")).stdout)
    page = facts(folder / "a.htm")
    assert found["files"] == ["a.htm"]
    assert np.allclose(
        page["end"], np.ravel(found["weights"]), atol=np.max(found["standard_errors"])
    )
    assert np.isclose(page["floor"], found["residual"] ** 2)
    assert [page[name] for name in ("used", "border", "clipped", "undefined")] == [
        found[name] for name in ("used", "border", "clipped", "undefined")
    ]
    assert (page["name"], page["kernel"]) == ("before.png, after.png", [3, 3])
    assert page["whole"] is None


def test_whole_weights_are_an_end_of_their_own(convtool, pair, folder):
    ok(convtool(*FIT, "--rational", "--bias", "--replay", "a.html"))
    expected = {"weights": [1, 2, 1, 2, 4, 2, 1, 2, 1], "divisor": 16, "bias": 0}
    assert facts(folder / "a.html")["whole"] == expected


def test_the_same_command_makes_the_same_page(convtool, pair, folder):
    for name, threads in (("a.html", "1"), ("b.html", "2")):
        ok(convtool(*FIT, "--replay", name, "--threads", threads))
    assert (folder / "a.html").read_bytes() == (folder / "b.html").read_bytes()


def test_all_pairs_are_learned_from_and_the_first_is_shown(convtool, pair, folder, photo):
    write_image("c.png", photo[:50, :60])
    write_image("d.png", conv2d(photo[:50, :60], find_kernel("gaussian3"), dtype=np.uint8))
    (folder / "list").write_text("c.png d.png\n")
    ok(convtool(*FIT, "--pairs", "list", "--replay", "a.html"))
    found = facts(folder / "a.html")
    assert (found["pairs"], found["size"]) == (2, [100, 120])
    assert found["used"] == 3 * (98 * 118 + 48 * 58)


def test_an_image_from_a_pipe(convtool, pair, folder):
    after = (folder / "after.png").read_bytes()
    ok(convtool("fit", "before.png", "-", "--replay", "a.html", stdin=after))
    ok(convtool(*FIT, "--replay", "b.html"))
    found, expected = facts(folder / "a.html"), facts(folder / "b.html")
    assert found["name"] != expected["name"]
    assert {**found, "name": ""} == {**expected, "name": ""}


def test_numbers_and_slices(convtool, folder, photo):
    slices = np.stack([photo[:60, :70, 0], photo[60:120, 70:140, 0]]) / 3
    np.save("a.npy", slices)
    np.save("b.npy", np.stack([conv2d(one, find_kernel("edge")) for one in slices]))
    ok(convtool("fit", "a.npy", "b.npy", "--axes", "zyx", "--replay", "a.html"))
    found = facts(folder / "a.html")
    assert (found["size"], found["white"]) == ([60, 70], None)
    assert np.allclose(found["end"], find_kernel("edge").weights.ravel(), atol=1e-6)


def test_alpha_is_left_out(convtool, pair, folder):
    Image.open("before.png").convert("RGBA").save("alpha.png")
    ok(convtool("fit", "alpha.png", "after.png", "--replay", "a.html"))
    found = facts(folder / "a.html")
    assert (found["before"]["channels"], found["alpha"]) == (3, True)
    ok(convtool(*FIT, "--replay", "a.html"))
    assert facts(folder / "a.html")["alpha"] is False


@pytest.mark.parametrize(("size", "bias"), [("3", []), ("11", ["--bias"])])
def test_a_page_is_below_a_megabyte(convtool, folder, size, bias):
    noise = np.random.default_rng(1).integers(0, 256, (1000, 1200, 3)).astype(np.uint8)
    write_image("before.png", noise)
    write_image("after.png", conv2d(noise, np.full((int(size),) * 2, int(size) ** -2), dtype="u1"))
    ok(convtool(*FIT, "--size", size, *bias, "--replay", "a.html"))
    assert (folder / "a.html").stat().st_size < 700_000


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--replay", "a.png"], "--replay a.png: writes a page, expected a name as lesson.html"),
        (["--replay", "-"], "--replay -: writes a page"),
        (["--replay", "a.html", "--layer"], "it excludes --layer"),
        (["--replay", "a.html", "--size", "3x3x3"], "--size has slices"),
        (["--replay", "a.html", "--size", "11x12"], "up to 121 weights, as of 11x11, and --size"),
        (["--replay", "a.html", "--dilation", "1x90"], "--dilation makes them 181"),
        (["--replay", "a.html", "-o", "./a.html", "--format", "txt"], "both name a.html"),
        (["--replay", "before.html"], "would replace an image that is learned from"),
        (["--replay", "after.html"], "would replace an image that is learned from"),
    ],
)
def test_what_is_refused_is_told_in_a_line_before_anything_is_done(
    convtool, pair, folder, options, told, monkeypatch
):
    from convtool.fit import placement

    monkeypatch.setattr(placement, "gather", lambda *_: pytest.fail("was done"))
    for name in ("before", "after"):
        (folder / f"{name}.html").symlink_to(f"{name}.png")
    names = sorted(path.name for path in folder.iterdir())
    result = convtool(*FIT, *options)
    assert result.returncode == 2
    (line,) = result.stderr.decode().splitlines()
    assert told in line
    assert result.stdout == b""
    assert sorted(path.name for path in folder.iterdir()) == names
    assert np.array_equal(read_image("before.png"), pair)


@pytest.mark.parametrize(
    "options", [["--replay", "none/a.html"], ["--replay", "a.html", "-o", "none/k.txt"]]
)
def test_where_one_file_cannot_be_written_none_is(convtool, pair, folder, options):
    result = convtool(*FIT, "-o", "k.txt", *options)
    assert result.returncode == 1
    assert b"there is no folder" in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["after.png", "before.png"]


def test_images_that_determine_no_kernel_make_no_page(convtool, folder):
    for name in ("before.png", "after.png"):
        write_image(name, np.full((40, 40), 90, np.uint8))
    result = convtool(*FIT, "--replay", "a.html")
    assert result.returncode == 1
    assert b"do not determine 9 weights" in result.stderr
    assert not (folder / "a.html").exists()
