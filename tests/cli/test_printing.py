import io
import json
from contextlib import redirect_stdout

import pytest
from convtool.cli.printing import print_json
from hypothesis import given
from hypothesis import strategies as st

texts = st.text('ab [],{}\n"\\', max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=20,
)


@given(value=values)
def test_json_reads_back_whatever_stands_in_it(value):
    lines = io.StringIO()
    with redirect_stdout(lines):
        print_json(value)
    assert json.loads(lines.getvalue()) == value


def test_plain_lists_stand_on_a_line(capsys):
    print_json({"shape": [4, 5], "rows": [[1, 2], [3, 4]], "none": []})
    assert capsys.readouterr().out.splitlines() == [
        "{", '  "shape": [4, 5],', '  "rows": [', "    [1, 2],", "    [3, 4]", "  ],",
        '  "none": []', "}",
    ]  # fmt: skip


def test_nan_and_infinity_are_texts(capsys):
    print_json({"gain": float("inf"), "pixels": [(float("nan"), 1.5), [float("-inf")]]})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "gain": "inf",
        "pixels": [["nan", 1.5], ["-inf"]],
    }
