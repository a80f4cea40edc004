import errno
import os
import stat

import pytest

from convtool import ConvtoolError
from convtool.io import atomic
from convtool.io.atomic import whole_file


def test_the_file_appears_at_the_end(folder):
    with whole_file("a.png") as file:
        file.write(b"half")
        assert not os.path.exists("a.png")
        file.write(b" and half")
    assert (folder / "a.png").read_bytes() == b"half and half"
    assert [path.name for path in folder.iterdir()] == ["a.png"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_on_an_error_the_old_file_stays_and_nothing_else(folder, error):
    (folder / "a.png").write_bytes(b"old")
    with pytest.raises(error), whole_file("a.png") as file:  # noqa: PT012
        file.write(b"new")
        raise error
    assert (folder / "a.png").read_bytes() == b"old"
    assert [path.name for path in folder.iterdir()] == ["a.png"]


def test_a_full_disk_is_an_error_that_names_the_file(folder):
    full = pytest.raises(ConvtoolError, match=r"a.png: cannot be written: No space left")
    with full, whole_file("a.png"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(folder.iterdir()) == []


def test_permissions_are_a_new_files_or_the_old_files(folder):
    before = os.umask(0o027)
    try:
        with whole_file("a"):
            pass
        assert stat.S_IMODE(os.stat("a").st_mode) == 0o640
        os.chmod("a", 0o604)
        with whole_file("a"):
            pass
        assert stat.S_IMODE(os.stat("a").st_mode) == 0o604
    finally:
        os.umask(before)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_nobody_reads_a_half_that_may_not_read_the_whole(folder, monkeypatch, mode):
    """From its first moment: what is open then stays open whatever it becomes."""
    (folder / "a").write_bytes(b"old")
    os.chmod("a", mode)
    made = []
    locked = atomic._lock

    def seen(file, *, wait):
        made.append(stat.S_IMODE(os.fstat(file.fileno()).st_mode))
        return locked(file, wait=wait)

    monkeypatch.setattr(atomic, "_lock", seen)
    before = os.umask(0)
    try:
        with whole_file("a"):
            pass
    finally:
        os.umask(before)
    assert made == [mode | 0o600]
    assert stat.S_IMODE(os.stat("a").st_mode) == mode


def test_a_link_is_followed(folder):
    (folder / "real").write_bytes(b"old")
    (folder / "link").symlink_to("real")
    with whole_file("link") as file:
        file.write(b"new")
    assert (folder / "link").is_symlink()
    assert (folder / "real").read_bytes() == b"new"


def test_devices_are_written_to_and_not_replaced(folder):
    with whole_file(os.devnull) as file:
        file.write(b"gone")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_where_no_file_can_be(folder):
    for path, message in (("no/a.png", "there is no folder"), (".", "is a folder")):
        with pytest.raises(ConvtoolError, match=message), whole_file(path):
            pass
