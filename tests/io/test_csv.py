import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, read_image, write_image
from convtool.core.encoding import Table
from convtool.core.image import Header
from convtool.io.csv.reader import read_csv
from convtool.io.csv.writer import CsvWriter
from convtool.io.source import open_image


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return read_csv(io.BytesIO(data), 10**6)


def pixels(text):
    (block,) = read(text).blocks()
    return block[..., 0] if block.shape[2] == 1 else block


def written(array):
    """An array (H, W), (H, W, C) or (D, H, W, C) as text, row by row."""
    file = io.BytesIO()
    array = array if array.ndim > 2 else array[..., np.newaxis]
    writer = CsvWriter(file, Header.of_array(array, may_have_alpha=True))
    for row in array.reshape(-1, *array.shape[-2:]):
        writer.write(writer.encode(row[np.newaxis]))
    writer.close()
    return file.getvalue()


def test_whole_numbers_stay_whole():
    assert pixels("1,2\n-3,4\n").dtype == np.int16
    assert pixels("1,40000\n").dtype == np.int32
    assert pixels("1,2\n-3,4\n").tolist() == [[1, 2], [-3, 4]]
    assert pixels(f"{2**53 + 1},{-(2**62)}").tolist() == [[2**53 + 1, -(2**62)]]


def test_floats_are_as_wide_as_their_text():
    assert pixels("0.1,2\n").dtype == np.float32
    assert pixels("0.1,0.12345678901\n").dtype == np.float64
    assert pixels("12345.6789,1\n").tolist() == [[12345.6789, 1]]


def test_blanks_comments_and_ends_of_lines():
    assert pixels("\ufeff# made by hand\r\n 1 , 2 \r\n3,4\r\n\r\n").tolist() == [[1, 2], [3, 4]]


def test_integers_of_64_bits():
    assert pixels(f"1,{2**64 - 1}\n").tolist() == [[1, 2**64 - 1]]


@pytest.mark.parametrize("dtype", [">f8", ">f2"])
def test_byte_swapped_floats(dtype):
    array = np.array([[0.1, 0.3]], dtype)
    assert np.array_equal(pixels(written(array)), array)


def test_more_digits_than_any_integer_has():
    assert pixels("1," + "9" * 40 + "\n").tolist() == [[1, 1e40]]


def test_a_long_comment_takes_no_time():
    assert pixels("# channel 0: a" + " " * 200_000 + "b\n1,2\n").tolist() == [[1, 2]]


def test_infinity_and_nan():
    found = pixels("nan,inf\n-inf,1e3\n")
    assert np.array_equal(found, [[np.nan, np.inf], [-np.inf, 1000]], equal_nan=True)


@given(
    st.sampled_from(["uint8", "int16", "int64", "float32", "float16"]),
    st.sampled_from([1, 2, 3, 4, 7]),
    st.integers(0, 2**32),
)
def test_what_is_written_is_read_back(dtype, channels, seed):
    rng = np.random.default_rng(seed)
    shape = (rng.integers(1, 5), rng.integers(1, 5), channels)
    if np.dtype(dtype).kind == "f":
        array = (rng.normal(size=shape) * 10.0 ** rng.integers(-4, 4)).astype(dtype)
        array[0, 0, 0] = rng.choice([np.nan, np.inf, 7])
    else:
        limits = np.iinfo(dtype)
        array = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    reader = read(written(array))
    (found,) = reader.blocks()
    assert np.array_equal(found.astype(dtype), array, equal_nan=True)
    assert np.array_equal(found, array, equal_nan=True)
    assert reader.header.has_alpha == (channels in (2, 4))


def test_float64_is_marked_only_where_the_numbers_do_not_tell():
    assert written(np.array([[0.1, 2.5]])) == b"0.1,2.5\n# float64\n"
    assert written(np.array([[0.1, 1 / 3]])) == b"0.1,0.3333333333333333\n"
    assert written(np.array([[1.0, 2.75]])) == b"1,2.75\n"
    assert written(np.array([[0.1, 2.5]], np.float32)) == b"0.1,2.5\n"
    assert pixels("0.1,2.5\n# float64\n").dtype == np.float64
    assert pixels("0.1,2.5\r\n# float64\r\n").dtype == np.float64


