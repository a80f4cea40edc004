import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool.core.filenames import component, distinct, plain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("edge", "edge"),
        ("../../etc/passwd", "etc_passwd"),
        ("a b\n\0c", "a_b_c"),
        ("C:\\x", "C_x"),
        ("...", "kernel"),
        ("", "kernel"),
        ("x" * 500, "x" * 60),
        ("größe-2.5", "größe-2.5"),
    ],
)
def test_plain_names(name, expected):
    assert plain(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("my photo", "my photo"), ("..", "_"), (".", "_"), ("", "_"), ("a/b", "a_b"), ("a\n", "a_"),
     ("..\\..\\x", ".._.._x"), ("C:x", "C_x")],
)  # fmt: skip
def test_components(name, expected):
    assert component(name) == expected


def test_distinct():
    assert distinct(["a", "b", "a", "a-2", "a"]) == ["a", "b", "a-2", "a-2-2", "a-3"]


@given(names=st.lists(st.sampled_from(["a", "a-2", "a-2-2", "a-3", "b"]), max_size=12))
def test_distinct_takes_the_first_number_that_is_free(names):
    expected = []
    for name in names:
        free = (f"{name}-{number}" for number in range(2, 20))
        expected.append(next(one for one in (name, *free) if one not in expected))
    assert distinct(names) == expected


class Compared(str):
    """A name that counts how often it is compared."""

    count = 0

    def __eq__(self, other):
        Compared.count += 1
        return str(self) == other

    __hash__ = str.__hash__


def test_equal_names_are_not_compared_with_all_before_them():
    names = [Compared("edge") for _ in range(200)]
    assert distinct(names)[-1] == "edge-200"
    assert Compared.count < 10 * len(names)
