"""The same filter and border by OpenCV."""

import sys

import cv2
import numpy as np

weights = np.array(sys.argv[3].split(), float).reshape(3, 3)
image = cv2.imread(sys.argv[1])
cv2.imwrite(sys.argv[2], cv2.filter2D(image, -1, weights, borderType=cv2.BORDER_REPLICATE))
