from convtool.render.layout import abridged


def test_large_windows_are_abridged():
    assert abridged(9) == list(range(9))
    assert abridged(10) == [0, 1, 2, 3, None, 6, 7, 8, 9]
