import pytest

from convtool.names import component, distinct, plain


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
