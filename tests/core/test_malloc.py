import ctypes
import subprocess
import sys

import numpy as np
import pytest

CHECK = """
import ctypes
import os

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Info
libc.malloc.restype = ctypes.c_void_p

def is_tuned():
    "Whether a block of 16 MiB comes from the heap, and not from the system by mmap."
    before = libc.mallinfo2().hblks
    assert libc.malloc(ctypes.c_size_t(16 << 20))
    return libc.mallinfo2().hblks == before

"""

has_mallinfo = hasattr(ctypes, "pythonapi") and hasattr(ctypes.CDLL(None), "mallinfo2")
pytestmark = pytest.mark.skipif(not has_mallinfo, reason="not glibc from 2.33 on")


def run(code):
    subprocess.run([sys.executable, "-c", CHECK + code], check=True)


@pytest.mark.parametrize(
    "call",
    [
        "convtool.conv2d(image, [[1, 2, 1]], threads=2)",
        "convtool.pool2d(image, 2, threads=2)",
        "convtool.Pipeline.parse('conv -k edge | pool').run(image)",
        "convtool.set_threads(2)",
    ],
)
def test_a_library_call_leaves_malloc_as_it_is(call):
    run(
        "import numpy, convtool\n"
        "image = numpy.zeros((300, 300), numpy.uint8)\n"
        f"{call}\n"
        "assert not is_tuned()"
    )


def test_set_threads_tunes_malloc_where_it_is_told_to():
    run("import convtool; convtool.set_threads(None, keep_memory=True); assert is_tuned()")


@pytest.mark.parametrize(
    ("words", "tuned"), [(["pool", "i.npy", "-o", "o.npy"], True), (["--version"], False)]
)
def test_a_command_that_works_on_images_tunes_malloc(folder, words, tuned):
    np.save("i.npy", np.zeros((4, 4)))
    run(
        "import sys\n"
        "from convtool.cli import process\n"
        f"sys.argv = ['convtool', *{words!r}]\n"
        "end = os._exit\n"
        f"os._exit = lambda code: end(code or is_tuned() != {tuned})\n"
        "process.main()"
    )
