import os
import threading

import numpy as np
import pytest

from convtool import ConvtoolError, conv2d, find_kernel, find_kernels
from convtool.kernel.lookup import Lookup, bundled_folder, file_names, known_kernels, local_kernels

COMPASS = ("kirsch", "robinson")
BUNDLED = [
    *("identity", "edge", "laplacian", "sobel_x", "sobel_y", "prewitt_x", "prewitt_y"),
    *("scharr_x", "scharr_y", "roberts_x", "roberts_y", "sharpen", "unsharp", "emboss"),
    *("box3", "box5", "gaussian3", "gaussian5", "gaussian7", "log5", "motion9", "highpass"),
    *("ridge", *COMPASS),
]


def write(path, weight):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{weight}\n")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_kernels_have_names_and_descriptions(folder, name):
    kernels = find_kernels(name)
    assert len(kernels) == (8 if name in COMPASS else 1)
    for kernel in kernels:
        assert kernel.name.startswith(name)
        assert len(kernel.description) > 10
        assert kernel.weights.dtype == np.int64


def test_no_kernel_is_bundled_that_is_not_listed():
    assert sorted(BUNDLED) == sorted(
        name.partition(".")[0] for name in file_names(bundled_folder())
    )


def test_both_formats_are_bundled():
    assert {name.partition(".")[2] for name in file_names(bundled_folder())} == {"json", "txt"}


BLURS = ["identity", "box3", "box5", "gaussian3", "gaussian5", "gaussian7", "motion9",
         "sharpen", "unsharp", "emboss"]  # fmt: skip


@pytest.mark.parametrize("name", BUNDLED)
def test_a_flat_area_stays_or_vanishes(folder, name):
    flat = np.full((12, 12), 77, np.uint8)
    for kernel in find_kernels(name):
        assert np.all(conv2d(flat, kernel) == (77 if name in BLURS else 0))


def test_compass_masks_are_turns_of_the_first(folder):
    for bank in COMPASS:
        kernels = {k.name.partition("_")[2]: k.weights for k in find_kernels(bank)}
        assert list(kernels) == ["n", "ne", "e", "se", "s", "sw", "w", "nw"]
        assert np.array_equal(np.rot90(kernels["n"], -1), kernels["e"])
        assert np.array_equal(np.rot90(kernels["n"], 2), kernels["s"])
        assert np.array_equal(np.rot90(kernels["ne"], -1), kernels["se"])
        assert kernels["ne"][0, 2] == kernels["ne"].max()
        assert len({k.tobytes() for k in kernels.values()}) == 8


def test_the_gaussians_are_outer_products(folder):
    for name, line in (("gaussian3", [1, 2, 1]), ("gaussian5", [1, 4, 6, 4, 1]),
                       ("gaussian7", [1, 6, 15, 20, 15, 6, 1])):  # fmt: skip
        kernel = find_kernel(name)
        assert np.array_equal(kernel.weights, np.outer(line, line))
        assert kernel.divisor == sum(line) ** 2


def test_lookup_order(folder, monkeypatch):
    listed = [folder / "one", folder / "two"]
    monkeypatch.setenv("CONVTOOL_KERNELS", os.pathsep.join(map(str, listed)))
    places = [folder / "edge.txt", folder / "kernels/edge.txt"]
    places += [place / "edge.txt" for place in listed]
    for weight, path in enumerate(places, start=1):
        write(path, weight)
    for weight, path in enumerate(places, start=1):
        assert find_kernel("edge.txt").weights.item() == weight
        assert find_kernel("edge").weights.item() == weight
        path.unlink()
    assert find_kernel("edge").shape == (3, 3)


def test_known_kernels_are_the_bundled_ones_at_first(folder):
    found = dict(known_kernels())
    assert sorted(found) == sorted(BUNDLED)
    assert all(os.path.dirname(path) == bundled_folder() for path in found.values())


def test_known_kernels_are_what_their_names_find(folder, monkeypatch):
    listed = [folder / "one", folder / "two", folder / "kernels", folder / "nowhere"]
    monkeypatch.setenv("CONVTOOL_KERNELS", os.pathsep.join(["", *map(str, listed), "kernels"]))
    files = ["kernels/edge.txt", "kernels/mine.kernel", "kernels/mine.mat", "kernels/notes.md",
             "one/mine.json", "one/mine.mat", "one/other.txt", "two/other.txt", "two/disk.PNG",
             "two/disk.txt", "two/w.npy", "two/rows.csv", "two/.json", "two/~.txt", "here.txt",
             "two/here.txt", "two/two.txt/folder.txt"]  # fmt: skip
    for weight, name in enumerate(files):
        write(folder / name, weight)
    found = list(known_kernels())
    own = found[: len(found) - len(BUNDLED)]
    assert own == [
        ("edge", "kernels/edge.txt"),
        ("mine.kernel", "kernels/mine.kernel"),
        ("mine", "kernels/mine.mat"),
        ("mine.json", f"{folder}/one/mine.json"),
        ("other", f"{folder}/one/other.txt"),
        ("disk.PNG", f"{folder}/two/disk.PNG"),
        ("disk", f"{folder}/two/disk.txt"),
        ("rows.csv", f"{folder}/two/rows.csv"),
        ("w.npy", f"{folder}/two/w.npy"),
        ("~.txt", f"{folder}/two/~.txt"),  # and not ~, which is the home folder
    ]
    assert ("edge.json", os.path.join(bundled_folder(), "edge.json")) in found
    assert len(dict(found)) == len({path for _, path in found}) == len(found)
    for name, path in own:
        if name not in ("mine", "mine.json"):  # 1 is no matrix of libvips and no JSON of a kernel
            assert find_kernel(name).weights.item() == int((folder / path).read_text())


