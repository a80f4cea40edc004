"""What maps are looked at by: a terminal, a contact sheet, or both; fed while maps are made."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from convtool.core.image import Header
    from convtool.core.metadata import Metadata
    from convtool.io.base import ArrayReader
    from convtool.io.formats import Format
    from convtool.render.thumbnail import Album

    from .terminal import Layout, Screen


class _Shown(NamedTuple):
    """A terminal, and what it will show."""

    screen: "Screen"
    layout: "Layout"
    album: "Album"


class Views:
    """The views of maps of these descriptions that are asked for."""

    def __init__(self, headers: "Sequence[Header]", screen: "Screen | None", *, grid: bool) -> None:
        self._shown: _Shown | None = None
        self._sheet: Album | None = None
        if screen or grid:
            self._open(headers, screen, grid)

    def _open(self, headers: "Sequence[Header]", screen: "Screen | None", grid: bool) -> None:
        from convtool.render.thumbnail import Album, cells_of

        counts = [cells_of(header) for header in headers]
        if screen:
            from .terminal import arrange

            pairs = zip(headers, counts, strict=True)
            sizes = [(h.height, h.width) for h, count in pairs for _ in range(count)]
            layout = arrange(screen, sizes)
            self._shown = _Shown(screen, layout, Album(layout.cell))
        if grid:
            from convtool.render.contact_sheet import cell_size

            self._sheet = Album(cell_size(sum(counts)))

    def formats(self, name: str, header: "Header", format_: "Format") -> "tuple[Format, Format]":
        """What a map is written in for the views alone, and for them and a file.

        Into a file of numbers the views cannot look.
        """
        albums = [self._shown.album] if self._shown else []
        if self._sheet:
            albums.append(self._sheet)
        if not albums:
            return format_, format_
        from convtool.render.thumbnail import beside, only

        thumbnails = [album.add(name, header) for album in albums]
        return only(thumbnails), beside(format_, thumbnails) if format_.pixels else format_

    def sheet(self, metadata: "Metadata") -> "ArrayReader":
        """The contact sheet, its colours meant as those of the image."""
        import numpy as np

        from convtool.core.image import Header
        from convtool.io.base import ArrayReader
        from convtool.render.contact_sheet import contact_sheet

        assert self._sheet is not None
        pixels = np.asarray(contact_sheet(self._sheet.cells()))
        header = Header.of_array(pixels, may_have_alpha=True)
        return ArrayReader(header, pixels, metadata=metadata._replace(dpi=None))

    def show(self) -> None:
        """Show on the terminal what it is to show."""
        if self._shown:
            from .terminal import show

            show(self._shown.screen, self._shown.layout, self._shown.album.cells())
