"""The page of a kernel being learned, put together."""

from collections.abc import Sequence
from importlib.resources import files

from ...fit.fit import Fit
from ...fit.pairs import ImagePair
from ...fit.placement import Placement
from ..page import fill
from .facts import facts_of

SHARED = (
    *("windows.js", "engine.js", "words.js", "cells.js", "elements.js", "language.js", "pace.js"),
    "arrays.js",
)
"""The modules that it shares with the page of a value."""

MODULES = (
    *("replay_words.js", "descent.js", "chart.js", "given.js", "training.js", "plates.js"),
    *("curves.js", "show.js", "listen.js"),
)
"""Its own, each after those that it imports from."""

FOLDER = files(__package__)
REPLAY = fill.Parts(
    FOLDER / "replay.html",
    (fill.FOLDER / "base.css", FOLDER / "replay.css"),
    (*(fill.FOLDER / name for name in SHARED), *(FOLDER / name for name in MODULES)),
)


def replay(pairs: Sequence[ImagePair], placement: Placement, found: Fit) -> bytes:
    """The page that shows gradient descent towards a kernel of rows and columns.

    It grows with the square of the weights; 121 of them take 150 kB. Raises ConvtoolError where
    the images cannot be read again.
    """
    return fill.page(facts_of(pairs, placement, found), REPLAY)
