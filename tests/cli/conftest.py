"""What several tests of the commands share."""

import numpy as np
import pytest
from PIL import Image

from convtool import conv2d, find_kernel


@pytest.fixture
def pair(folder, photo):
    """before.png, a part of a photo, and after.png, made of it by gaussian3."""
    pixels = np.ascontiguousarray(photo[60:160, 100:220])
    Image.fromarray(pixels).save("before.png")
    after = conv2d(pixels, find_kernel("gaussian3"), dtype=np.uint8)
    Image.fromarray(after).save("after.png")
    return pixels
