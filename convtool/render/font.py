"""The font whose letters all drawn pictures measure, and PNG has: Pillow's own.

It has the letters of Latin-1 and few other signs: ``x`` for times, ``-`` for minus.
"""

from functools import lru_cache
from typing import cast

from PIL import ImageFont


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font with letters of this height, in pixels."""
    return cast(ImageFont.FreeTypeFont, ImageFont.load_default(size))
