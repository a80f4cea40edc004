"""Where the image of a job comes from: a file, stdin, or a stack of files."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from convtool.core.choices import STREAM
from convtool.core.filenames import shown
from convtool.core.prefetch import Later

from .output import Output

if TYPE_CHECKING:
    from convtool.io.formats import Format
    from convtool.io.source import Placed
    from convtool.io.stack import StackReader


class Source:
    """The image of a job. A file is opened, and begins to be decoded, at once and on a thread of
    its own: meanwhile this one imports NumPy and whatever else the job needs."""

    def __init__(self, image: str, output: Output, slices: Sequence[str] | None = None) -> None:
        """With `slices` it is the volume of these files, and `image` what they are called."""
        self.name = shown(image)
        self.files = slices or (image,)
        """What no map may replace."""
        self.again = True
        """Whether the image is to be read more than once: to be said before one from stdin is."""
        self._image, self._slices = image, slices
        self._max_pixels, self._table = output.max_pixels, output.table
        # stdin without a format goes to one that holds all the frames that it may have.
        named = output.format or output.path not in (None, STREAM)
        known = output.format_for(output.path, self._format_by_name)
        meant = known if (named or image != STREAM) and not slices else None
        self._frames = output.frames_for(meant, output.path)
        self._opening = None if image == STREAM else Later(self._open)

    @cached_property
    def reader(self) -> "Placed | StackReader":
        """The image."""
        # A pipe is read on a thread too: a signal is not heeded while Pillow decodes on this one.
        return (self._opening or Later(self._open)).result()

    @property
    def first(self) -> int:
        """The number of the first frame that is meant."""
        return self._frames.first if self._frames else 0

    def format(self) -> "Format | None":
        """That of the image: a file's by its name, as there is no need to wait for it."""
        return self.reader.format if self._image == STREAM else self._format_by_name()

    def _format_by_name(self) -> "Format | None":
        from convtool.io.formats import format_of_file

        return None if self._image == STREAM else format_of_file(self.files[0], self._table)

    def _open(self) -> "Placed | StackReader":
        if self._slices:
            from convtool.io.stack import StackReader

            return StackReader(
                self._slices, self._max_pixels, table=self._table, frames=self._frames
            )
        from convtool.io.source import open_named

        return open_named(
            self._image, self._max_pixels, again=self.again, table=self._table, frames=self._frames
        )
