"""The same filters and border on a TIFF, by tifffile and OpenCV."""

import sys

import cv2
import numpy as np
import tifffile

image = tifffile.imread(sys.argv[1])
if sys.argv[3] == "filter2D":
    edge = np.full((3, 3), -1.0)
    edge[1, 1] = 8
    found = cv2.filter2D(image, -1, edge, borderType=cv2.BORDER_REPLICATE)
else:
    line = cv2.getGaussianKernel(9, 1.7)
    found = cv2.sepFilter2D(image, -1, line, line, borderType=cv2.BORDER_REPLICATE)
tifffile.imwrite(sys.argv[2], found)
