"""What is asked of a file of a map: how values become pixels, and how these are packed."""

from typing import NamedTuple

from .choices import Compression, Range

Color = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""

WHITE: Color = (255, 255, 255)


class Look(NamedTuple):
    """How values become pixels. Formats of numbers hold the values themselves."""

    range: Range | None = None
    """None: not asked for; pixels are clipped."""
    depth: int | None = None
    """Bits of a pixel, 8 or 16; None: as the image, where the format can."""
    numbers: bool = False
    """Whether the file is to hold the values themselves, in a format that holds them and pixels."""
    white: float | None = None
    """The value that is shown as white; None: the image's own, or that of the pixels."""
    background: Color = WHITE
    """What a map with alpha is laid over in a format without."""
    nodata: float | None = None
    """The number that marks what is missing, in the image and in files of numbers."""

    @property
    def asks_pixels(self) -> bool:
        """Whether it says how values become pixels."""
        return (self.range, self.depth, self.white) != (None, None, None)


class Packing(NamedTuple):
    """How pixels are packed, and what goes along with them."""

    compression: Compression | None = None
    """None: fast in PNG, none in TIFF."""
    quality: int | None = None
    """From 1 to 100, for formats that lose some detail; None: the format's own."""
    strip: bool = False
    """Whether EXIF and XMP stay behind."""
    delimiter: str = ","
    """What separates the numbers of a row of text."""


class Table(NamedTuple):
    """How numbers lie in a file that are read as an image."""

    delimiter: str = ","
    """What separates the numbers; a blank stands for any number of blanks."""
    header: bool = False
    """Whether rows that hold no numbers may come first."""
    axes: str | None = None
    """What the axes of an array are, or rows, columns and blocks: ``zyx``, slices of rows. None:
    rows and columns, and channels if there is one more."""


PLAIN = Look()
USUAL = Packing()
COMMAS = Table()
"""What is asked where nothing is."""
