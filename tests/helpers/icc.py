"""Small ICC profiles, as no library makes them (ICC.1:2001)."""

import itertools
import struct


def cmyk_profile(lab_of):
    """A profile of inks (lut8Type): its corners, (C, M, Y, K) of 0 or 1 each, look like
    ``lab_of(...)`` (L, a, b)."""
    corners = bytes(
        value
        for inks in itertools.product((0, 1), repeat=4)
        for value in (lambda lab: (round(lab[0] * 2.55), round(lab[1]) + 128, round(lab[2]) + 128))(
            lab_of(*inks)
        )
    )
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + corners + ramp * 3
    return _profile("inks", b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut})


def curved_profile(space, *curves, name="bent"):
    """A profile of grey or RGB, ``b"GRAY"`` or ``b"RGB "``, with the data of its curves."""
    names = {b"GRAY": [b"kTRC"], b"RGB ": [b"rTRC", b"gTRC", b"bTRC"]}[space]
    tags = dict(zip(names, curves, strict=True))
    if space == b"RGB ":  # the primaries of sRGB, adapted to D50
        primaries = ((28578, 14579, 912), (25241, 46981, 6362), (9376, 3976, 46799))
        for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True):
            tags[tag] = b"XYZ \0\0\0\0" + struct.pack(">3i", *xyz)
    return _profile(name, b"mntr", space, b"XYZ ", tags)


def sampled(*points):
    """The data of a curve through these points, whole numbers up to 65535."""
    return b"curv\0\0\0\0" + struct.pack(f">I{len(points)}H", len(points), *points)


def parametric(function, *numbers):
    """The data of a parametric curve of this function."""
    fixed = [round(number * 65536) for number in numbers]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", function, 0, *fixed)


def _profile(name, kind, space, connection, own):
    text = name.encode()
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + bytes(1 + 8 + 70 + 3)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"desc": description, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white, **own}
    start, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">2I", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    rest = struct.pack(">I", len(tags)) + table + body
    illuminant = struct.pack(">3i", 63190, 65536, 54061)
    head = struct.pack(">I4sI4s4s4s", 128 + len(rest), b"none", 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + illuminant
    return head + bytes(128 - len(head)) + rest
