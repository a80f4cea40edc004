"""What the pages of a TIFF file are, in the words of ImageJ, OME and tifffile."""

from ...core.hyperstack import Hyperstack
from ...core.image import Header

IN_IMAGEJ = {"z": "slices", "t": "frames", "c": "channels"}

OME_TYPES = {
    "float32": "float",
    "float64": "double",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32)},
}
"""NumPy's names of types -> those of OME (its schema of June 2016)."""

OME_START = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 '
    'http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd">'
)


def description(stack: Hyperstack, header: Header, *, tiny: bool = False) -> str:
    """The text that tells what the slices of this image are, in ASCII.

    `tiny` slices have less pixels than tags, which tifffile's own words do not suit; then it is
    OME's, or empty where that knows no such pixels.
    """
    if stack.program == "ImageJ":
        return _imagej(stack)
    if header.dtype.name in OME_TYPES and (tiny or stack.program == "OME"):
        return _ome(stack, header).encode("ascii", "xmlcharrefreplace").decode()
    if tiny:
        return ""
    import json  # for this alone

    samples = (len(header.channels),) if len(header.channels) > 1 else ()
    axes = stack.axes.upper() + "YXS"[: 2 + len(samples)]
    return json.dumps({"shape": [*stack.counts, *header.size[1:], *samples], "axes": axes})


def _imagej(stack: Hyperstack) -> str:
    """ImageJ's words. Without their number, `images`, it looks for each page where its tags say;
    with it, behind the one before."""
    words = {"ImageJ": "1.11a"}
    words |= {IN_IMAGEJ[axis]: str(n) for axis, n in zip(stack.axes, stack.counts, strict=True)}
    if len(stack.axes) > 1:
        words["hyperstack"] = "true"
    if stack.unit:
        words["unit"] = "".join(
            letter if letter.isascii() else f"\\u{ord(letter):04X}" for letter in stack.unit
        )
    if stack.spacing and "z" in stack.axes:
        words["spacing"] = repr(stack.spacing)
    words["loop"] = "false"
    return "".join(f"{word}={value}\n" for word, value in words.items())


def _ome(stack: Hyperstack, header: Header) -> str:
    """OME-XML; the axes are listed the fastest first."""
    from html import escape  # slow to import

    sizes, samples = dict(zip(stack.axes, stack.counts, strict=True)), len(header.channels)
    inner = "c" if samples > 1 and "c" not in sizes else ""
    fastest = inner + stack.axes[::-1]
    order = fastest + "".join(axis for axis in "zct" if axis not in fastest)
    channels, (_, height, width) = sizes.get("c", 1), header.size
    found = {
        "ID": "Pixels:0",
        "DimensionOrder": f"XY{order.upper()}",
        "Type": OME_TYPES[header.dtype.name],
        "SizeX": width,
        "SizeY": height,
        "SizeZ": sizes.get("z", 1),
        "SizeC": channels * samples,
        "SizeT": sizes.get("t", 1),
    }
    across, down = stack.density or (0.0, 0.0)
    lengths = {"X": across and 1 / across, "Y": down and 1 / down, "Z": stack.spacing}
    for axis, length in lengths.items():
        if length and stack.unit:
            found |= {f"PhysicalSize{axis}": length, f"PhysicalSize{axis}Unit": stack.unit}
    attributes = " ".join(f'{name}="{escape(str(value))}"' for name, value in found.items())
    each = "".join(
        f'<Channel ID="Channel:0:{number}" SamplesPerPixel="{samples}"/>'
        for number in range(channels)
    )
    data = f'<TiffData IFD="0" PlaneCount="{stack.pages}"/>'
    return (
        f'{OME_START}<Image ID="Image:0"><Pixels {attributes}>{each}{data}</Pixels></Image></OME>'
    )
