"""What the tests of the page in a browser share."""

import pytest


@pytest.fixture
def opened(tab_of, convtool, folder):
    """Make a page and open it."""

    def open_page(*words, **options):
        result = convtool("explain", *words, "-o", "lesson.html")
        assert result.returncode == 0, result.stderr
        return tab_of(folder / "lesson.html", **options)

    return open_page


@pytest.fixture
def matrix(folder):
    (folder / "m.csv").write_text("1,3,2,1\n2,9,1,1\n1,3,2,3\n5,6,1,2\n")
    return ["m.csv", "-k", "1 0; 0 1", "--at", "1,1"]
