"""Operators over an image, band by band, in one pass from its first row to its last.

A convolution or a pooling is computed in the bands that it would be computed in if it were alone:
where sums of floats may depend on how they are cut, they then come out the same in whatever chain.
What looks at single pixels is done to a band as it comes.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from heapq import merge
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple, TypeVar

from ..core.dtypes import Array
from ..core.errors import at
from ..core.threads import Team
from ..core.validation import Pair
from ..io.base import Reader
from ..io.limits import check_size
from ..ops.segment import Segment
from .row_buffer import Rows

Result = TypeVar("Result")


def check_sizes(chain: Sequence[Segment], max_pixels: int) -> None:
    """Raise TooManyPixels if a map, of the last segment or before it, has more pixels than that."""
    for segment in chain:
        with at("the map"):
            _, height, width = segment.output.size
            check_size(height, width, max_pixels)


def bands(
    reader: Reader, chain: Sequence[Segment], work: Callable[[Array], Result], threads: int
) -> Generator[Result]:
    """``work(band)`` of every band of the last segment's output, in order: see `bands_of_all`."""
    for _, result in bands_of_all(reader, [(chain, work)], threads):
        yield result


def bands_of_all(
    reader: Reader,
    chains: Sequence[tuple[Sequence[Segment], Callable[[Array], Result]]],
    threads: int,
) -> Generator[tuple[int, Result]]:
    """(number of a chain, ``work(band)``) for every band of every chain's output.

    The bands of one chain come in order, and all chains go down the image together, so that it is
    read once. This thread reads on while the others compute bands and do their work. Of the image,
    and of the output of a segment, only the rows are kept that are still needed.
    """
    # Chains of one segment share their rows of the image; a longer one has its own segments ahead.
    short = [number for number, (chain, _) in enumerate(chains) if len(chain) == 1]
    long = [number for number, (chain, _) in enumerate(chains) if len(chain) > 1]
    routes = [short] * bool(short) + [[number] for number in long]

    def run(cut: _Cut) -> tuple[int, Result]:
        chain, work = chains[cut.chain]
        return cut.chain, work(_run(chain[-1], cut))

    with Team(threads) as team:
        cuts = []
        for route, rows in zip(routes, _shared(reader.blocks(), len(routes)), strict=True):
            for segment in chains[route[0]][0][:-1]:
                rows = team.in_order(partial(_run, segment), _cuts({0: segment}, rows))
            cuts.append(_cuts({number: chains[number][0][-1] for number in route}, rows))
        # `merge` keeps a reference to the band that it yielded last, and a single route needs none.
        together = cuts[0] if len(cuts) == 1 else merge(*cuts, key=attrgetter("progress"))
        yield from team.in_order(run, together)


def _shared(blocks: Iterator[Array], count: int) -> list[Iterator[Array]]:
    """The blocks for so many takers, each at its own pace.

    `itertools.tee` holds on to some dozens of blocks that all have taken.
    """
    waiting = [deque[Array]() for _ in range(count)]

    def taken(mine: deque[Array]) -> Iterator[Array]:
        while True:
            if not mine:
                block = next(blocks, None)
                if block is None:
                    return
                for queue in waiting:
                    queue.append(block)
                del block
            yield mine.popleft()

    return [taken(mine) for mine in waiting]


class _Cut(NamedTuple):
    """One band of a chain's output, and the rows that it is computed from."""

    progress: float
    """The share of the output that ends with it."""
    chain: int
    band: Pair
    top: int
    rows: Array
    """Those of the input from `top` on."""


def _run(segment: Segment, cut: _Cut) -> Array:
    """The band of the segment's output."""
    return segment.run(cut.rows, cut.top, *cut.band)


def _cuts(segments_: Mapping[int, Segment], blocks: Iterable[Array]) -> Iterator[_Cut]:
    """The rows of the input for each band of some segments, which go down the image together.

    Only the rows that this band or a later one needs are kept. Where a band needs rows far down,
    as the first one does with a "wrap" border, that is all of them.
    """
    planned = sorted(
        (last / segment.output.height, number, (first, last))
        for number, segment in segments_.items()
        for first, last in segment.cuts()
    )
    needed = [segments_[number].rows_needed(*band) for _, number, band in planned]
    kept_from = list(accumulate((start for start, _ in reversed(needed)), min))[::-1]
    rows = Rows(blocks)
    taken, span = None, None
    for (progress, number, band), here, oldest in zip(planned, needed, kept_from, strict=True):
        rows.forget(oldest)
        if taken is None or here != span:
            taken = None  # or both would be in memory
            taken, span = rows.take(*here), here
        yield _Cut(progress, number, band, here[0], taken)
    taken = None
    rows.read_to_the_end()
