#!/bin/sh
# Every bundled kernel on one picture: a page samples/out/contact-sheet/index.html.
#
#   samples/contact-sheet.sh [IMAGE]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
image=${1:-$here/scene.png}
out=$here/out/contact-sheet
mkdir -p "$out"
rm -f "$out"/*.png

for kernel in $(convtool kernel list | awk '!NF { exit } NR > 1 && /^[^ ]/ { print $1 }'); do
    # A bank makes several files: {kernel} is the name of each mask. Of a kernel that answers
    # to edges with both signs, abs shows both.
    convtool conv "$image" --kernel "$kernel" --range abs -q -o "$out/{kernel}.png"
done

{
    echo '<!doctype html><meta charset="utf-8"><title>convtool kernels</title>'
    echo '<style>body{font:14px sans-serif;display:flex;flex-wrap:wrap}'
    echo 'figure{margin:6px}img{width:240px}figcaption{text-align:center}</style>'
    for picture in "$out"/*.png; do
        name=$(basename "$picture" .png)
        echo "<figure><img src=\"$name.png\" alt=\"$name\"><figcaption>$name</figcaption></figure>"
    done
} > "$out/index.html"

echo "see $out/index.html" >&2
