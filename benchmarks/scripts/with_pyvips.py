"""The same filter by libvips from its wheel, rows in order; its border repeats edge pixels."""

import sys

import pyvips

weights = [float(word) for word in sys.argv[3].split()]
kernel = pyvips.Image.new_from_array([weights[:3], weights[3:6], weights[6:]])
image = pyvips.Image.new_from_file(sys.argv[1], access="sequential")
image.conv(kernel, precision="integer").write_to_file(f"{sys.argv[2]}[compression=1]")