@given(st.lists(st.floats(width=32), min_size=1), st.lists(st.floats(width=64), min_size=1))
def test_every_float_is_read_back(narrow, wide):
    array = np.array([narrow], np.float32)
    found = pixels(written(array))
    assert np.array_equal(found, array, equal_nan=True)
    array = np.array([wide])
    found = pixels(written(array))
    assert np.array_equal(found, array, equal_nan=True)


def test_channels_are_blocks_under_their_names():
    array = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert written(array).decode() == (
        "# channel 0: R\n0,3\n6,9\n\n# channel 1: G\n1,4\n7,10\n\n# channel 2: B\n2,5\n8,11\n"
    )


def test_a_long_double_is_written_as_a_float64():
    assert written(np.array([[1 / 3]], np.longdouble)) == b"0.3333333333333333\n"


def test_whole_numbers_are_written_exactly_beside_others():
    array = np.array([[123456792, 0.5], [-1073741824, 1]], np.float32)
    assert written(array) == b"123456792,0.5\n-1073741824,1\n"
    assert read(written(array).decode()).header.dtype == np.float32


def test_the_shortest_text_is_written():
    array = np.array([[0.1, 3, -0.5, 1e-30, 1e30, 1 / 3, 16777216]], np.float32)
    assert written(array) == b"0.1,3,-0.5,1e-30,1e+30,0.33333334,16777216\n"
    assert written(np.array([[True, False]])) == b"1,0\n"


def test_a_cell_with_nothing_in_it_is_missing():
    text = "1,,3\n ,5,\n"
    assert np.array_equal(pixels(text), [[1, np.nan, 3], [np.nan, 5, np.nan]], equal_nan=True)
    assert read(text).notes == ("3 empty cells are missing, NaN",)
    assert read("1,\n").notes == ("1 empty cell is missing, NaN",)
    assert read("1,nan\n").notes == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n3,x\n", "row 2, column 2: found 'x'"),
        (
            "1,2\n3,NA\n",
            "row 2, column 2: found 'NA', expected a number; a cell with nothing in it",
        ),
        ('1,2\n3,"4"\n', "found '\"4\"', expected a number; numbers stand without quotes"),
        ("a;b\n1;2\n", "--header skips rows of headings; numbers are separated by commas, or as"),
        ("1,2\n3\n", "row 2, column 2: the row has 1 number"),
        ("1\n2,3\n", "row 2, column 2: the row has 2 number"),
        ("1;2\n", "column 1: found '1;2', expected a number; numbers are separated by commas"),
        ("1 2\n", "numbers are separated by commas"),
        ("1_0\n", "column 1: found '1_0'"),
        ("1,2\n\n3,4\n", "row 2 is empty"),
        ("\n\n", "holds no numbers"),
        ("# only\n", "holds no numbers"),
        ("# channel 0: R\n1\n\n# channel 1: G\n1,2\n", "channel G is 1x2, expected 1x1"),
        ("# channel 0: R\n1\n\n# channel 1: G\n", "holds no numbers"),
        ("# channel 0: R\n\n# channel 1: G\n1\n", "channel R holds no numbers"),
        ("inf,x\n", "row 1, column 2: found 'x'"),
        ("1," + "9" * 400 + "\n", "column 2: the number is too large"),
        ("1,1e999\n", "column 2: the number is too large"),
        (b"\xff\xfe1", "is no text"),
        ("\uff19,2\n", "row 1, column 1: found '\uff19', expected a number"),
        ("1," * 600_000 + "1\n" + "1," * 600_000 + "1\n", "more than the limit of 1000000"),
    ],
)
def test_bad_text_names_row_and_column(text, message):
    with pytest.raises(ConvtoolError, match=message):
        read(text)


def test_the_file_is_named(folder):
    (folder / "m.csv").write_text("1,x\n")
    with pytest.raises(ConvtoolError, match=r"^m.csv: row 1, column 2: found 'x'"):
        open_image("m.csv")


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("# h\nx,3\n\n4,5\n", 2),
        ("# h\n\nx,3\n\n4,5\n", 3),
        ("1,2\nx,3\n\n# bar\n", 2),
        ("1,2\n3,4\n# a\n5,x\n", 4),
        ("# channel 0: R\n1\n\n# channel 1: G\nx\n", 5),
    ],
)
def test_an_error_names_the_line_of_the_file(text, row):
    with pytest.raises(ConvtoolError, match=f"row {row}, column"):
        read(text)


