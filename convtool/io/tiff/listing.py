"""Which pages a TIFF file has; `tifffile` parses them."""

import logging
import os
import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import BinaryIO, NamedTuple

import tifffile

from ...core.errors import ConvtoolError
from ...core.hyperstack import Hyperstack
from .axes import described

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # or it prints on stderr
logging.getLogger("tifffile").propagate = False

REDUCED, MASK = 1, 4
"""Bits of the type of a page that is none of its own."""


class Pages(NamedTuple):
    """The pages of a file that show something of their own."""

    pages: list[tifffile.TiffPage]
    """One after which others lie without tags of their own is there as often as there are slices.
    """
    hyperstack: Hyperstack | None
    """What they are, as the file says."""
    notes: tuple[str, ...]
    """What of the file is on no page."""


def pages_of(file: BinaryIO, *, whole: bool) -> Pages:
    """The pages of an open file.

    Raises ConvtoolError for a `whole` file that is cut short; otherwise that is a note.
    """
    file.seek(0)
    nameless = SimpleNamespace(read=file.read, seek=file.seek, tell=file.tell)  # some have no name
    opened = tifffile.TiffFile(nameless, _multifile=False)
    pages = list(_listed(opened))
    missing = len(pages) if _goes_on(file, pages[-1]) else None
    tags = [page.tags.get(254) for page in pages]
    kinds = [tag.value if tag else 0 for tag in tags]
    page = pages[0]
    notes = []
    if page.imagedepth > 1:
        notes.append(f"holds {page.imagedepth} slices on its page, only the first is read")
    if any(kind & MASK for kind in kinds):
        notes.append("its mask of what is valid is not read; --within takes one from a file")
    others = zip(pages[1:], kinds[1:], strict=True)
    shown = [page, *(one for one, kind in others if not kind & (REDUCED | MASK))]
    found = described(opened)
    if found and found.pages > len(shown) == 1 and _lies_as_it_is(page):
        there = (file.seek(0, os.SEEK_END) - page.dataoffsets[0]) // page.nbytes
        missing = there if there < found.pages else None
        shown *= max(min(there, found.pages), 1)
    if missing is not None:
        cut = f"is cut short: page {missing} lies past its end or is broken"
        if whole:
            raise ConvtoolError(f"{cut}; --frames 0..{missing - 1} takes those before it")
        notes.append(cut)
    elif found and found.pages != len(shown):
        notes.append(f"describes {found.pages} pages, and holds {len(shown)}")
    fits = found is not None and found.pages == len(shown)
    return Pages(shown, found if fits else None, tuple(notes))


def _listed(opened: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    """All pages up to one that is broken, if it is not the first."""
    offsets: set[int] = set()
    pages = iter(opened.pages)
    while True:
        try:
            page = next(pages, None)
        except Exception:  # a broken page can raise almost any error
            if not offsets:
                raise
            return
        if page is None:
            return
        if page.offset in offsets:
            raise ConvtoolError("is broken: its pages go round in a circle")
        if isinstance(page, tifffile.TiffPage):
            offsets.add(page.offset)
            yield page


def _goes_on(file: BinaryIO, page: tifffile.TiffPage) -> bool:
    """Whether there is to be a page after this one, as the bytes behind its tags say."""
    tiff = page.parent.tiff
    file.seek(page.offset)
    (count,) = struct.unpack(tiff.tagnoformat, file.read(tiff.tagnosize))
    file.seek(count * tiff.tagsize, os.SEEK_CUR)
    return any(file.read(tiff.offsetsize))


def _lies_as_it_is(page: tifffile.TiffPage) -> bool:
    """Whether further slices may follow a page's pixels."""
    return bool(page.is_contiguous) and page.compression == 1
