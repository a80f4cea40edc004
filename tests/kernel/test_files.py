import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, find_kernel
from convtool.kernel.files import parse_bytes, parse_inline


def one(text):
    (kernel,) = parse_bytes(text.encode(), "k.txt", "k")
    return kernel


def test_json_bare_array():
    assert one("[[0, 1], [2.5, -3]]") == Kernel([[0, 1], [2.5, -3]], name="k")


def test_json_object():
    text = json.dumps(
        {"name": "n", "description": "d", "weights": [[1, 2]], "divisor": 3, "bias": -4,
         "anchor": [0, 1]}
    )  # fmt: skip
    assert one(text) == Kernel([[1, 2]], 3, -4, (0, 1), "n", "d")


def test_json_bank():
    text = '{"name": "b", "kernels": [[[1]], {"weights": [[2]], "name": "two"}]}'
    assert [(k.name, k.weights.item()) for k in parse_bytes(text.encode(), "k.json", "k")] == [
        ("b-1", 1),
        ("two", 2),
    ]
    text = '{"description": "all", "kernels": [[[1]], {"weights": [[2]], "description": "own"}]}'
    assert [k.description for k in parse_bytes(text.encode(), "k.json", "k")] == ["all", "own"]


@pytest.mark.parametrize(
    "row", ["1 2 -3", "1,2,-3", "1, 2, -3", "1;2;-3", "1\t2\t-3", " 1 , 2 ; -3 ;", "1 2 -3 # c"]
)
def test_text_separators(row):
    assert one(f"{row}\n{row}\n").weights.tolist() == [[1, 2, -3], [1, 2, -3]]


def test_text_settings_and_comments():
    kernel = one(
        "\ufeff# a comment\nname = blur\ndescription = soft = good\ndivisor = 16\nbias = 128\n"
        "anchor = 0 1\n\n1 2\n# between rows\n3 4\n\n\n"
    )
    assert kernel == Kernel([[1, 2], [3, 4]], 16, 128, (0, 1), "blur", "soft = good")


def test_fractions_become_whole_weights_and_a_divisor():
    assert one("1/9 2/9\n") == Kernel([[1, 2]], 9, name="k")
    assert one("1/2 1/3\n-1 0.25\n") == Kernel([[6, 4], [-12, 3]], 12, name="k")
    assert one("divisor = 2\n1/9 1/9\n") == Kernel([[1, 1]], 18, name="k")
    assert one("divisor = 1/2\n3 4\n") == Kernel([[6, 8]], 1, name="k")
    assert one("1/9 1/9").weights.dtype == np.int64
    assert one("1/2 1/3\n-1 0.25\n").weights.dtype == np.int64


def test_fractions_beyond_reason_become_floats():
    kernel = one("1/99999999977 1/3\n")
    assert kernel.weights.tolist() == [[1 / 99999999977, 1 / 3]]
    assert kernel.divisor == 1


def test_text_bank():
    kernels = parse_bytes(b"divisor = 2\n1 2\n\n\nname = two\n3\n4\n", "k.txt", "k")
    assert kernels == (
        Kernel([[1, 2]], 2, name="k-1"),
        Kernel([[3], [4]], name="two"),
    )


def test_inline():
    (kernel,) = parse_inline("0 -1 0; -1 4 -1; 0 -1 0")
    assert kernel.weights.tolist() == [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]
    assert parse_inline("1/9")[0] == Kernel([[1]], 9, name="kernel")


numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_what_is_written_is_what_is_read(rows, cols, data):
    grid = [[data.draw(numbers) for _ in range(cols)] for _ in range(rows)]
    text = "\n".join(" ".join(map(repr, row)) for row in grid)
    for found in (one(text), one(json.dumps(grid))):
        assert found.weights.tolist() == grid


