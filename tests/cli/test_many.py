"""Many images: which are meant, what their maps are called, and what is said of them."""

import json
import os

import numpy as np
import pytest
from convtool.cli.naming import check_template
from PIL import Image

from convtool import conv2d, find_kernel, read_image


@pytest.fixture
def album(folder, photo):
    """A tree of pictures, each another piece of a photo."""
    names = ["a.png", "b.JPG", "sub/a.png", "sub/deep/c.tif", "sub/deep/d e.png"]
    for number, name in enumerate(names):
        path = folder / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo[9 * number : 9 * number + 30, :40]).save(path)
    for name in ("notes.txt", ".hidden.png", ".git/x.png", "sub/kernel.json"):
        path = folder / "album" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("nothing")
    return folder / "album"


def made(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder(convtool, album, folder):
    result = convtool("conv", "album", "-k", "edge", "-d", "out")
    assert result.returncode == 0, result.stderr
    assert made(folder / "out") == ["a-edge.png", "b-edge.png"]
    assert result.stdout == b""
    assert b"convtool: 2 done, 0 skipped, 0 failed, in " in result.stderr.splitlines()[-1]
    image = read_image("album/a.png")
    assert np.array_equal(
        read_image("out/a-edge.png"), np.clip(conv2d(image, find_kernel("edge")), 0, 255)
    )


def test_a_tree_is_mirrored(convtool, album, folder):
    for _ in range(2):  # the second time the maps are in the tree, and no images
        result = convtool("pool", "album", "--recursive", "-d", "album/out", "-q")
        assert (result.returncode, result.stderr) == (0, b"")
        assert made(album / "out") == [
            "a-max2.png", "b-max2.png", "sub/a-max2.png", "sub/deep/c-max2.tif",
            "sub/deep/d e-max2.png",
        ]  # fmt: skip


@pytest.mark.parametrize("how", ["file", "stdin", "null"])
def test_a_list_of_names(convtool, album, folder, how):
    os.rename("album/a.png", "album/new\nline.png" if how == "null" else "album/ä.png")
    names = [os.fsencode(path) for path in [*sorted(album.glob("*.png")), album / "sub/a.png"]]
    listed = [name for name in names if b".hidden" not in name]
    end = b"\0" if how == "null" else b"\r\n"
    data = end.join(listed) + end
    (folder / "list").write_bytes(data)
    arguments = {
        "file": ["--from-file", "list"],
        "stdin": ["--from-file", "-"],
        "null": ["-0", "--from-file", "-"],
    }
    result = convtool("run", "abs", *arguments[how], "-d", "out", stdin=data)
    assert result.returncode == 0, result.stderr
    first = "new_line" if how == "null" else "ä"
    assert made(folder / "out") == sorted(["a-abs.png", f"{first}-abs.png"])


def test_names_and_formats(convtool, album, folder):
    result = convtool(
        "conv", "album/a.png", "album/b.JPG", "album/a.png", "-k", "sobel_x", "-k", "sobel_y",
        "-d", "out", "--name", "{kernel}/{ext}/{stem}.npy", "--json",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    expected = [f"sobel_{axis}/{name}.npy" for axis in "xy" for name in ("JPG/b", "png/a")]
    assert made(folder / "out") == sorted(expected)
    told = {(line["input"], line["output"]): line for line in lines(result)}
    assert len(told) == 4
    line = told["album/a.png", "out/sobel_x/png/a.npy"]
    assert line.pop("seconds") > 0
    assert line == {
        "input": "album/a.png", "output": "out/sobel_x/png/a.npy", "status": "done",
        "shape": [30, 40, 3], "clipped": 0.0, "error": None,
        "undefined": 0.0, "transparent": 0.0, "narrowed": False,
    }  # fmt: skip


def test_a_map_in_the_format_of_its_image(convtool, album, folder):
    words = ("-k", "sobel_x", "-d", "out", "--name", "{stem}.{ext}")
    result = convtool("conv", "album/a.png", "album/b.JPG", *words)
    assert result.returncode == 0, result.stderr
    begun = {path.name: path.read_bytes()[:3] for path in (folder / "out").iterdir()}
    assert begun == {"a.png": b"\x89PN", "b.JPG": b"\xff\xd8\xff"}


def test_maps_beside_their_images_are_resumed(convtool, album, folder):
    command = ["pool", "album", "-d", "album"]
    assert convtool(*command).returncode == 0
    before = made(album)
    again = convtool(*command)
    assert again.returncode == 1
    assert b"the map album/a-max2.png of album/a.png would replace" in again.stderr
    (album / "b-max2.png").unlink()
    result = convtool(*command, "--skip-existing")
    assert b"1 done, 1 skipped, 0 failed" in result.stderr
    assert made(album) == before


def test_paths_through_links_are_not_taken_for_one_another(convtool, album, folder, photo):
    (folder / "real/sub").mkdir(parents=True)
    (folder / "link").symlink_to("real/sub")
    Image.fromarray(photo[:9, :8]).save("p.png")
    Image.fromarray(photo[9:19, :8]).save("real/p.png")
    result = convtool("pool", "p.png", "link/../p.png", "p.png", "-d", "out", "--json")
    assert result.returncode == 1
    assert b"p.png and link/../p.png would both become" in result.stderr
    result = convtool("pool", "p.png", "./p.png", "-d", "out", "--json")
    assert len(lines(result)) == 1


def test_an_image_of_which_one_map_fails_has_none(convtool, album, folder):
    (folder / "out" / "a-box3.png").mkdir(parents=True)
    result = convtool("conv", "album/a.png", "-k", "1", "-k", "box3", "-d", "out", "--json",
                      "--skip-existing")  # fmt: skip
    assert result.returncode == 1
    assert [(line["status"], line["output"]) for line in lines(result)] == [("failed", None)]
    assert b"out/a-box3.png: cannot be written" in result.stderr
    assert os.listdir("out") == ["a-box3.png"]


def test_maps_that_were_complete_before_another_failed_are_told(convtool, album, folder):
    """No more than fifty are written at once."""
    command = ["conv", "album/a.png", *["-k", "1"] * 51, "--json", "-qd"]
    names = [os.path.basename(line["output"]) for line in lines(convtool(*command, "first"))]
    (folder / "out" / names[50]).mkdir(parents=True)
    result = convtool(*command, "out")
    assert result.returncode == 1
    told = [(line["status"], line["output"]) for line in lines(result)]
    assert told == [*(("done", f"out/{name}") for name in names[:50]), ("failed", None)]


def test_four_maps_are_no_picture_with_alpha(convtool, album, folder):
    np.save("w.npy", np.ones((4, 3, 1, 1)))
    result = convtool("conv", "album/a.png", "-k", "w.npy", "-o", "out.png")
    assert result.returncode == 1
    assert b"the last of 4 maps would be alpha in png" in result.stderr


def test_errors_name_the_image(convtool, album, folder):
    np.save("w.npy", np.ones((5, 3, 1, 1)))
    for options in (["-k", "w.npy"], ["-k", "1", "--depth", "16", "--name", "{stem}.webp"]):
        result = convtool("conv", "album", *options, "-d", "out", "--json")
        assert result.returncode == 1
        for line in lines(result):
            assert line["error"].startswith(line["input"] + ": ")


def test_names_that_are_no_text(convtool, album, folder):
    name = os.fsdecode(b"lat\xffin.png")
    os.rename("album/a.png", "album/" + name)
    result = convtool("pool", "album", "-d", "out", "--json")
    assert result.returncode == 0
    told = {line["input"]: line["output"] for line in lines(result)}
    assert os.path.exists(told["album/" + name])


def test_clipped_shares_are_told(convtool, album, folder):
    result = convtool("conv", "album/a.png", "-k", "-1", "--json", "-o", "out.png")
    (line,) = lines(result)
    assert line["clipped"] == 1.0
    assert b"100.0% of the values were clipped" in result.stderr


def test_what_is_there_is_skipped(convtool, album, folder):
    command = ["conv", "album", "-k", "robinson", "-d", "out", "--json", "-q"]
    assert convtool(*command).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (folder / "out").iterdir()}
    assert len(before) == 16
    (folder / "out" / "a-robinson_n.png").unlink()
    result = convtool(*command, "--skip-existing")
    status = [line["status"] for line in lines(result)]
    assert (status.count("done"), status.count("skipped")) == (1, 15)
    after = {path: path.stat().st_mtime_ns for path in (folder / "out").iterdir()}
    assert len(after) == 16
    assert sum(after[path] != before[path] for path in after) == 1
    result = convtool(*command[:-2], "--skip-existing")
    assert b"convtool: 0 done, 2 skipped, 0 failed" in result.stderr


def test_bad_images_are_told_and_the_rest_goes_on(convtool, album, folder):
    (album / "broken.png").write_bytes((album / "a.png").read_bytes()[:300])
    (album / "empty.png").write_bytes(b"")
    images = ["album", "nothere.png"]
    result = convtool("pool", *images, "-d", "out", "--json")
    assert result.returncode == 1
    assert made(folder / "out") == ["a-max2.png", "b-max2.png"]
    errors = {line["input"]: line["error"] for line in lines(result) if line["error"]}
    assert sorted(errors) == ["album/broken.png", "album/empty.png", "nothere.png"]
    for name, error in errors.items():
        assert error.startswith(name)
        assert f"convtool: {error}".encode() in result.stderr
    assert b"2 done, 0 skipped, 3 failed" in result.stderr.splitlines()[-1]
    quiet = convtool("pool", *images, "-d", "quiet", "-q")
    assert quiet.returncode == 1
    assert quiet.stderr.count(b"\n") == 3


@pytest.mark.parametrize("threads", ["1", "3"])
def test_fail_fast(convtool, album, folder, threads):
    before = made(folder)
    more = [str(folder / f"{i}.png") for i in range(40)]
    for name in more:
        os.mkfifo(name)  # which nobody writes to: whoever reads it is never done
    result = convtool(
        "pool", "nothere.png", *more, "-d", "out", "--fail-fast", "--threads", threads
    )
    assert result.returncode == 1
    assert made(folder) == before
    assert b"not begun or not finished (--skip-existing resumes)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["album"], 2, "say where the maps go: -d DIR"),
        (["album/a.png", "album/b.JPG", "-o", "x.png"], 2, "-o x.png is one file, and there are 2"),
        (["album", "-o", "x.png", "-d", "out"], 2, "--output and --out-dir exclude each other"),
        (["album/a.png", "--json"], 2, "say where the maps go"),
        (["album/a.png", "--json", "-o", "-"], 2, "-o - is for a single image"),
        (["album", "-", "-d", "out"], 2, "stdin is one image"),
        (["album", "--name", "x.png", "-o", "a.png", "--json"], 2, "--name goes with --out-dir"),
        (["-d", "out"], 2, "an image from stdin has no name: use -o FILE"),
        (["-", "-d", "out"], 2, "an image from stdin has no name: use -o FILE"),
        (["album/a.png", "--name", "{stem}.png"], 2, "--name goes with --out-dir"),
        (["album", "-d", "out", "--name", "{stem.png"], 2, "expected each { to be closed"),
        (["album", "-d", "album/a.png"], 1, "album/a.png: is a file, expected a folder"),
        (["album", "-d", "out", "--scheduler", "x", "--threads", "2"], 2, "has its own"),
        (["album", "-d", "out", "-0"], 2, "-0 goes with --from-file"),
        (["album", "-d", "out", "--name", "{size}.png"], 2, "found {size}, expected {stem}"),
        (["album", "-d", "out", "--name", "../{stem}.png"], 2, "expected a name inside"),
        (["album", "-d", "out", "--name", "/{stem}.png"], 2, "expected a name inside"),
        (["album", "-d", "out", "--name", "{stem}/"], 2, "expected a name inside"),
        (["album", "-d", "out", "--name", "{stem}.doc"], 2, "extension '.doc' is unknown"),
        (["album", "-d", "out", "--depth", "float", "--name", "{stem}.png"], 2, "--format tiff"),
        (["album", "-d", "out", "-k", "box3", "--name", "{stem}.png"], 2, "put {kernel} into"),
        (["album", "-d", "out", "--name", "map.png"], 1, "album/a.png and album/b.JPG would both"),
        (["album/a.png", "album/sub/a.png", "-d", "out"], 1, "would both become out/a-edge.png"),
        (
            ["album", "-d", "album", "--name", "a.png"],
            1,
            "the map album/a.png of album/a.png would replace",
        ),
        (["album/.git", "-d", "out"], 1, ".git: is a folder that holds no image"),
        (["empty", "-d", "out"], 1, "empty: is a folder that holds no image; --recursive"),
        (["--from-file", "nothere", "-d", "out"], 1, "nothere: cannot be read"),
        (["--from-file", "album/a.png", "-d", "out"], 1, "the list of images holds a NUL"),
        (["album", "-d", "out", "--scheduler", "nonsense://x"], 1, "does not answer"),
    ],
)
def test_wrong_usage_writes_nothing(convtool, album, folder, arguments, code, message):
    (folder / "empty").mkdir()
    os.unlink(album / ".git/x.png")
    before = made(folder)
    result = convtool("conv", *arguments, "-k", "edge")
    error = result.stderr.decode()
    assert message in error
    assert result.returncode == code, error
    assert made(folder) == before
    assert result.stdout == b""


