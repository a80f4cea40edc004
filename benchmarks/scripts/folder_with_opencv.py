"""The same filter and border by OpenCV, over a folder, on a pool of threads."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

source, target, words, threads = sys.argv[1:]
weights = np.array(words.split(), float).reshape(3, 3)
cv2.setNumThreads(1)  # the pool has them all


def convolve(name):
    image = cv2.imread(os.path.join(source, name))
    edges = cv2.filter2D(image, -1, weights, borderType=cv2.BORDER_REPLICATE)
    cv2.imwrite(os.path.join(target, name), edges)


with ThreadPoolExecutor(int(threads)) as pool:
    list(pool.map(convolve, sorted(os.listdir(source))))
