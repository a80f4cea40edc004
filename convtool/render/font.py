"""The font whose letters all drawn pictures measure, and PNG has: Pillow's own.

It has the letters of Latin-1 and few other signs: ``x`` for times, ``-`` for minus.
"""

from functools import lru_cache
from typing import cast
from unicodedata import east_asian_width

from PIL import ImageFont


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font with letters of this height, in pixels."""
    return cast(ImageFont.FreeTypeFont, ImageFont.load_default(size))


def length(text: str, size: int) -> float:
    """How many pixels wide a line of text is.

    Chinese, Japanese and Korean letters, which the font does not have, count as squares: that is
    their width in the fonts that readers of SVG have.
    """
    letters = font(size)
    if text.isascii():
        return letters.getlength(text)
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return letters.getlength(text) + wide * (size - letters.getlength("\u4e00"))
