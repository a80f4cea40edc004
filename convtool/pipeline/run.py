"""An image through operators into files, as pixels or as numbers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ..core.dtypes import Array, in_type
from ..core.encoding import PLAIN, USUAL, Look, Packing
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.metadata import Metadata
from ..core.threads import check_threads
from ..io.atomic import unwritable_as_error
from ..io.base import Reader, Writer
from ..io.formats import Format
from ..ops.base import Operator
from ..ops.segment import Segment, segments
from .bands import bands_of_all
from .placement import placed
from .prepare import Prepared, prepare
from .tone import Extremes, Lost, Spread, Tone

MOST_FILES = 50
"""Files that are written at once: a process may have 256 open, and each takes two."""

LARGEST_HELD = 1 << 28
"""Bytes of all maps that are held whole at once, for formats that need them so."""


class Report(NamedTuple):
    """What there is to say of a map that was written."""

    format: str
    """The name of the file's format."""
    output: Header
    values: int
    """Values in the map, alpha aside."""
    lost: Lost
    """Those of them that the pixels do not show."""
    narrowed: bool = False
    """Whether 16 bits became 8, as the format holds no more of such a map."""
    spread: Spread = Spread()
    """Where values lie that have no white."""
    left: tuple[str, ...] = ()
    """What of the image's metadata the format does not hold, in words."""
    restacked: bool = False
    """Whether timing or axes of the image's slices are lost: the map has others, or files for each.
    """
    unfit: bool = False
    """Whether the image's ICC profile is for other channels than the map's, and stays behind."""


class Target(NamedTuple):
    """A map, and the file that it goes to."""

    prepared: Prepared
    format: Format
    open: Callable[[], AbstractContextManager[BinaryIO]]
    place: str
    """What errors call the file."""
    look: Look = PLAIN
    packing: Packing = USUAL
    alone: bool = False
    """Whether no other file may be open meanwhile, as where somebody reads one pipe after another.
    """


class Shown(NamedTuple):
    """The stages that compute what a format gets, and the tone if the format holds pixels."""

    chain: tuple[Segment, ...]
    tone: Tone | None

    @property
    def output(self) -> Header:
        """What the file holds."""
        output = self.chain[-1].output
        if self.tone is None:
            return output
        channels = output.channels[: output.colors] if self.tone.background else output.channels
        return output._replace(dtype=self.tone.dtype, channels=channels)


def filter_image(
    reader: Reader,
    operators: Sequence[Operator],
    file: BinaryIO,
    format_: Format,
    *,
    look: Look = PLAIN,
    packing: Packing = USUAL,
    threads: int | None = None,
    place: str = "the file",
) -> Report:
    """Read an image, run the operators on it, and write the map to an open file: see `write_maps`.

    Errors call the file `place`. Raises ConvtoolError where the operators, the format and the
    image do not go together.
    """
    prepared = prepare(operators, reader.header, None)
    opened = nullcontext(file)
    target = Target(prepared, format_, lambda: opened, place, look, packing)
    return next(write_maps(reader, [target], threads))


def write_maps(
    reader: Reader, targets: Sequence[Target], threads: int | None = None
) -> Iterator[Report]:
    """Write several maps of one image, and yield a report of each when its file is complete.

    A format of pixels gets the map's values as their target's look says; a format of numbers gets
    them as they are. The bytes do not depend on `threads` (None: what `set_threads` says),
    nor on what else is written.

    The image is read once for all, and once more before where the extremes of a map are needed;
    again for the next maps where there are more than can be written at once.

    Raises ConvtoolError where a format and a map do not go together, before the first is written.
    """
    count = check_threads(threads)
    maps = [(target, _shown_in(target)) for target in targets]
    for group in _at_once(maps):
        yield from _write(reader, group, count)


def shown(prepared: Prepared, format_: Format, look: Look) -> Shown:
    """The values that a format gets of a map, and their tone, whose extremes are still to be found.

    Raises ConvtoolError where the format holds no such pixels.
    """
    output = prepared.output
    if _as_numbers(output, format_, look):
        return Shown(prepared.chain, None)
    depth = _depth(output, format_, look.depth)
    white = output.white if look.white is None else look.white
    background = None if format_.alpha or not output.has_alpha else look.background
    tone = Tone(look.range or "clip", white, depth, output.has_alpha, background, output.white)
    return Shown(_rounded(prepared, tone), tone)


