"""The same filter and border by SciPy."""

import sys

import numpy as np
import scipy.ndimage
from PIL import Image

Image.MAX_IMAGE_PIXELS = None
weights = np.array(sys.argv[3].split(), int).reshape(3, 3, 1)
image = np.asarray(Image.open(sys.argv[1]))
found = scipy.ndimage.correlate(image, weights, output=np.int16, mode="nearest")
Image.fromarray(np.clip(found, 0, 255).astype(np.uint8)).save(sys.argv[2])
