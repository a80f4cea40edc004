"""Which pages a TIFF file has, and how these go together as one image; `tifffile` parses them."""

import logging
import weakref
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import BinaryIO

import tifffile

from ...core.dtypes import Array
from ...core.errors import ConvtoolError
from ...core.frames import Frames
from ...core.metadata import Metadata, note_on_differing, same_number
from ..base import Reader
from ..pipe import kept
from .metadata import NODATA, left_behind, metadata_of
from .reader import TiffReader, kept_by_pillow, undecodable
from .upright import GEOREFERENCE_LOST, ORIENTATION, TURNED, upright

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # or it prints on stderr
logging.getLogger("tifffile").propagate = False

REDUCED, MASK = 1, 4
"""Bits of the type of a page that is none of its own."""


def read_tiff(file: BinaryIO, max_pixels: int, frames: Frames | None = None) -> Reader:
    """The reader for a TIFF file: for its first page, with a note if there are others, or for
    `frames`, the pages that are meant."""
    file = file if file.seekable() else kept(file, max_pixels)
    placed = Metadata()
    notes: tuple[str, ...] = ()
    number = 0
    try:
        pages, other = _pages(file)
        if frames is None and len(pages) > 1:
            other = (f"holds {len(pages)} frames, only the first is read", *other)
        elif frames is not None:
            meant = frames.of(len(pages))
            if len(meant) > 1:
                stack = _stack(file, [pages[n] for n in meant], meant, other, max_pixels)
                if not isinstance(stack, str):
                    weakref.finalize(stack, file.close)
                    return stack
                if all(map(_by_pillow, pages)) and len({_described(page) for page in pages}) == 1:
                    return _pages_by_pillow(file, pages[0], frames, other, max_pixels)
                if frames.asked:
                    raise ConvtoolError(stack)
                other = (f"{stack}: only the first is read", *other)
            number = meant.start
        page = pages[number]
        orientation = page.tags.valueof(ORIENTATION, 1)
        why_not = undecodable(page)
        if why_not is None:
            reader = TiffReader(file, page, other, max_pixels)
            weakref.finalize(reader, file.close)
            return upright(reader, orientation) if orientation in TURNED else reader
        bits = page.bitspersample  # several numbers where samples differ
        if isinstance(bits, int) and bits > 8 and not kept_by_pillow(page):
            raise ConvtoolError(why_not)
        placed, notes = metadata_of(page, file), (*left_behind(page), *other)
        if placed.georeference and orientation in TURNED:
            placed, notes = placed._replace(georeference=None), (*notes, GEOREFERENCE_LOST)
    except ConvtoolError:
        raise
    except Exception:  # a broken file can raise almost any error; Pillow's reason is better
        pass
    file.seek(0)
    from ..pictures import PictureReader
    from ..pillow import decoded

    picture = decoded(file, max_pixels, number)
    metadata = picture.metadata._replace(
        georeference=placed.georeference, nodata=placed.nodata, exif=placed.exif
    )
    return PictureReader(picture._replace(notes=(*picture.notes, *notes), metadata=metadata))


def _pages(file: BinaryIO) -> tuple[list[tifffile.TiffPage], tuple[str, ...]]:
    """The pages that show something of their own, and what of the file is on no page."""
    file.seek(0)
    nameless = SimpleNamespace(read=file.read, seek=file.seek, tell=file.tell)  # some have no name
    opened = tifffile.TiffFile(nameless, _multifile=False)
    pages: list[tifffile.TiffPage] = []
    offsets: set[int] = set()
    for each in opened.pages:
        if isinstance(each, tifffile.TiffPage):
            if each.offset in offsets:
                raise ConvtoolError("is broken: its pages go round in a circle")
            offsets.add(each.offset)
            pages.append(each)
    tags = [page.tags.get(254) for page in pages]
    kinds = [tag.value if tag else 0 for tag in tags]
    page = pages[0]
    notes = []
    if page.imagedepth > 1:
        notes.append(f"holds {page.imagedepth} slices on its page, only the first is read")
    if any(kind & MASK for kind in kinds):
        notes.append("its mask of what is valid is not read; --within takes one from a file")
    others = zip(pages[1:], kinds[1:], strict=True)
    return [page, *(one for one, kind in others if not kind & (REDUCED | MASK))], tuple(notes)


def _stack(
    file: BinaryIO,
    pages: Sequence[tifffile.TiffPage],
    numbers: range,
    other: tuple[str, ...],
    max_pixels: int,
) -> "PagesReader | str":
    """The reader for several pages, one under another; why there is none, if they differ."""
    readers: list[TiffReader] = []
    for number, page in zip(numbers, pages, strict=True):
        why_not = undecodable(page)
        if why_not or page.tags.valueof(ORIENTATION, 1) in TURNED:
            return f"page {number} {why_not or 'is not upright'}"
        readers.append(TiffReader(file, page, other, max_pixels))
        if not same_number(readers[-1].metadata.nodata, readers[0].metadata.nodata):
            return f"page {number} has another number for what is missing than page {numbers.start}"
        first, here = readers[0].header, readers[-1].header
        if (first.size, first.channels, first.dtype) != (here.size, here.channels, here.dtype):
            return (
                f"page {number} is {here.height}x{here.width} of {len(here.channels)} x "
                f"{here.dtype}, and page {numbers.start} {first.height}x{first.width} of "
                f"{len(first.channels)} x {first.dtype}"
            )
    return PagesReader(readers)


def _by_pillow(page: tifffile.TiffPage) -> bool:
    """Whether Pillow decodes a page, in its own type."""
    bits = page.bitspersample
    return isinstance(bits, int) and (bits <= 8 or kept_by_pillow(page))


def _described(page: tifffile.TiffPage) -> tuple[object, ...]:
    """What is the same of pages that go together."""
    tags = (page.tags.valueof(tag) for tag in (ORIENTATION, NODATA))
    return page.shape, page.dtype, page.photometric, *tags


def _pages_by_pillow(
    file: BinaryIO,
    first: tifffile.TiffPage,
    frames: Frames,
    other: tuple[str, ...],
    max_pixels: int,
) -> Reader:
    """The reader for pages that Pillow decodes, with what it does not know of them."""
    from ..frames import FrameReader

    known = metadata_of(first, file)
    if known.georeference and first.tags.valueof(ORIENTATION, 1) in TURNED:
        known = known._replace(georeference=None)
        other = (*other, GEOREFERENCE_LOST)
    reader = FrameReader(file, frames, max_pixels)
    reader.notes = (*reader.notes, *left_behind(first), *other)
    reader.metadata = reader.metadata._replace(
        georeference=known.georeference, nodata=known.nodata, exif=known.exif, timing=None
    )
    return reader


class PagesReader:
    """Pages of one description as one image, one under another."""

    def __init__(self, readers: "Sequence[TiffReader]") -> None:
        first, count = readers[0], len(readers)
        self._readers = readers
        self.header = first.header._replace(height=count * first.header.height, depth=count)
        notes = dict.fromkeys(note for reader in readers for note in reader.notes)
        differing = dict.fromkeys(
            name for reader in readers[1:] for name in first.metadata.differing(reader.metadata)
        )
        self.notes = (*notes, *note_on_differing("pages", differing))
        self.metadata = first.metadata

    def blocks(self) -> Iterator[Array]:
        """The rows of each page, one page after another; every call starts over."""
        for reader in self._readers:
            yield from reader.blocks()