@pytest.mark.parametrize("template", ["..", ".", "", "a/..", "../a", "a/../b.png", "/a.png", "a/"])
def test_templates_that_lead_out(template):
    with pytest.raises(Exception, match="expected a name inside"):
        check_template(template)


def test_names_of_kernels_lead_nowhere(convtool, album, folder):
    (folder / "evil.json").write_text('{"name": "../../../evil", "weights": [[1]]}')
    (folder / "bank.json").write_text(
        '{"kernels": [{"name": "/tmp/x", "weights": [[1]]}, {"name": "..", "weights": [[2]]}]}'
    )
    result = convtool("conv", "album/a.png", "-k", "evil.json", "-d", "out/in", "-q",
                      "--name", "{kernel}/{kernel}.png")  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert convtool("conv", "album/a.png", "-k", "bank.json", "-d", "out/in").returncode == 0
    assert made(folder / "out") == [
        "in/a-kernel.png", "in/a-tmp_x.png", "in/evil/evil.png",
    ]  # fmt: skip


def test_the_bytes_are_those_of_single_commands(convtool, album, folder):
    for threads in ("1", "2", "4"):
        command = ["run", "conv -k log5 | relu"]
        assert convtool(*command, "album", "-qd", threads, "--threads", threads).returncode == 0
        for name in ("a.png", "b.JPG"):
            convtool(*command, f"album/{name}", "-qo", "one.png")
            stem = name.partition(".")[0]
            found = (folder / threads / f"{stem}-log5-relu.png").read_bytes()
            assert found == (folder / "one.png").read_bytes()