def _as_numbers(output: Header, format_: Format, look: Look) -> bool:
    """Whether a file gets the values of a map themselves.

    That is in formats of numbers, and in those that hold both where no value is known to be white
    and nobody asks for pixels. Raises ConvtoolError where a format cannot hold what is asked for.
    """
    if not format_.pixels:
        return True
    if not format_.numbers:
        if look.numbers:
            raise ConvtoolError(
                f"{format_.name} holds pixels of 8 or 16 bits; TIFF, NPY and CSV hold floats"
            )
        return False
    return look.numbers or (output.white is None and not look.asks_pixels)


def with_extremes(reader: Reader, maps: Sequence[Shown], threads: int) -> list[Shown]:
    """The maps with the extremes that their tones need: a pass over the image finds them."""
    shown_maps = list(maps)
    tones = [(n, one.tone) for n, one in enumerate(maps) if one.tone and one.tone.needs_extremes]
    if tones:
        found = [Extremes()] * len(tones)
        chains = [(maps[number].chain, tone.extremes_of) for number, tone in tones]
        for place, extremes in bands_of_all(reader, chains, threads):
            found[place] = found[place].plus(extremes)
        for (number, tone), extremes in zip(tones, found, strict=True):
            shown_maps[number] = maps[number]._replace(tone=tone._replace(extremes=extremes))
    return shown_maps


def _shown_in(target: Target) -> Shown:
    """What the target's file gets."""
    format_ = target.format
    found = shown(target.prepared, format_, target.look)
    output = found.output
    if output.depth > 1 and not format_.frames:
        raise ConvtoolError(
            f"{format_.name} holds one frame, and there are {output.depth}: {{frame}} in the "
            "file's name makes a file for each, and --frames first takes the first"
        )
    count = len(output.channels)
    if found.tone and count <= 4 and output.colors not in (1, 3) and not format_.layers:
        told = f"the last of {count} maps would be alpha in {format_.name}"
        if output.has_alpha:
            told = f"{output.colors} maps and alpha are no picture in {format_.name}"
        raise ConvtoolError(f"{told}: TIFF, NPY and CSV hold them as they are")
    return found


def _at_once(
    maps: Sequence[tuple[Target, Shown]],
) -> Iterator[list[tuple[Target, Shown]]]:
    """The maps in groups; the files of a group are open at the same time."""
    group: list[tuple[Target, Shown]] = []
    held = 0
    for target, one in maps:
        output = one.output
        size = output.height * output.row_elements * output.dtype.itemsize
        size = 0 if target.format.streams else size
        alone = target.alone or (bool(group) and group[-1][0].alone)
        if group and (alone or len(group) == MOST_FILES or held + size > LARGEST_HELD):
            yield group
            group, held = [], 0
        group.append((target, one))
        held += size
    yield group


def _write(reader: Reader, maps: Sequence[tuple[Target, Shown]], threads: int) -> list[Report]:
    """Write some maps, all at once."""
    targets = [target for target, _ in maps]
    lost, spreads = [Lost()] * len(maps), [Spread()] * len(maps)
    with ExitStack() as stack:
        files = [stack.enter_context(target.open()) for target in targets]
        found = with_extremes(reader, [one for _, one in maps], threads)
        kept = [_kept(reader.metadata, target) for target in targets]
        nodata = reader.metadata.nodata
        writers = [
            target.format.write(file, one.output, metadata, target.packing)
            for target, file, one, metadata in zip(targets, files, found, kept, strict=True)
        ]
        chains = [
            (one.chain, partial(_encoded, one.tone, _marker(target, nodata), writer))
            for target, one, writer in zip(targets, found, writers, strict=True)
        ]
        with closing(bands_of_all(reader, chains, threads)) as encoded:
            for number, (band, lost_here, spread) in encoded:
                with unwritable_as_error(targets[number].place):
                    writers[number].write(band)
                lost[number] = lost[number].plus(lost_here)
                spreads[number] = spreads[number].plus(spread)
        for number, writer in enumerate(writers):
            with unwritable_as_error(targets[number].place):
                lost[number] = lost[number]._replace(recolored=writer.close())
    told = bool(reader.metadata.timing or reader.metadata.hyperstack)
    each = zip(targets, found, kept, lost, spreads, strict=True)
    return [_report(*one, told=told) for one in each]


