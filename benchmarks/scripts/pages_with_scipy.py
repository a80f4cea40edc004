"""SOURCE TARGET: every page of a TIFF through a Gaussian of 9x9, by tifffile and SciPy."""

import sys

import numpy as np
import scipy.ndimage
import tifffile

source, target = sys.argv[1:]
with tifffile.TiffFile(source) as file, tifffile.TiffWriter(target) as out:
    for page in file.pages:
        pixels = page.asarray().astype(np.float32)
        soft = scipy.ndimage.gaussian_filter(pixels, 1.7, radius=4, mode="nearest")
        out.write(np.rint(soft).astype(np.uint16), photometric="minisblack", metadata=None)
