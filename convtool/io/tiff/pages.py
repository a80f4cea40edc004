"""How the pages of a TIFF file go together as one image."""

import weakref
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import tifffile

from ...core.dtypes import Array
from ...core.errors import ConvtoolError, at
from ...core.frames import FIRST, FIRST_ALONE, Frames
from ...core.image import Header
from ...core.metadata import Metadata, note_on_differing, same_number
from ..base import Reader
from ..pipe import kept
from .axes import of_slices, slices
from .channels import joined
from .listing import pages_of
from .metadata import NODATA, left_behind, metadata_of
from .reader import TiffReader, kept_by_pillow, undecodable
from .upright import GEOREFERENCE_LOST, ORIENTATION, TURNED, upright

if TYPE_CHECKING:
    from ..frames import FrameReader


def read_tiff(
    file: BinaryIO, max_pixels: int, frames: Frames | None = None, axes: str | None = None
) -> Reader:
    """The reader for a TIFF file: for its first slice, with a note if there are others, or for
    `frames`, the slices that are meant.

    A slice is a page, or several that are its channels. `axes` says what the pages are; None: what
    the file itself says.
    """
    file = file if file.seekable() else kept(file, max_pixels)
    placed = Metadata()
    notes: tuple[str, ...] = ()
    number = 0
    try:
        pages, found, other = pages_of(file, whole=frames is not None and frames.last is None)
        laid = slices(len(pages), pages[0].samplesperpixel, found, axes)
        count = len(laid.pages)
        if frames is None and count > 1:
            other = (f"holds {count} frames, {FIRST_ALONE}", *other)
        meant = (frames or FIRST).of(count)
        if len(meant) > 1 and axes in ("yx", "yxc"):
            raise ConvtoolError(f"holds {len(meant)} pages, and --axes {axes} says one")
        kept_stack = of_slices(found, laid, len(meant)) if len(meant) > 1 else None
        if kept_stack is None and (pages[0].is_imagej or pages[0].is_ome):
            other = (*other, "what it tells ImageJ or OME of its pages stays behind")
        elif kept_stack and kept_stack.more:
            other = (*other, f"what else it tells {kept_stack.program} stays behind")
        numbers = [number for group in laid.pages[meant.start : meant.stop] for number in group]
        if len(numbers) > 1:
            several = _several(file, pages, numbers, frames, len(meant), other, max_pixels)
            if not isinstance(several, str):
                several.header = several.header._replace(stacked=laid.axes)
                several.metadata = several.metadata._replace(hyperstack=kept_stack)
                return several
            if axes or frames is None or frames.asked:
                raise ConvtoolError(several)
            other = (f"{several}: {FIRST_ALONE}", *other)
        number = numbers[0]
        page = pages[number]
        orientation = page.tags.valueof(ORIENTATION, 1)
        why_not = undecodable(page)
        if why_not is None:
            one = _reader(file, pages, number, other, max_pixels)
            one.header = one.header._replace(stacked=laid.axes)
            weakref.finalize(one, file.close)
            return upright(one, orientation) if orientation in TURNED else one
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


def _several(
    file: BinaryIO,
    pages: Sequence[tifffile.TiffPage],
    numbers: Sequence[int],
    frames: Frames | None,
    count: int,
    other: tuple[str, ...],
    max_pixels: int,
) -> "PagesReader | FrameReader | str":
    """The reader for several pages that make up so many slices; why there is none."""
    stack = _stack(file, pages, numbers, other, max_pixels)
    if not isinstance(stack, str):
        reader = PagesReader(joined(stack, len(numbers) // count))
        weakref.finalize(reader, file.close)
        return reader
    alike = all(map(_by_pillow, pages)) and len({_described(page) for page in pages}) == 1
    if frames is not None and alike and count == len(numbers):
        return _pages_by_pillow(file, pages[0], frames, other, max_pixels)
    return stack


def _reader(
    file: BinaryIO,
    pages: Sequence[tifffile.TiffPage],
    number: int,
    other: tuple[str, ...],
    max_pixels: int,
) -> TiffReader:
    """The reader for one of the pages, which may have no tags of its own."""
    page = pages[number]
    with at(f"page {number}") if len(pages) > 1 else nullcontext():
        return TiffReader(file, page, other, max_pixels).behind(number if page is pages[0] else 0)


def _stack(
    file: BinaryIO,
    pages: Sequence[tifffile.TiffPage],
    numbers: Sequence[int],
    other: tuple[str, ...],
    max_pixels: int,
) -> "list[NumberedPage] | str":
    """The readers for several pages of one description; why there are none, if they differ."""
    readers: list[TiffReader] = []
    for number in numbers:
        page = pages[number]
        why_not = undecodable(page)
        if why_not or page.tags.valueof(ORIENTATION, 1) in TURNED:
            return f"page {number} {why_not or 'is not upright'}"
        if readers and page is pages[0]:
            readers.append(readers[0].behind(number - numbers[0]))
            continue
        readers.append(_reader(file, pages, number, other, max_pixels))
        if not same_number(readers[-1].metadata.nodata, readers[0].metadata.nodata):
            return f"page {number} has another number for what is missing than page {numbers[0]}"
        first, here = readers[0].header, readers[-1].header
        if (first.size, first.channels, first.dtype) != (here.size, here.channels, here.dtype):
            return (
                f"page {number} is {here.height}x{here.width} of {len(here.channels)} x "
                f"{here.dtype}, and page {numbers[0]} {first.height}x{first.width} of "
                f"{len(first.channels)} x {first.dtype}"
            )
    return [NumberedPage(*each) for each in zip(readers, numbers, strict=True)]


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
) -> "FrameReader":
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


class NumberedPage(NamedTuple):
    """A page whose errors name it."""

    reader: TiffReader
    number: int

    @property
    def header(self) -> Header:
        return self.reader.header

    @property
    def notes(self) -> tuple[str, ...]:
        return self.reader.notes

    @property
    def metadata(self) -> Metadata:
        return self.reader.metadata

    def blocks(self) -> Iterator[Array]:
        with at(f"page {self.number}"):
            yield from self.reader.blocks()


class PagesReader:
    """Pages of one description as one image, one under another."""

    def __init__(self, readers: Sequence[Reader]) -> None:
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