def test_files_of_many_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    whole = rng.integers(-9, 9, (3000, 200))
    whole[1500, 7] = 2**40
    monkeypatch.setattr("convtool.io.csv.reader.CHARACTERS", 5000)
    for array in (whole, whole.astype(np.float32) / 7, whole / 7):
        found = pixels(written(array[..., np.newaxis]))
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)
    text = written(whole[..., np.newaxis]).decode().splitlines()
    text[2999] += ",1"
    with pytest.raises(ConvtoolError, match="row 3000, column 201: the row has 201"):
        read("\n".join(text))


def test_words_that_are_json_but_no_numbers():
    for word in ("true", "null", '"1"', "[1]", "1e", "0x10", "4],[5"):
        with pytest.raises(ConvtoolError, match="row 2, column 2: found"):
            read(f"1,2\n3,{word}\n")


@pytest.mark.parametrize(
    ("delimiter", "text", "expected"),
    [
        (";", "1;-2.5\n3 ; 4\n", [[1, -2.5], [3, 4]]),
        ("\t", "1\t2\r\n\t4\n", [[1, 2], [np.nan, 4]]),
        ("\t", "1\t\n3\t4\n", [[1, np.nan], [3, 4]]),
        (" ", "  1 2.5   3\n4 5\t6 \n", [[1, 2.5, 3], [4, 5, 6]]),
        ("|", "# made by hand, in 2024\n1|2\n", [[1, 2]]),
    ],
)
def test_another_delimiter(delimiter, text, expected):
    reader = read_csv(io.BytesIO(text.encode()), 10**6, Table(delimiter))
    (block,) = reader.blocks()
    assert np.array_equal(block[..., 0], expected, equal_nan=True)


@given(
    st.integers(0, 2**32), st.sampled_from([";", "\t", " ", "|", ":"]),
    st.sampled_from(["<f4", "<f8", "<i2", "<u8", "?"]), st.integers(1, 3),
)  # fmt: skip
def test_what_is_written_with_a_delimiter_is_read_with_it(seed, delimiter, dtype, channels):
    rng = np.random.default_rng(seed)
    array = (rng.normal(size=(4, 5, channels)) * 9).astype(dtype)
    if array.dtype.kind == "f":
        array[rng.random(array.shape) < 0.1] = np.nan
    file, comma = io.BytesIO(), io.BytesIO()
    for target, sign in ((file, delimiter), (comma, ",")):
        writer = CsvWriter(target, Header.of_array(array, may_have_alpha=True), sign)
        writer.write(writer.encode(array))
        writer.close()
    other = read_csv(io.BytesIO(file.getvalue()), 10**6, Table(delimiter))
    same = read_csv(io.BytesIO(comma.getvalue()), 10**6)
    assert other.header == same.header
    (found,), (expected,) = other.blocks(), same.blocks()
    assert np.array_equal(found, expected, equal_nan=array.dtype.kind == "f")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "skipped 1 row of headings"),
        ("# years\n\na, 1st \n(m),(s)\n1,2\n", "skipped 2 rows of headings"),
        ("1,2\n", "no row of headings comes first"),
    ],
)
def test_headings_are_skipped_and_told(text, told):
    reader = read_csv(io.BytesIO(text.encode()), 10**6, Table(header=True))
    (block,) = reader.blocks()
    assert block[..., 0].tolist() == [[1, 2]]
    assert reader.notes == (told,)


