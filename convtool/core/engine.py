"""Which engine runs the innermost loops: the compiled one where it was built, else NumPy.

Both give the same whole sums and pixels; sums of floats differ in their last bits. The variable
CONVTOOL_ENGINE takes one: ``numpy`` or ``compiled``.
"""

import os
from functools import cache
from importlib import import_module
from typing import Any

from .errors import ConvtoolError, quoted

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