def _kept(metadata: Metadata, target: Target) -> Metadata:
    """What goes along into the target's file."""
    metadata = placed(metadata, target.prepared)
    return metadata._replace(exif=None, xmp=None) if target.packing.strip else metadata


def _marker(target: Target, nodata: float | None) -> float | None:
    """The number that marks what is missing in the target's file.

    TIFF says which it is. In other files of numbers it is what somebody has named, or else NaN,
    and in other pictures none.
    """
    if "georeference" in target.format.holds:
        return nodata
    return None if target.format.pixels else target.look.nodata


def _encoded(
    tone: Tone | None, marker: float | None, writer: Writer, band: Array
) -> tuple[Any, Lost, Spread]:
    """A band as the file holds it, what its pixels do not show, and where its values lie.

    What is missing becomes `marker`, if it is a number, where the file's type holds it.
    """
    pixels, lost = (band, Lost()) if tone is None else tone.pixels(band)
    spread = Spread() if tone is None else tone.spread_of(band)
    one = None if marker is None else in_type(marker, pixels.dtype)
    if one is not None and band.dtype.kind == "f" and pixels.shape == band.shape:
        missing = np.isnan(band)
        taken = int(np.count_nonzero((pixels == one) & ~missing))
        pixels = np.where(missing, one, pixels)
        lost = lost._replace(undefined=0, taken=taken)
    return writer.encode(pixels), lost, spread


def _report(
    target: Target, one: Shown, metadata: Metadata, lost: Lost, spread: Spread, *, told: bool
) -> Report:
    """The report of a map; `told` says whether the image's file tells something of its slices."""
    map_ = target.prepared.output
    values = map_.height * map_.width * map_.colors
    narrows = one.tone is not None and map_.white == 65535 and one.tone.depth == 8
    narrowed = narrows and target.look.depth is None
    described = one.chain[-1].output
    transfer = described.transfer._replace(icc_profile=None)  # large, and told nobody
    left = metadata.left_by(target.format.holds)
    fits = metadata.fitting(len(one.output.channels)).icc_profile == metadata.icc_profile
    unfit = "icc_profile" in target.format.holds and not fits
    output = described._replace(transfer=transfer)
    other_slices = target.prepared.output.depth != target.prepared.input.depth
    restacked = told and (target.format.apart or (other_slices and metadata.hyperstack is None))
    return Report(
        target.format.name, output, values, lost, narrowed, spread, left, restacked, unfit
    )


def _rounded(prepared: Prepared, tone: Tone) -> tuple[Segment, ...]:
    """The chain, with the convolution at its end rounding its own sums, where the tone allows it.

    It rounds exact sums, and sooner than the tone would round floats. To set negative values to 0
    afterwards gives the same.
    """
    operators, chain = prepared.operators, prepared.chain
    last = len(operators) - 1
    while last >= 0 and operators[last].clips_below_0:
        last -= 1
    stage = chain[-1].windowed
    if last < 0 or stage is None or tone.rounds_to is None:
        return chain
    rounded = operators[last].rounding(tone.dtype, tone.rounds_to, stage.input)
    if rounded is None:
        return chain
    (end,) = segments([rounded, *operators[last + 1 :]], stage.input)
    return (*chain[:-1], chain[-1]._replace(windowed=end.windowed, after=end.after))


def _depth(output: Header, format_: Format, asked: int | None) -> int:
    """The bits of a pixel: as asked, else as deep as the image where the format can."""
    can = len(output.channels) in format_.deep
    if asked == 16 and not can:
        raise ConvtoolError(
            f"this map of {len(output.channels)} channel(s) cannot be {format_.name} of 16 bits: "
            "PNG can, of 1 to 4 channels; TIFF of any; PPM of grey maps (--gray)"
        )
    if asked is not None:
        return asked
    return 16 if can and output.white == 65535 else 8