def test_a_path_is_taken_as_given(folder):
    write(folder / "deep/mine.kernel", 5)
    assert find_kernel("deep/mine.kernel").weights.item() == 5
    assert find_kernel(str(folder / "deep/mine.kernel")).name == "mine"
    write(folder / "deep/other.txt", 6)
    assert find_kernel("deep/other").weights.item() == 6


def test_a_pipe_is_read(folder):
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: (folder / "pipe").write_text("1 2\n"))
    writer.start()
    assert find_kernel("pipe").shape == (1, 2)
    writer.join()


def test_json_is_told_by_its_content(folder):
    (folder / "k").write_text(" \n[[1, 2]]")
    assert find_kernel("k").shape == (1, 2)


def test_a_file_wins_over_inline_weights(folder):
    write(folder / "5", 7)
    assert find_kernel("5").weights.item() == 7
    assert find_kernel("6").weights.item() == 6


@pytest.mark.parametrize(
    ("spec", "nearest"),
    [("egde", "edge"), ("sobelx", "sobel_x"), ("box3.json", "box3")],
)
def test_not_found_names_the_nearest(folder, spec, nearest):
    with pytest.raises(
        ConvtoolError, match=f"'{spec}' is not found; nearest: (.*, )?{nearest}(,|$)"
    ):
        find_kernels(spec)


def test_not_found_with_nothing_near_says_where_the_names_are(folder):
    with pytest.raises(ConvtoolError, match="not found; all names: convtool kernel list"):
        find_kernels("qqqqqqqqqq")


def test_a_bank_is_no_single_kernel(folder):
    with pytest.raises(ConvtoolError, match="bank of 8"):
        find_kernel("kirsch")


def test_one_kernel_of_a_bank(folder):
    assert find_kernel("kirsch_ne") == find_kernels("kirsch")[1]
    (folder / "mine.json").write_text('{"kernels": [[[1]], {"weights": [[2]], "name": "mine_b"}]}')
    assert find_kernel("mine_b").weights.tolist() == [[2]]
    for spec in ("kirsch_x", "edge_n", "mine_c", "_n"):
        with pytest.raises(ConvtoolError, match="not found"):
            find_kernels(spec)


def test_what_is_no_kernel_file(folder):
    (folder / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConvtoolError, match=r"binary.txt: is no text"):
        find_kernels("binary.txt")
    (folder / "folder").mkdir()
    with pytest.raises(ConvtoolError, match="is a folder"):
        find_kernels("folder")
    (folder / "huge.txt").write_bytes(b"1 " * (9 * 2**20))
    with pytest.raises(ConvtoolError, match="larger than 16 MiB"):
        find_kernels("huge.txt")
    for spec in ("", "x" * 5000, "a\0b", "~nobody-here/k"):
        with pytest.raises(ConvtoolError, match="not found"):
            find_kernels(spec)


def test_inline_weights_with_a_mistake_say_so(folder):
    with pytest.raises(ConvtoolError, match="line 2: number 2: found 'x'"):
        find_kernels("0 1 0; 1 x 1; 0 1 0")


def test_known_kernels_are_found_by_the_names_given(folder, monkeypatch):
    monkeypatch.setenv("CONVTOOL_KERNELS", str(folder / "mine"))
    for weight, name in enumerate(("kernels/edge.txt", "kernels/a.txt", "mine/a.json", "b.txt"), 1):
        write(folder / name, weight)
    write(folder / "mine/b.json", 9)  # b finds ./b.txt
    (folder / "mine/folder.txt").mkdir()
    found = dict(known_kernels())
    assert found.keys() == {*BUNDLED, "edge.json", "a", "a.json", "b.json"}
    for name, path in found.items():
        assert [*map(str, find_kernels(name))] == [*map(str, find_kernels(path))]
    assert found["edge"] == os.path.join("kernels", "edge.txt")
    assert found["edge.json"] == os.path.join(bundled_folder(), "edge.json")


def test_known_kernels_are_files_and_no_pipes(folder):
    (folder / "kernels").mkdir()
    os.mkfifo("kernels/pipe.txt")
    os.mkfifo("here.txt")
    assert "pipe" not in dict(known_kernels())
    assert dict(local_kernels()) == {}
    (folder / "here.json").write_text('{"stages": []}')
    assert dict(local_kernels()) == {}
    (folder / "here.json").write_text("[[3]]")
    assert dict(local_kernels()) == {"here": "here.json"}


def test_a_row_of_a_file_that_may_be_meant_as_a_square_is_noted(folder):
    (folder / "sharp.txt").write_text("0 -1 0; -1 5 -1; 0 -1 0\n")
    lookup = Lookup()
    assert lookup.filters("sharp.txt")[0].weights.shape == (1, 9)
    assert lookup.notes == [
        "kernel 'sharp.txt' is one row of 9 weights; for 3x3 begin a line for each row"
    ]


def test_a_file_that_hides_a_bundled_kernel_is_noted(folder):
    (folder / "sharpen.txt").write_text("1\n")
    for spec, count in (("sharpen", 1), ("sharpen.txt", 0), ("./sharpen", 0), ("edge", 0)):
        lookup = Lookup()
        lookup.filters(spec)
        assert len(lookup.notes) == count
    (folder / "sharpen.txt").write_text("my notes\n")
    with pytest.raises(ConvtoolError, match="without this file, sharpen is a bundled kernel"):
        Lookup().filters("sharpen")


@pytest.mark.parametrize("spec", [None, 3, b"edge"])
def test_what_is_no_text_is_no_kernel(spec):
    with pytest.raises(ConvtoolError, match="expected a name, a path or weights"):
        find_kernel(spec)
