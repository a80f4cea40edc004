"""How a picture's pixels are meant, beside their values; what goes from file to file with them."""

from collections.abc import Container, Iterable
from typing import NamedTuple

from .georeference import Georeference
from .hyperstack import Hyperstack

LARGEST_DPI = 10**6
"""Beyond it a resolution is none, and formats have no room for it."""

PROFILE_OF = {1: b"GRAY", 2: b"GRAY", 3: b"RGB ", 4: b"RGB "}
"""Channels of a picture -> the colour space in the header of an ICC profile for it (ICC.1, 7.2)."""


NAMES = {
    "icc_profile": "ICC profile",
    "dpi": "resolution",
    "gamma": "gamma",
    "chromaticities": "chromaticities",
    "exif": "EXIF",
    "xmp": "XMP",
    "georeference": "georeference",
    "timing": "timing of frames",
    "hyperstack": "axes of pages",
}
"""What people call that whose loss matters. To be sRGB is usual."""


class Transfer(NamedTuple):
    """What is known of how light became the values of an image. Nothing means sRGB."""

    icc_profile: bytes | None = None
    gamma: float | None = None
    """The values are light to the power of this, if there is no profile."""
    linear: bool = False
    """Whether the values are in proportion to light by now."""


USUAL_DURATION = 100.0
"""Milliseconds of a frame that has none of its own, as browsers show it."""


class Timing(NamedTuple):
    """How an animation is shown."""

    durations: tuple[float, ...]
    """Of each frame, in milliseconds."""
    loops: int
    """How many times it is shown; 0: without end."""

    @classmethod
    def usual(cls, count: int) -> "Timing":
        """That of so many frames of which nothing is known."""
        return cls((USUAL_DURATION,) * count, 0)


class Metadata(NamedTuple):
    """What a file says of its pixels, None where it does not."""

    icc_profile: bytes | None = None
    dpi: tuple[float, float] | None = None
    """Pixels per inch, across and down."""
    srgb: int | None = None
    """The rendering intent of PNG's sRGB chunk."""
    gamma: float | None = None
    """The exponent of PNG's gAMA chunk."""
    chromaticities: tuple[float, ...] | None = None
    """PNG's cHRM chunk: x and y of white, red, green and blue."""
    exif: bytes | None = None
    """EXIF, a TIFF file of tags, of a picture that is upright."""
    xmp: bytes | None = None
    """An XMP packet."""
    georeference: Georeference | None = None
    nodata: float | None = None
    """The number that marks what is missing."""
    timing: Timing | None = None
    """That of several frames."""
    hyperstack: Hyperstack | None = None
    """What pages are."""

    def left_by(self, held: Container[str]) -> tuple[str, ...]:
        """What is known here and no format with these fields holds, in words."""
        meant = self.icc_profile is None and self.srgb is None  # or gamma has no say
        known = self if meant else self._replace(gamma=None, chromaticities=None)
        return tuple(
            name
            for field, name in NAMES.items()
            if getattr(known, field) is not None and field not in held
        )

    def differing(self, other: "Metadata") -> tuple[str, ...]:
        """What another one says otherwise, in words; that it has no EXIF and XMP says nothing."""
        pairs = {
            name: (getattr(self, field), getattr(other, field)) for field, name in NAMES.items()
        }
        silent = {name for name in ("EXIF", "XMP") if pairs[name][1] is None}
        return tuple(name for name, (a, b) in pairs.items() if a != b and name not in silent)

    @property
    def transfer(self) -> Transfer:
        """How light became values: by the profile, or as PNG's sRGB and gAMA chunks say."""
        return Transfer(self.icc_profile, None if self.srgb is not None else self.gamma)

    def fitting(self, channels: int) -> "Metadata":
        """What holds for a picture of so many channels: an RGB profile means nothing in grey."""
        space = (self.icc_profile or b"")[16:20]
        return self if space == PROFILE_OF.get(channels) else self._replace(icc_profile=None)


NONE = Metadata()


def same_number(one: float | None, other: float | None) -> bool:
    """Whether what marks missing data is the same, NaN or none included."""
    return one == other or (one != one and other != other)


def note_on_differing(what: str, names: Iterable[str]) -> tuple[str, ...]:
    """A note on these of the first page or slice, where others have them otherwise."""
    told = " and ".join(names)
    note = f"its {what} differ in {told}, and that of the first goes along for all"
    return (note,) * bool(told)
