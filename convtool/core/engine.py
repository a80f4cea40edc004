"""Which engine runs the innermost loops: the compiled one where it was built, else NumPy.

Both give the same whole sums; sums of floats differ in their last bits. The variable
CONVTOOL_ENGINE takes one: ``numpy`` or ``compiled``.
"""

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import ConvtoolError, quoted

if TYPE_CHECKING:
    from .dtypes import Array

VARIABLE = "CONVTOOL_ENGINE"


@cache
def compiled() -> Any:
    """The compiled loops, a module; None where NumPy's are used.

    Raises ConvtoolError where the variable asks for what there is not.
    """
    asked = os.environ.get(VARIABLE, "")
    if asked not in ("", "numpy", "compiled"):
        raise ConvtoolError(f"{VARIABLE} is {quoted(asked)}, expected numpy or compiled")
    if asked == "numpy":
        return None
    try:
        return import_module("._compiled", __package__)
    except ImportError:
        if asked:
            raise ConvtoolError(
                f"{VARIABLE} is compiled, and this installation has NumPy's loops only: "
                "install it again where there is a C compiler"
            ) from None
        return None


def engine() -> str:
    """Which loops compute: "compiled, AVX-512", "compiled, AVX2", "compiled", or "NumPy".

    The variable CONVTOOL_ENGINE, ``numpy`` or ``compiled``, chooses before the first use. Whole
    sums are the same by both, and so are pixels, except where a sum of floats lies right next to a
    tie: such sums differ in their last bits.

    Raises ConvtoolError where the variable asks for what there is not.
    """
    loops = compiled()
    return ", ".join(filter(None, ["compiled", loops.vectors()])) if loops else "NumPy"


def rows_of(array: "Array") -> "Array | None":
    """An array (n, W, C) as rows (n, W * C) in the same memory; None where these have gaps."""
    if array.ndim != 3 or array.strides[1:] != (array.shape[2] * array.itemsize, array.itemsize):
        return None
    return array.reshape(len(array), -1)
