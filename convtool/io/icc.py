"""The curves of ICC profiles of grey and of matrix RGB (ICC.1:2022, 8.3 and 10.6, 10.18)."""

import struct

import numpy as np

from ..core.errors import ConvtoolError
from ..core.light import SRGB, Curve, Parametric, Sampled
from ..core.metadata import Transfer

HEADER = 128
"""Bytes before the table of tags."""

MOST_TAGS = 1000

CURVES = {b"GRAY": (b"kTRC",), b"RGB ": (b"rTRC", b"gTRC", b"bTRC")}
"""Colour space -> the tags with the curve of each channel."""

PARAMETERS = ("g", "gab", "gabc", "gabcd", "gabcdef")
"""Those that a parametric curve of each kind has."""


def curves_of(transfer: Transfer) -> tuple[Curve, ...]:
    """The curve of all channels, or of red, green and blue, by which values stand for light.

    Raises ConvtoolError where a profile has none that is known.
    """
    if transfer.icc_profile:
        return _of_profile(transfer.icc_profile)
    if transfer.gamma:
        return (Parametric(1 / transfer.gamma),)
    return (SRGB,)


def _of_profile(profile: bytes) -> tuple[Curve, ...]:
    """Those of a profile; an error names it."""
    try:
        space = profile[16:20]
        if space not in CURVES:
            raise ConvtoolError(f"is for {space.decode('ascii', 'replace').strip()} colours")
        tags = _tags(profile)
        missing = [tag.decode() for tag in CURVES[space] if tag not in tags]
        if missing:
            raise ConvtoolError(f"has no curve {missing[0]}, as where tables map its colours")
        curves = tuple(_curve(tags[tag]) for tag in CURVES[space])
    except (ConvtoolError, struct.error) as error:
        why = str(error) if isinstance(error, ConvtoolError) else "is broken"
        raise ConvtoolError(
            f"the ICC profile {_name(profile)}{why}: light is decoded by curves of grey and RGB"
        ) from None
    return curves[:1] if all(one == curves[0] for one in curves) else curves


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """The data of the tags by their signatures."""
    (count,) = struct.unpack_from(">I", profile, HEADER)
    found = {}
    for number in range(min(count, MOST_TAGS)):
        name, start, size = struct.unpack_from(">4s2I", profile, HEADER + 4 + 12 * number)
        found[name] = profile[start : start + size]
    return found


def _curve(data: bytes) -> Curve:
    """The curve of a tag."""
    kind = data[:4]
    if kind == b"para":
        (function,) = struct.unpack_from(">H", data, 8)
        if function >= len(PARAMETERS):
            raise ConvtoolError(f"has a curve of the unknown function {function}")
        names = PARAMETERS[function]
        numbers = struct.unpack_from(f">{len(names)}i", data, 12)
        return _parametric(function, dict(zip(names, (n / 65536 for n in numbers), strict=True)))
    if kind != b"curv":
        raise ConvtoolError(f"has a curve of the unknown type {kind.decode('ascii', 'replace')}")
    (count,) = struct.unpack_from(">I", data, 8)
    if count == 0:
        return Parametric(1.0)
    numbers = struct.unpack_from(f">{min(count, len(data))}H", data, 12)
    if count == 1:
        return _checked(Parametric(numbers[0] / 256))
    return Sampled(np.array(numbers) / 65535)


def _parametric(function: int, given: dict[str, float]) -> Parametric:
    """A curve of one of the five functions, as the last of them."""
    if function in (1, 2):  # the power begins where its base is 0
        if not given["a"]:
            raise ConvtoolError("has a curve that does not rise from black to white")
        given["d"] = max(0.0, -given["b"] / given["a"])
        offset = given.pop("c", 0.0)
        given |= {"e": offset, "f": offset}
    return _checked(Parametric(**given))


def _checked(curve: Parametric) -> Parametric:
    curve.check()
    return curve


def _name(profile: bytes) -> str:
    """A profile's description in quotes, if it has a readable one, with a blank after it."""
    import io

    from PIL import ImageCms  # a library of its own, for an error

    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return ""
    return f"{name.strip()!r} "
