"""Arrays as a page reads them."""

import base64
from typing import Any

import numpy as np

from ...core.dtypes import FLOAT64, Array, limits


def array_facts(values: Array) -> dict[str, Any]:
    """An array (rows, columns, channels): base64 of its bytes, little-endian, row by row."""
    rows, cols, channels = values.shape
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode()
    return {
        "rows": rows,
        "cols": cols,
        "channels": channels,
        "type": values.dtype.name,
        "data": data,
    }


def narrowed(values: Array) -> Array:
    """The same values in the smallest type that holds them all and that a page reads."""
    wide = values.astype(FLOAT64)
    whole = np.isfinite(wide).all() and (wide == np.rint(wide)).all()
    for name in ("uint8", "uint16", "int16", "int32") if whole else ("float32",):
        with np.errstate(all="ignore"):
            narrow = np.clip(wide, *limits(np.dtype(name))) if whole else wide
            narrow = narrow.astype(name)
        if np.array_equal(narrow.astype(FLOAT64), wide, equal_nan=True):
            return narrow
    return wide