BAD = [
    ("[[1, 2], [3]]", "row 2: has 1 number"),
    ("[]", "weights are empty"),
    ("[[]]", "weights are empty"),
    ("[1, [2]]", "no list of rows"),
    ("[[[[1]]]]", "slice 1, row 1, number 1: found \\[1\\]"),
    ("[[[1, 2]], [[1]]]", "weights, slice 2: is 1x1, expected 1x2 like slice 1"),
    ("[[[1, 2]], [3]]", "weights, slice 2 are no list of rows"),
    ("[[[1, 2], [3]]]", "weights, slice 1, row 2: has 1 number"),
    ("[[[]]]", "weights are empty"),
    ('[[1, "2"]]', "row 1, number 2: found"),
    ("[[true]]", "found true"),
    ("[[1, NaN]]", "found NaN"),
    ("[[-Infinity]]", "found -Infinity"),
    ("[[1e999]]", "too large"),
    ("[[1,\n 2,]]", "line 2, column"),
    ('{"weights": [[1]]', "line 1, column 18"),
    ('{"weight": [[1]]}', "unknown key 'weight', expected one of weights, name"),
    ('{"name": "n"}', "no weights"),
    ('{"weights": [[1]], "name": 3}', "name is 3"),
    ('{"weights": [[1]], "divisor": 0}', "divisor is 0"),
    ('{"weights": [[1]], "divisor": "4"}', 'divisor: found "4"'),
    ('{"weights": [[1]], "anchor": [1, 0]}', "outside the 1x1 kernel"),
    ('{"weights": [[1]], "anchor": 0}', "anchor is 0"),
    ('{"weights": [[1]], "weights": [[2]]}', "'weights' stands twice"),
    ('{"kernels": []}', "empty"),
    ('{"kernels": [[[1]]], "name": 3}', "name is 3"),
    ('{"kernels": [[[1]]], "divisor": 2}', "unknown key 'divisor'"),
    ('{"kernels": [[[1]], [[1], []]]}', "kernel 2: weights, row 2"),
    ("[" * 100_000, "nested too deeply"),
    ("", "no weights"),
    ("# only\n", "no weights"),
    ("1 2\n3\n", "line 2: has 1 number"),
    ("1 x\n", "line 1: number 2: found 'x'"),
    ("1,,2\n", "found nothing between"),
    ("1 nan\n", "expected a finite number"),
    ("inf\n", "expected a finite number"),
    ("1e400\n", "expected a finite number"),
    ("1/0\n", "divides by 0"),
    ("1_000\n", "found '1_000'"),
    ("1e99999999/3\n", "found '1e99999999/3'"),
    ("9" * 5000 + "\n", "expected a"),
    (f"[[{'9' * 5000}]]", "too many digits"),
    (f"[[{'9' * 400}]]", "too large"),
    ("1" + "0" * 400 + " 1/30000000000000001\n", "too large"),
    ('{"weights": [[' + "[" * 985 + "]" * 985 + "]]}", "row 1, number 1|nested"),
    ("bias = 1e400/3\n1\n", "found '1e400/3'"),
    ("divisor = 0\n1\n", "divisor is 0"),
    ("divisor = 1 2\n1\n", "divisor has 2 numbers"),
    ("bias = x\n1\n", "bias: number 1: found 'x'"),
    ("divizor = 2\n1\n", "unknown key 'divizor'"),
    ("bias = 1\nbias = 2\n1\n", "line 2: bias is set a second time"),
    ("1 2\nbias = 1\n", "line 2: bias stands after the rows"),
    ("divisor = 2\n", "settings without rows"),
    ("anchor = 0 3\n1 2\n", "outside the 1x2 kernel"),
    ("anchor = 0.5 0\n1 2\n", "anchor is"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_bad_text_is_one_sentence_that_names_the_place(text, message):
    with pytest.raises(ConvtoolError, match=message) as caught:
        parse_bytes(text.encode(), "k.txt", "k")
    assert str(caught.value).startswith("k.txt: ")
    assert "\n" not in str(caught.value)


def test_a_list_of_numbers_is_a_row(folder):
    for text in ("[1, 2, 1]", '{"weights": [1, 2, 1], "divisor": 1}'):
        (kernel,) = parse_bytes(text.encode(), "a file", "row")
        assert kernel.weights.tolist() == [[1, 2, 1]]
    np.save("row.npy", [1, 2, 1])
    assert find_kernel("row.npy").weights.tolist() == [[1, 2, 1]]
