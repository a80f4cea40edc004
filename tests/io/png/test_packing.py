"""That a band packs into the same bytes wherever in memory the packer lies.

ISA-L by itself does not: where it looks for the first bytes depends on the address of its stream
object, in units of 64 KiB. Here these objects are laid at an address of each kind that there is.
"""

import ctypes
import io
import mmap
import sys
import zlib
from collections import Counter

import numpy as np
import pytest
from isal import isal_zlib

from convtool.core.image import Header
from convtool.core.metadata import NONE
from convtool.io.png.writer import PACKINGS, PngWriter

PLACES = 1 << 13
"""Slots of the hash table that an address may fall into."""

APART = 1 << 16
"""Bytes from one place to the next."""

ROOM = 1 << 18
"""Bytes for tables, and for what comes out: enough for all that is packed here."""

FLUSHES = {isal_zlib.Z_SYNC_FLUSH: 1, isal_zlib.Z_FULL_FLUSH: 2}
"""zlib's numbers -> ISA-L's."""


class Stream(ctypes.Structure):
    """The beginning of ISA-L's `struct isal_zstream` (igzip_lib.h)."""

    _fields_ = (
        ("next_in", ctypes.c_void_p), ("avail_in", ctypes.c_uint32), ("total_in", ctypes.c_uint32),
        ("next_out", ctypes.c_void_p), ("avail_out", ctypes.c_uint32),
        ("total_out", ctypes.c_uint32), ("hufftables", ctypes.c_void_p),
        ("level", ctypes.c_uint32), ("level_buf_size", ctypes.c_uint32),
        ("level_buf", ctypes.c_void_p), ("end_of_stream", ctypes.c_uint16),
        ("flush", ctypes.c_uint16), ("gzip_flag", ctypes.c_uint16), ("hist_bits", ctypes.c_uint16),
    )  # fmt: skip


class Places:
    """Makes packers as `isal_zlib.compressobj` does, with their streams at a place of choice."""

    def __init__(self, library):
        self.library = library
        self.at = 0
        size = APART * (PLACES + 4)  # of which few pages are ever touched
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        self._area = mmap.mmap(-1, size, flags=flags)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self._area))
        self.tables, self.out = (ctypes.create_string_buffer(ROOM) for _ in range(2))

    def compressobj(self, level, method, wbits):
        assert (level, method, wbits) == (1, isal_zlib.DEFLATED, -15)
        return Packer(self)


class Packer:
    def __init__(self, places):
        self._deflate = places.library.isal_deflate
        self._address = ctypes.c_void_p(places.start + places.at * APART)
        places.library.isal_deflate_init(self._address)
        self._stream = Stream.from_address(self._address.value)
        self._stream.level, self._stream.hist_bits = 1, 15
        self._stream.level_buf, self._stream.level_buf_size = ctypes.addressof(places.tables), ROOM
        self._out = places.out

    def compress(self, data):
        return self._packed(bytes(data), 0)

    def flush(self, mode):
        return self._packed(b"", FLUSHES[mode])

    def _packed(self, data, flush):
        stream = self._stream
        kept = ctypes.create_string_buffer(data, len(data))
        stream.next_in, stream.avail_in, stream.flush = ctypes.addressof(kept), len(data), flush
        stream.next_out, stream.avail_out = ctypes.addressof(self._out), ROOM
        assert self._deflate(self._address) == 0
        assert stream.avail_in == 0
        return self._out.raw[: ROOM - stream.avail_out]


@pytest.fixture
def places(monkeypatch):
    if sys.platform == "win32":
        pytest.skip("the stream is laid by POSIX's mmap")
    try:
        library = ctypes.CDLL(isal_zlib.__file__)
        library.isal_deflate, library.isal_deflate_init  # noqa: B018
    except (OSError, AttributeError):
        pytest.skip("isal hides the functions of ISA-L")
    made = Places(library)
    monkeypatch.setattr(isal_zlib, "compressobj", made.compressobj)
    return made


def at_once(data):
    """How ISA-L is meant to be used."""
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(isal_zlib.Z_FULL_FLUSH)


def bands():
    """Bytes whose beginning comes again."""
    rng = np.random.default_rng(0)
    row = b"\1" + rng.bytes(300)
    pieces = [rng.bytes(int(rng.integers(9))) + row[: rng.integers(20, 40)] for _ in range(40)]
    return [row * 4, b"abcdefgh" * 100, row + b"".join(pieces), bytes(999), row[:20], b"\0\1", b""]


def everywhere(places, pack, data):
    """How often each result comes of packing at every place."""
    found = []
    for places.at in range(PLACES):
        found.append(pack(data))
    return Counter(found)


def test_a_band_packs_alike_wherever_the_packer_lies(places):
    ways = 0
    for band in map(memoryview, bands()):
        (packed,) = everywhere(places, PACKINGS["fast"].pack, band)
        assert zlib.decompressobj(-15).decompress(packed) == band
        ways = max(ways, len(everywhere(places, at_once, band)))
    if ways == 1:
        pytest.skip("this ISA-L packs alike wherever its stream lies")


def test_the_packers_laid_here_pack_as_isals_own(places, monkeypatch):
    here = [everywhere(places, at_once, band) for band in bands()]
    monkeypatch.undo()
    for found, band in zip(here, bands(), strict=True):
        assert at_once(band) in found


@pytest.mark.parametrize("compression", PACKINGS)
def test_the_writer_packs_alike_wherever_its_packers_lie(places, compression):
    band = np.frombuffer(bands()[2], np.uint8).reshape(1, -1, 1)
    header = Header.of_array(band, may_have_alpha=False)
    writer = PngWriter(io.BytesIO(), header, NONE, compression)
    (_,) = everywhere(places, lambda rows: writer.encode(rows)[0], band)
