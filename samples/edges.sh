#!/bin/sh
# Edges of a picture, from four points of view, in the folder samples/out.
#
#   samples/edges.sh [IMAGE]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
image=${1:-$here/scene.png}
out=$here/out
mkdir -p "$out"

# Every pixel against its 8 neighbours.
convtool conv "$image" --kernel edge --gray --range abs -q -o "$out/edges-all.png"

# The slope from left to right: mid-grey is flat, black and white are the two directions.
convtool conv "$image" --kernel sobel_x --gray --range center -o "$out/edges-x.png"

# The length of the slope, whatever its direction.
convtool conv "$image" --kernel sobel_x --kernel sobel_y --combine magnitude \
    --gray --range normalize -o "$out/edges-slope.png"

# The strongest of eight compass directions, smoothed first to keep the texture out.
convtool conv "$image" --kernel gaussian5 --gray --format npy |
    convtool conv --kernel kirsch --combine max --range normalize -o "$out/edges-compass.png"

echo "see $out/edges-*.png" >&2
