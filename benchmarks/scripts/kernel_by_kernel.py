"""The maps of a bank of kernels, the image decoded anew for each."""

import sys

from convtool import find_kernels
from convtool.io.formats import FORMATS
from convtool.io.source import open_image
from convtool.ops.conv import Conv
from convtool.pipeline.run import filter_image

source, folder, bank = sys.argv[1:]
reader = open_image(source)
for kernel in find_kernels(bank):
    with open(f"{folder}/{kernel.name}.png", "wb") as file:
        filter_image(reader, [Conv(kernel)], file, FORMATS["png"])
