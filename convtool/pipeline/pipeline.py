"""A pipeline: stages one after another, from words, from a file, or over an array."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, OptionError, at, quoted
from ..core.filenames import plain
from ..core.image import Header, check_image
from ..core.threads import check_threads
from ..io.base import ArrayReader
from ..kernel.files import LARGEST_TEXT, read_file
from ..kernel.lookup import Lookup
from ..ops.base import with_alpha
from ..ops.registry import is_stages, make_stage
from ..ops.segment import MOST_STAGES
from .bands import bands
from .parse import Step, steps_of_json, steps_of_toml, steps_of_words
from .prepare import prepare

if TYPE_CHECKING:
    from ..ops.base import Operator

FILES = {".toml": steps_of_toml, ".json": steps_of_json}
"""Extension of a pipeline's file -> what reads its text."""


class Pipeline:
    """Stages that an image goes through in one pass, with the exact values between them.

    >>> ramp = [[0, 1, 2, 3], [4, 5, 6, 7]]
    >>> Pipeline.parse("conv --kernel '1 -2' --padding valid | abs | pool --size 1x3").run(ramp)
    array([[4.],
           [8.]])
    """

    def __init__(self, operators: "Sequence[Operator]", name: str) -> None:
        """`name` stands for the pipeline in file names; `parse` and `load` make pipelines."""
        self.operators = tuple(operators)
        self.name = name
        self.notes: tuple[str, ...] = ()
        """What a person should know of its kernels."""

    def __repr__(self) -> str:
        return f"<Pipeline {self.name}>"

    @classmethod
    def parse(cls, text: str) -> "Pipeline":
        """The pipeline in the words of the command line: stages separated by ``|``.

        A stage is conv or pool with the options of the command of that name; conv_transpose or
        unpool; relu, leaky_relu, as ``leaky_relu --slope 0.2``, sigmoid, tanh or abs; gray, linear
        or encode.

        Raises ConvtoolError where a stage or an option is unknown, and where a kernel is not found.
        """
        with at("pipeline"):
            if not isinstance(text, str):
                raise ConvtoolError(f"found {quoted(text)}, expected a text of stages")
            return cls._of(steps_of_words(text), Lookup(), None)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Pipeline":
        """The pipeline in a ``.toml`` or ``.json`` file: a list of stages, ``op`` and options.

        Kernels and other files are looked for beside it first.

        Raises ConvtoolError, naming the file, as `parse` does, and where it cannot be read.
        """
        place = os.fspath(path)
        stem, extension = os.path.splitext(os.path.basename(place))
        steps_of = FILES.get(extension.lower())
        if steps_of is None:
            raise ConvtoolError(f"{place}: extension {extension!r}, expected .toml or .json")
        data = read_file(place)
        with at(place):
            if len(data) > LARGEST_TEXT:
                raise ConvtoolError(f"is larger than {LARGEST_TEXT >> 20} MiB")
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise ConvtoolError("is no text, expected a pipeline") from None
            try:
                return cls._of(steps_of(text), Lookup(os.path.dirname(place)), stem)
            except OptionError as error:  # of the file's, and not of whoever names the file
                raise ConvtoolError(str(error)) from None

    @classmethod
    def find(cls, spec: str) -> "Pipeline":
        """The pipeline in a file, as `load`, if `spec` is one's name; else as `parse`.

        Stages that end with the name of a kernel's file are none: ``conv -k edge.json``.
        """
        is_file = spec.lower().endswith(tuple(FILES)) and not is_stages(spec)
        return cls.load(spec) if is_file else cls.parse(spec)

    @classmethod
    def _of(cls, steps: Sequence[Step], lookup: Lookup, name: str | None) -> "Pipeline":
        if not steps:
            raise OptionError("holds no stage, expected one, such as relu")
        if len(steps) > MOST_STAGES:
            raise OptionError(f"holds {len(steps)} stages, expected {MOST_STAGES} at most")
        operators: list[Operator] = []
        names = []
        for number, (operation, given) in enumerate(steps, start=1):
            with at(f"stage {number}"):
                stage, made = make_stage(operation, given, lookup)
            names.append(stage)
            operators += made
        found = cls(operators, plain(name or "-".join(names)))
        found.notes = tuple(lookup.notes)
        return found

    def run(
        self,
        image: npt.ArrayLike,
        *,
        dimensions: Literal[2, 3] | None = None,
        threads: int | None = None,
    ) -> Array:
        """Run it on an array (H, W) or (H, W, C), or on a volume (D, H, W) or (D, H, W, C); every
        channel is taken for a colour, except the last where a stage says what is done with alpha.

        `dimensions` says whether the array is an image, 2, or a volume, 3. By default it is a
        volume where a stage has windows with depth. Other stages are run on each slice.

        Returns an array (H', W', C') or (D', H', W', C'), without the last axis where the image had
        no channels and one comes out; typed as by `conv2d` and `pool2d`. `threads` is as for
        `conv2d`.

        Raises ConvtoolError where a stage does not go with what comes to it, and where a map would
        have more than 2 gigapixels.
        """
        if dimensions not in (None, 2, 3):
            raise ConvtoolError(f"dimensions is {quoted(dimensions)}, expected 2 or 3")
        deepest = max((one.dimensions for one in self.operators), default=2)
        pixels = check_image(image, dimensions or deepest)
        asked = next((one.asked_alpha for one in self.operators if one.asked_alpha), None)
        header = with_alpha(Header.of_array(pixels), asked)
        reader = ArrayReader(header, pixels.reshape(-1, *pixels.shape[-2:]))
        chain = prepare(self.operators, reader.header).chain
        rows = np.concatenate(list(bands(reader, chain, np.asarray, check_threads(threads))))
        map_ = rows.reshape(*chain[-1].output.size[-pixels.ndim + 1 :], -1)
        has_channels = np.ndim(image) == pixels.ndim or map_.shape[-1] > 1
        return map_ if has_channels else map_[..., 0]
