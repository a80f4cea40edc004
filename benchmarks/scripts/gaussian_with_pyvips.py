"""A Gaussian by libvips from its wheel, rows in order."""

import sys

import pyvips

image = pyvips.Image.new_from_file(sys.argv[1], access="sequential")
blurred = image.gaussblur(float(sys.argv[3]), precision="integer")
blurred.write_to_file(f"{sys.argv[2]}[compression=1]")
