"""A small ICC profile of inks, as no library makes one (ICC.1:2001, lut8Type)."""

import itertools
import struct


def cmyk_profile(lab_of):
    """A profile whose corners, (C, M, Y, K) of 0 or 1 each, look like ``lab_of(...)`` (L, a, b)."""
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
    text = b"inks"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + bytes(1 + 8 + 70 + 3)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"desc": description, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white, b"A2B0": lut}
    start, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">2I", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    rest = struct.pack(">I", len(tags)) + table + body
    illuminant = struct.pack(">3i", 63190, 65536, 54061)
    head = struct.pack(
        ">I4sI4s4s4s", 128 + len(rest), b"none", 0x02400000, b"prtr", b"CMYK", b"Lab "
    )
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + illuminant
    return head + bytes(128 - len(head)) + rest
