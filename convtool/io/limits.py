"""How large an image may be. Needs no NumPy."""

from ..core.errors import ConvtoolError, TooManyPixels

MAX_PIXELS = 2 * 10**9
"""The default limit on an image's pixels, rows times columns."""

MOST_CHANNELS = 1 << 16


def check_channels(count: int) -> None:
    """Raise ConvtoolError for more channels than any image has."""
    if count > MOST_CHANNELS:
        raise ConvtoolError(f"has {count} channels, expected {MOST_CHANNELS} at most")


def check_size(height: int, width: int, max_pixels: int) -> None:
    """Raise TooManyPixels if an image has more pixels than allowed."""
    if height * width > max_pixels:
        raise TooManyPixels(
            f"is {height}x{width}, more than the limit of {max_pixels} pixels; "
            "raise the limit (--max-pixels) if it is meant"
        )
