#!/bin/sh
# What the first layer of a convolutional network does to a picture, by pipes: convolve, cut
# the negative values off, keep the largest of every 2x2. One map for each of three kernels.
#
#   samples/first-layer.sh [IMAGE]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
image=${1:-$here/scene.png}
out=$here/out
mkdir -p "$out"

for kernel in sobel_x sobel_y laplacian; do
    # Between the commands the map travels as NPY: exact values, nothing rounded or clipped.
    convtool conv "$image" --kernel "$kernel" --gray --relu --format npy |
        convtool pool --mode max --size 2 --range normalize -o "$out/layer-$kernel.png"
done

echo "see $out/layer-*.png" >&2
