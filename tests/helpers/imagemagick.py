"""ImageMagick, where it is installed: the kernels that it makes."""

import re
import shutil
import subprocess

import numpy as np
import pytest


def _program():
    """ImageMagick's command; other systems have other programs called convert."""
    for path in filter(None, map(shutil.which, ("magick", "convert"))):
        told = subprocess.run([path, "-version"], capture_output=True, check=False).stdout
        if b"ImageMagick" in told:
            return path
    return None


PROGRAM = _program()
needs_imagemagick = pytest.mark.skipif(not PROGRAM, reason="ImageMagick is missing")


def shown(definition):
    """The kernels that a definition or a name means there: (size and origin as text, weights).

    Elements outside a kernel are 0. A kernel is not yet turned.
    """
    done = subprocess.run(
        [PROGRAM, "xc:white", "-precision", "17", "-define", "showkernel=1",
         "-define", "morphology:showKernel=1", "-morphology", "Convolve", definition, "null:"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    parts = re.split(r"^Kernel.* of size ", done.stdout + done.stderr, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        lines = re.findall(r"^ *\d+:(.*)$", part, re.MULTILINE)
        weights = np.nan_to_num(np.array([line.split() for line in lines], float))
        found.append((part.split()[0], weights))
    return found
