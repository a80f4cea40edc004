"""--delimiter and --header on the commands that read and write CSV."""

import json

import numpy as np
import pytest

from convtool import read_image

TABLE = "a;b;c\n1;2;3\n4;5;6\n"
NOTE = b"convtool: t.csv: skipped 1 row of headings\n"
WORDS = ("--delimiter", ";", "--header")


@pytest.fixture
def table(folder):
    (folder / "t.csv").write_text(TABLE)


@pytest.mark.parametrize("command", [("conv", "t.csv", "-k", "2"), ("run", "conv -k 2", "t.csv")])
def test_read_and_written(convtool, table, command):
    done = convtool(*command, *WORDS, "--format", "csv")
    assert (done.stdout, done.stderr) == (b"2;4;6\n8;10;12\n", NOTE)


def test_pool_and_a_pipe(convtool, table):
    done = convtool("pool", *WORDS, "--format", "csv", "--size", "2x3", stdin=TABLE.encode())
    assert (done.stdout, done.stderr) == (b"6\n", NOTE.replace(b"t.csv", b"stdin"))
    done = convtool("pool", "--delimiter", "tab", "--format", "csv", "--size", "1", stdin=b"1\t2\n")
    assert (done.stdout, done.stderr) == (b"1\t2\n", b"")


def test_headings_without_the_option_are_an_error_that_names_it(convtool, table):
    done = convtool("conv", "t.csv", "-k", "2", "--delimiter", ";", "-o", "o.csv")
    assert done.returncode == 1
    assert done.stderr == (
        b"convtool: t.csv: row 1, column 1: found 'a', expected a number; "
        b"--header skips rows of headings\n"
    )


def test_headings_from_a_pipe_are_an_error_that_names_it(convtool, folder):
    for text in (b"a,b\n1,2\n", TABLE.encode()):
        done = convtool("pool", "--format", "csv", stdin=text)
        assert done.returncode == 1
        assert b"stdin: is no image" in done.stderr
        assert done.stderr.endswith(b"; --header reads rows of numbers under headings\n")
    done = convtool("pool", "--format", "csv", stdin=b"once, upon a time\n")
    assert b"--header" not in done.stderr


@pytest.mark.parametrize("threads", ["1", "2"])
def test_batches(convtool, table, folder, threads):
    (folder / "u.csv").write_text("1;1;1\n")
    words = ("-k", "2", "-d", "out", "--format", "csv", "--threads", threads)
    done = convtool("conv", "t.csv", "u.csv", *words, *WORDS)
    assert done.returncode == 0, done.stderr
    assert NOTE in done.stderr
    assert read_image("out/t-kernel.csv", delimiter=";").tolist() == [[2, 4, 6], [8, 10, 12]]
    assert (folder / "out" / "u-kernel.csv").read_text() == "2;2;2\n"


def test_explain_shape_and_fit(convtool, table, folder):
    done = convtool("explain", "t.csv", "-k", "2", "--at", "1,2", *WORDS)
    assert b"sum of the products  12\n" in done.stdout
    assert done.stderr == NOTE
    done = convtool("shape", "t.csv", "conv -k 2", *WORDS, "--json")
    assert json.loads(done.stdout)["input"] == [2, 3, 1]
    rng = np.random.default_rng(0)
    before = rng.integers(0, 99, (8, 8))
    for name, values in (("before.csv", before), ("after.csv", 3 * before)):
        rows = "\n".join(";".join(map(str, row)) for row in values.tolist())
        (folder / name).write_text(f"{';'.join('abcdefgh')}\n{rows}\n")
    done = convtool("fit", "before.csv", "after.csv", "--size", "1", *WORDS, "-o", "k.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "k.json").read_text())["weights"][0][0] == pytest.approx(3)


def test_text_under_any_name_goes_to_text(convtool, folder):
    (folder / "t.tsv").write_text("1\t2\n")
    done = convtool("conv", "t.tsv", "-k", "2", "--delimiter", "tab")
    assert (done.stdout, done.stderr) == (b"2\t4\n", b"")
    done = convtool("conv", "t.tsv", "t.tsv", "-k", "2", "--delimiter", "tab", "-d", "out")
    assert done.returncode == 0, done.stderr
    assert (folder / "out" / "t-kernel.csv").read_text() == "2\t4\n"


@pytest.mark.parametrize("wrong", [";;", "1", "x", "."])
def test_no_delimiter(convtool, table, wrong):
    done = convtool("conv", "t.csv", "-k", "2", "--delimiter", wrong, "-o", "o.csv")
    assert done.returncode == 2
    assert b"expected one character as ; or tab" in done.stderr
