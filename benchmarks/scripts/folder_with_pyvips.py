"""The same filter and border by libvips from its wheel, over a folder, on a pool of threads."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

os.environ["VIPS_CONCURRENCY"] = "1"  # the pool has the threads

import pyvips

source, target, words, threads = sys.argv[1:]
weights = [float(word) for word in words.split()]
kernel = pyvips.Image.new_from_array([weights[:3], weights[3:6], weights[6:]])


def convolve(name):
    image = pyvips.Image.new_from_file(os.path.join(source, name), access="sequential")
    edges = image.conv(kernel, precision="integer")
    edges.write_to_file(os.path.join(target, name) + "[compression=1]")


with ThreadPoolExecutor(int(threads)) as pool:
    list(pool.map(convolve, sorted(os.listdir(source))))