def test_a_bar_on_a_terminal_and_errors_above_it(terminal, album, folder):
    (album / "broken.png").write_bytes(b"x")
    code, shown = terminal("pool", "album", "-d", "out", "--json", streams=["stderr"])
    assert code == 1
    assert shown.count(b'{"input"') == 3
    assert b"3/3" in shown
    assert b"images/s" in shown
    assert b"\r\x1b[Kconvtool: album/broken.png: is no image" in shown
    assert b"\nconvtool: 2 done, 0 skipped, 1 failed" in shown


def test_a_pipe_in_a_folder_is_not_waited_for(convtool, folder, small):
    (folder / "album").mkdir()
    os.mkfifo("album/pipe.png")
    os.rename("small.png", "album/small.png")
    (folder / "album" / "gone.png").symlink_to("nowhere.png")
    result = convtool("pool", "album", "-d", "out")
    assert b"album/gone.png: no such file" in result.stderr
    assert b"1 done, 0 skipped, 1 failed" in result.stderr
    assert os.listdir("out") == ["small-max2.png"]


def test_an_engine_that_there_is_not_is_told_once(process, small):
    result = process(
        *("conv", "small.png", "small.png", "-k", "edge", "-d", "out"),
        env={**os.environ, "CONVTOOL_ENGINE": "quick"},
    )
    assert result.returncode == 1
    message = b"convtool: CONVTOOL_ENGINE is 'quick', expected numpy or compiled\n"
    assert result.stderr == message