@pytest.mark.parametrize(
    ("text", "table", "told"),
    [
        ("a,b\n1,2\n", Table(), "row 1, column 1: found 'a', expected a number; --header"),
        (",b 2\n1,2\n", Table(), "row 1, column 2: found 'b 2', expected a number; --header skips"),
        ("x, y;z\n1;2\n", Table(";"), "row 1, column 1: found 'x, y', expected a number; --header"),
        ("1,2\na,b\n", Table(header=True), "row 2, column 1: found 'a', expected a number"),
        ("a,1\n3,4\n", Table(header=True), "row 1, column 1: found 'a', expected a number"),
        ("1;2\n1,5;2\n", Table(";"),
         "row 2, column 1: found '1,5', expected a point for the decimal comma: 1.5"),
        ("a;b\n1,5;2\n", Table(";", header=True), "row 2, column 1: found '1,5', expected a point"),
        ("1,5 2\n", Table(" "), "row 1, column 1: found '1,5', expected a point"),
        ("1;2\n", Table(), "separated by commas, or as --delimiter ';' says"),
        ("1\t2\n", Table(), "separated by commas, or as --delimiter tab says"),
        ("a,b\n", Table(header=True), "holds no numbers"),
    ],
)  # fmt: skip
def test_what_other_tables_do_not_hold(text, table, told):
    with pytest.raises(ConvtoolError) as caught:
        read_csv(io.BytesIO(text.encode()), 10**6, table)
    assert told in str(caught.value)


def test_python_takes_the_same(folder):
    (folder / "t.txt").write_text("a;b\n1;2\n")
    assert read_image("t.txt", delimiter=";", header=True).tolist() == [[1, 2]]
    write_image("o.csv", np.array([[1.5, 2]]), delimiter="\t")
    assert (folder / "o.csv").read_text() == "1.5\t2\n"
    for wrong in ("", ";;", "1", "a", ".", "#", "\n", 3):
        with pytest.raises(ConvtoolError, match="delimiter: found"):
            read_image("t.txt", delimiter=wrong)


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5)),
    st.sampled_from(["int16", "float32", "float64"]), st.integers(0, 2**32),
)  # fmt: skip
def test_slices_are_written_and_read_back(shape, dtype, seed):
    array = (np.random.default_rng(seed).normal(size=shape) * 99).astype(dtype)
    text = written(array)
    reader = read(text)
    assert reader.header.size == shape[:3]
    assert np.array_equal(np.concatenate(list(reader.blocks())), array.reshape(-1, *shape[2:]))
    assert reader.header.has_alpha == (shape[3] in (2, 4))
    file = io.BytesIO()
    writer = CsvWriter(file, Header.of_array(array, may_have_alpha=True))
    writer.write(writer.encode(array.reshape(-1, *shape[2:])))  # all slices at once
    writer.close()
    assert file.getvalue() == text


def test_slices_are_blocks_under_their_numbers():
    array = np.arange(8).reshape(2, 2, 2, 1)
    assert written(array) == b"# slice 0\n0,1\n2,3\n\n# slice 1\n4,5\n6,7\n"
    assert written(array.reshape(2, 1, 2, 2)) == (
        b"# slice 0, channel 0: L\n0,2\n\n# slice 0, channel 1: A\n1,3\n"
        b"\n# slice 1, channel 0: L\n4,6\n\n# slice 1, channel 1: A\n5,7\n"
    )


@pytest.mark.parametrize(
    ("text", "axes", "told"),
    [
        ("# slice 0\n1\n\n# slice 1\n1,2\n", None, "slice 1 is 1x2, expected 1x1 like the first"),
        ("# slice 0\n1\n\n# slice 1\n\n# slice 2\n1\n", None, "slice 1 holds no numbers"),
        ("# slice 0\n1\n# slice 1, channel 0: R\n2\n", None, "slice 1 has channels R, expected no"),
        ("# slice 0\n1\n# slice 1\n2\n", "yx", "holds 2 slices of 1 block of rows, and --axes yx"),
        (
            "# slice 0\n1\n# slice 1\n2\n",
            "yxc",
            "holds 2 slices of 1 block of rows, and --axes yxc",
        ),
        (
            "# channel 0: a\n1\n# channel 1: b\n2\n",
            "zyxc",
            "holds 2 blocks of rows, and --axes zyxc",
        ),
    ],
)
def test_slices_that_do_not_fit(text, axes, told):
    with pytest.raises(ConvtoolError, match=told):
        read_csv(io.BytesIO(text.encode()), 10**6, Table(axes=axes))


def test_what_is_missing_is_told_of_slices_too():
    reader = read_csv(io.BytesIO(b"1,\n\n"), 10**6, Table(axes="zyx"))
    assert reader.notes == ("1 empty cell is missing, NaN",)


def test_two_blocks_of_a_slice_need_names():
    with pytest.raises(ConvtoolError, match="slice 1 has 2 blocks, expected a line as"):
        read("# slice 1\n1\n\n# slice 1\n2\n")
