"""Images that lie on their side, turned upright."""

import numpy as np

from ..base import ArrayReader
from .reader import TiffReader

ORIENTATION = 274
"""The tag."""

TURNED = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
"""Orientation -> whether rows become columns, and then the last row comes first, the last column.
"""

GEOREFERENCE_LOST = "it is turned upright, and its georeference stays behind"


def upright(reader: TiffReader, orientation: int) -> ArrayReader:
    """An image turned as its orientation asks (TIFF 6.0, 8); it is held whole."""
    transposed, up, left = TURNED[orientation]
    pixels = np.concatenate(list(reader.blocks()))
    metadata, notes = reader.metadata, reader.notes
    if transposed:
        pixels = pixels.transpose(1, 0, 2)
        if metadata.dpi:
            metadata = metadata._replace(dpi=metadata.dpi[::-1])
    pixels = pixels[:: -1 if up else 1, :: -1 if left else 1]
    if metadata.georeference:
        metadata, notes = metadata._replace(georeference=None), (*notes, GEOREFERENCE_LOST)
    header = reader.header._replace(height=len(pixels), width=pixels.shape[1])
    return ArrayReader(header, np.ascontiguousarray(pixels), notes, metadata)
