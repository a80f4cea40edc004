"""Views of maps, on a terminal, on a contact sheet or both, filled while the maps are computed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from convtool.core.image import Header
    from convtool.core.metadata import Metadata
    from convtool.io.base import ArrayReader
    from convtool.io.formats import Format
    from convtool.render.thumbnail import Album

    from .terminal import Layout, Screen


class _OnTerminal(NamedTuple):
    """A terminal, and what it will show."""

    screen: "Screen"
    layout: "Layout"
    album: "Album"


class Views:
    """The views that are asked for, of maps of these descriptions."""

    def __init__(
        self, headers: "Sequence[Header]", screen: "Screen | None", *, sheet: bool
    ) -> None:
        self._shown: _OnTerminal | None = None
        self._sheet: Album | None = None
        if screen or sheet:
            self._open(headers, screen, sheet)

    def _open(self, headers: "Sequence[Header]", screen: "Screen | None", sheet: bool) -> None:
        from convtool.render.thumbnail import Album, cells_of

        counts = [cells_of(header) for header in headers]
        if screen:
            from .terminal import arrange

            pairs = zip(headers, counts, strict=True)
            sizes = [(h.height, h.width) for h, count in pairs for _ in range(count)]
            layout = arrange(screen, sizes)
            self._shown = _OnTerminal(screen, layout, Album(layout.cell))
        if sheet:
            from convtool.render.contact_sheet import cell_size

            self._sheet = Album(cell_size(sum(counts)))

    def formats(
        self, name: str, header: "Header", format_: "Format | None"
    ) -> "tuple[Format | None, Format | None]":
        """What a map is written in: its file's format, and the views' own.

        The views watch a file of pixels as it is written; for numbers, or where there is no file,
        they need the map for themselves.
        """
        albums = [self._shown.album] if self._shown else []
        if self._sheet:
            albums.append(self._sheet)
        if not albums:
            return format_, None
        from convtool.render.thumbnail import beside, only

        thumbnails = [album.add(name, header) for album in albums]
        if format_ and format_.pixels:
            return beside(format_, thumbnails), None
        return format_, only(thumbnails)

    def sheet(self, metadata: "Metadata") -> "ArrayReader":
        """The contact sheet, its colours meant as those of the image."""
        import numpy as np

        from convtool.core.image import Header
        from convtool.io.base import ArrayReader
        from convtool.render.contact_sheet import contact_sheet

        assert self._sheet is not None
        pixels = np.asarray(contact_sheet(self._sheet.cells()))
        header = Header.of_array(pixels, may_have_alpha=True)
        own = metadata._replace(dpi=None, georeference=None, nodata=None)
        return ArrayReader(header, pixels, metadata=own)

    def show(self) -> None:
        """Show on the terminal what it is to show."""
        if self._shown:
            from .terminal import show

            show(self._shown.screen, self._shown.layout, self._shown.album.cells())
